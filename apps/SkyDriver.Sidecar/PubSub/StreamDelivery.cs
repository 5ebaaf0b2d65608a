using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Hands events to the client of a gRPC stream and waits for its answer to each.</summary>
internal sealed class StreamDelivery(SubscriptionSpec subscription, Func<TopicEventRequest, ValueTask> write) : IDeliveryChannel
{
    private readonly Lock _gate = new();

    // Events published twice may be open at the same time under one id; answers come in the order of sending.
    private readonly Dictionary<string, Queue<TaskCompletionSource<DeliveryOutcome>>> _open = new(StringComparer.Ordinal);

    public int BatchSize => 1;

    public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        TopicEventRequest message = EventReader.ToMessage(deliveries[0].Envelope, subscription.PubSub, subscription.Topic, deliveries[0].Path);
        var answer = new TaskCompletionSource<DeliveryOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_open.TryGetValue(message.Id, out var waiting)) _open[message.Id] = waiting = [];
            waiting.Enqueue(answer);
        }

        try
        {
            await write(message);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new OperationCanceledException("The stream is broken.", fault);
        }

        return [await answer.Task.WaitAsync(ct)];
    }

    /// <summary>Takes the client's answer to an event.</summary>
    /// <returns>False when no event of that id is open.</returns>
    public bool TryAnswer(string id, TopicEventResponse.Types.TopicEventResponseStatus status)
    {
        TaskCompletionSource<DeliveryOutcome>? answer;
        lock (_gate)
        {
            if (!_open.TryGetValue(id, out var waiting)) return false;
            answer = waiting.Dequeue();
            if (waiting.Count == 0) _open.Remove(id);
        }

        return answer.TrySetResult(status switch
        {
            TopicEventResponse.Types.TopicEventResponseStatus.Success => DeliveryOutcome.Success,
            TopicEventResponse.Types.TopicEventResponseStatus.Drop => DeliveryOutcome.Drop,
            _ => DeliveryOutcome.Retry,
        });
    }
}
