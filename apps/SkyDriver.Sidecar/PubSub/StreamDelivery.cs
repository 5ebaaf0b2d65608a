using System.Text.Json;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Hands events to the client of a gRPC stream and waits for its answer to each.</summary>
/// <param name="opened">Ends when the client has been told that it is subscribed; no event goes out before.</param>
internal sealed class StreamDelivery(SubscriptionSpec subscription, Func<TopicEventRequest, ValueTask> write, Task opened, ILogger logger) : IDeliveryChannel
{
    private readonly Lock _gate = new();

    // Events published twice may be open at the same time under one id; answers come in the order of sending.
    private readonly Dictionary<string, Answer> _open = new(StringComparer.Ordinal);

    public int BatchSize => 1;

    public async ValueTask<DeliveryAnswer> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        if (!opened.IsCompletedSuccessfully) await opened.WaitAsync(ct);
        if (Read(deliveries[0]) is not { } message) return DeliveryAnswer.Of(DeliveryOutcome.Drop);
        Answer answer = new();
        lock (_gate)
        {
            if (_open.TryGetValue(message.Id, out Answer? first)) first.Append(answer);
            else _open[message.Id] = answer;
        }

        try
        {
            await write(message);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new OperationCanceledException("The stream is broken.", fault);
        }

        return DeliveryAnswer.Of(await answer.Task.WaitAsync(ct));
    }

    /// <summary>Takes the client's answer to an event.</summary>
    /// <returns>False when no event of that id is open.</returns>
    public bool TryAnswer(string id, TopicEventResponse.Types.TopicEventResponseStatus status)
    {
        Answer? answer;
        lock (_gate)
        {
            if (!_open.Remove(id, out answer)) return false;
            if (answer.Next is { } next) _open[id] = next;
        }

        return answer.TrySetResult(status switch
        {
            TopicEventResponse.Types.TopicEventResponseStatus.Success => DeliveryOutcome.Success,
            TopicEventResponse.Types.TopicEventResponseStatus.Drop => DeliveryOutcome.Drop,
            _ => DeliveryOutcome.Retry,
        });
    }

    /// <summary>An event that can never be read is not asked for again.</summary>
    private TopicEventRequest? Read(Delivery delivery)
    {
        try
        {
            return EventReader.ToMessage(delivery.Envelope, subscription.PubSub, subscription.Topic, delivery.Path);
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidOperationException)
        {
            logger.LogError("An event of topic {Topic} cannot be read and is dropped: {Reason}", subscription.Topic, fault.Message);
            return null;
        }
    }

    private sealed class Answer() : TaskCompletionSource<DeliveryOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Answer? Next { get; private set; }

        public void Append(Answer last)
        {
            Answer end = this;
            while (end.Next is { } next) end = next;
            end.Next = last;
        }
    }
}
