using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.PubSub;

/// <summary>An app that answers as it is told, and with success when it is told nothing.</summary>
internal sealed class ScriptedApp : IDeliveryChannel
{
    private readonly Channel<Delivery> _taken = Channel.CreateUnbounded<Delivery>();

    public ConcurrentQueue<DeliveryOutcome> Answers { get; } = [];

    public ConcurrentQueue<string> Paths { get; } = [];

    /// <summary>Thrown once.</summary>
    public Exception? Fault { get; set; }

    /// <summary>It never answers.</summary>
    public bool Hold { get; set; }

    public int Calls { get; set; }

    public int BatchSize { get; set; } = 1;

    public async ValueTask<DeliveryAnswer> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        Calls++;
        foreach (Delivery delivery in deliveries)
        {
            Paths.Enqueue(delivery.Path);
            await _taken.Writer.WriteAsync(delivery, ct);
        }

        if (Hold) await Task.Delay(Timeout.Infinite, ct);
        if (Fault is { } fault)
        {
            Fault = null;
            throw fault;
        }

        return new([.. deliveries.Select(_ => Answers.TryDequeue(out DeliveryOutcome outcome) ? outcome : DeliveryOutcome.Success)]);
    }

    public async Task<Delivery[]> TakeDeliveriesAsync(int count, CancellationToken ct, ManualClock? clock = null)
    {
        var taken = new Delivery[count];
        for (int i = 0; i < count; i++)
        {
            // Pauses begin at some moment after the answer; time goes on until the next delivery shows that they are over.
            while (clock is not null && !_taken.Reader.TryPeek(out _))
            {
                ct.ThrowIfCancellationRequested();
                clock.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            taken[i] = await _taken.Reader.ReadAsync(ct);
        }

        return taken;
    }

    /// <summary>The ids of the next events.</summary>
    public async Task<string[]> TakeAsync(int count, CancellationToken ct, ManualClock? clock = null) =>
        [.. (await TakeDeliveriesAsync(count, ct, clock)).Select(d => JsonDocument.Parse(d.Envelope).RootElement.GetProperty("id").GetString()!)];
}

/// <summary>A broker that refuses some publishes to one topic.</summary>
internal sealed class FaultyBroker(IPubSub inner) : IPubSub
{
    public string? RefusedTopic { get; set; }

    public int Refusals { get; set; }

    public ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        if (topic != RefusedTopic || Refusals == 0) return inner.PublishAsync(topic, messages, ct);
        Refusals--;
        throw new BrokerUnavailableException("refused by the test");
    }

    public ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct) => inner.SubscribeAsync(topic, group, options, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
