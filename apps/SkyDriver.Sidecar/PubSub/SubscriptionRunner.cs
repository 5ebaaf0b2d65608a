using System.Text.Json;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Carries the messages of one subscription to one instance of its app, and settles each with the broker.</summary>
/// <remarks>
/// As many pumps run as the subscription allows messages at once; a pump takes the next message only when the app has answered the
/// one before, so a slow app holds no more than it works on. An app that cannot be reached gets its messages later, or another
/// replica does: they go to no dead-letter topic for that.
/// </remarks>
internal sealed class SubscriptionRunner : IAsyncDisposable
{
    private readonly PubSubComponent _pubsub;
    private readonly IDeliveryChannel _channel;
    private readonly EventRouter _router;
    private readonly RetryPolicy? _retry;
    private readonly CancellationToken _gone;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IConsumer _consumer;
    private readonly CancellationTokenSource _intake;
    private readonly bool _raw;
    private readonly Task[] _pumps;

    /// <summary>Joins the consumer group and starts to deliver.</summary>
    /// <param name="gone">Fires when the app's instance is no more; what it had is returned at once.</param>
    /// <exception cref="FormatException">A routing rule or the number of messages at once cannot be read.</exception>
    public SubscriptionRunner(
        PubSubComponent pubsub, SubscriptionSpec spec, IDeliveryChannel channel, int defaultConcurrency, RetryPolicy? retry, CancellationToken gone, TimeProvider clock, ILogger logger)
    {
        (_pubsub, Spec, _channel, _retry, _gone, _clock, _logger) = (pubsub, spec, channel, retry, gone, clock, logger);
        _router = new EventRouter(spec.Routes);
        _raw = spec.Metadata.TryGetValue("rawPayload", out string? raw) && raw.Equals("true", StringComparison.OrdinalIgnoreCase);
        int concurrency = pubsub.Concurrency(spec.Metadata) ?? defaultConcurrency;
        _intake = CancellationTokenSource.CreateLinkedTokenSource(gone);
        _consumer = pubsub.Broker.Subscribe(spec.Topic, pubsub.ConsumerId);
        _pumps = [.. Enumerable.Range(0, concurrency).Select(_ => Task.Run(PumpAsync))];
    }

    public SubscriptionSpec Spec { get; }

    /// <summary>Takes no more messages; those at the app may still be answered.</summary>
    /// <returns>Ends with the last answer.</returns>
    public Task StopIntakeAsync()
    {
        _intake.Cancel();
        return Task.WhenAll(_pumps);
    }

    public async ValueTask DisposeAsync()
    {
        await StopIntakeAsync();
        _consumer.Dispose();
        _intake.Dispose();
    }

    private async Task PumpAsync()
    {
        int failures = 0;
        while (!_intake.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<QueuedMessage> taken = await _consumer.TakeAsync(_channel.BatchSize, _intake.Token);
                failures = await HandleAsync(taken) ? 0 : failures + 1;
                if (failures > 0) await Task.Delay(BrokerLimits.Default.Pause(failures), _clock, _intake.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>False when the app could not be reached.</returns>
    private async Task<bool> HandleAsync(IReadOnlyList<QueuedMessage> taken)
    {
        List<Delivery> open = [];
        foreach (QueuedMessage queued in taken)
        {
            if (Prepare(queued) is { } delivery) open.Add(delivery);
        }

        bool reached = true;
        foreach (IGrouping<string, Delivery> sameRoute in open.GroupBy(d => d.Path, StringComparer.Ordinal)) reached &= await DeliverAsync([.. sameRoute]);
        return reached;
    }

    private async Task<bool> DeliverAsync(List<Delivery> open)
    {
        for (int retry = 1; ; retry++)
        {
            IReadOnlyList<DeliveryOutcome> outcomes;
            try
            {
                outcomes = await _channel.DeliverAsync(open, _gone);
            }
            catch (OperationCanceledException)
            {
                foreach (Delivery delivery in open) _consumer.Return(delivery.Queued);
                return false;
            }
            catch (Exception fault)
            {
                _logger.LogError(fault, "The delivery of topic {Topic} failed.", Spec.Topic);
                outcomes = [.. open.Select(_ => DeliveryOutcome.Retry)];
            }

            bool last = _retry is null || _retry.MaxRetries >= 0 && retry > _retry.MaxRetries;
            List<Delivery> again = [];
            for (int i = 0; i < open.Count; i++)
            {
                if (outcomes[i] is DeliveryOutcome.Retry && !last) again.Add(open[i]);
                else Settle(open[i].Queued, outcomes[i]);
            }

            if (again.Count == 0) return !outcomes.Contains(DeliveryOutcome.Unreachable);
            open = again;
            if (!await PauseAsync(_retry!.Delay(retry), open)) return false;
        }
    }

    private async Task<bool> PauseAsync(TimeSpan pause, List<Delivery> open)
    {
        try
        {
            await Task.Delay(pause, _clock, _gone);
            return true;
        }
        catch (OperationCanceledException)
        {
            foreach (Delivery delivery in open) _consumer.Return(delivery.Queued);
            return false;
        }
    }

    /// <summary>Finds envelope and route; null when the message was discarded instead.</summary>
    private Delivery? Prepare(QueuedMessage queued)
    {
        Message message = queued.Message;
        if (message.ExpiresAt <= _clock.GetUtcNow()) return Discard(queued, "it has expired");
        byte[] envelope = _raw ? CloudEventWriter.WrapRaw(message.Data, _pubsub.Name, Spec.Topic) : message.Data;
        try
        {
            if (!_raw && !message.IsEnvelope && !EventReader.IsCloudEvent(message.Data)) return Discard(queued, "it is no CloudEvent and the subscription has no rawPayload");
            return _router.Find(envelope) is { } path ? new(queued, envelope, path, _raw ? message.Data : null) : Discard(queued, "no route matches");
        }
        catch (JsonException)
        {
            return Discard(queued, "it is no JSON");
        }
    }

    private Delivery? Discard(QueuedMessage queued, string why)
    {
        _logger.LogWarning("A message of topic {Topic} is dropped: {Reason}.", Spec.Topic, why);
        Settle(queued, DeliveryOutcome.Drop);
        return null;
    }

    private void Settle(QueuedMessage queued, DeliveryOutcome outcome)
    {
        bool dead = outcome is DeliveryOutcome.Drop or DeliveryOutcome.Retry && Spec.DeadLetterTopic is not null;
        if (dead && !TryBury(queued)) _consumer.Reject(queued);
        else if (dead || outcome is DeliveryOutcome.Success or DeliveryOutcome.Drop) _consumer.Acknowledge(queued);
        else _consumer.Reject(queued);
    }

    private bool TryBury(QueuedMessage queued)
    {
        try
        {
            _pubsub.Broker.Publish(Spec.DeadLetterTopic!, [queued.Message with { ExpiresAt = null }]);
            return true;
        }
        catch (BrokerFullException full)
        {
            _logger.LogError("A message cannot go to the dead-letter topic: {Reason}", full.Message);
            return false;
        }
    }
}
