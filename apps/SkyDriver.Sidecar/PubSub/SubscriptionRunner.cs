using System.Text.Json;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Carries the messages of one subscription to one instance of its app, and settles each with the broker.</summary>
/// <remarks>
/// As many pumps run as the subscription allows messages at once; a pump takes the next message only when the app has answered the
/// one before, so a slow app holds no more than it works on. A failure is the broker's to repeat, or the dead-letter topic's to keep
/// where there is one, once the inbound policy has given up. What an app had when its instance left was no failure: it goes back.
/// </remarks>
internal sealed class SubscriptionRunner : IAsyncDisposable
{
    private readonly PubSubComponent _pubsub;
    private readonly IDeliveryChannel _channel;
    private readonly EventRouter _router;
    private readonly ResiliencyPolicy _policy;
    private readonly CancellationToken _gone;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IConsumer _consumer;
    private readonly CancellationTokenSource _intake;
    private readonly bool _raw;
    private readonly Task[] _pumps;
    private int _left;

    private SubscriptionRunner(
        PubSubComponent pubsub, SubscriptionSpec spec, IDeliveryChannel channel, EventRouter router, IConsumer consumer, int concurrency, ResiliencyPolicy policy,
        CancellationToken gone, TimeProvider clock, ILogger logger)
    {
        (_pubsub, Spec, _channel, _router, _consumer, _policy, _gone, _clock, _logger) = (pubsub, spec, channel, router, consumer, policy, gone, clock, logger);
        _raw = spec.Metadata.TryGetValue("rawPayload", out string? raw) && raw.Equals("true", StringComparison.OrdinalIgnoreCase);
        _intake = CancellationTokenSource.CreateLinkedTokenSource(gone);
        _pumps = [.. Enumerable.Range(0, concurrency).Select(_ => Task.Run(PumpAsync))];
    }

    /// <summary>Joins the consumer group and starts to deliver.</summary>
    /// <param name="gone">Fires when the app's instance is no more; what it had is returned at once.</param>
    /// <exception cref="FormatException">A routing rule, or what the metadata say, cannot be read.</exception>
    public static async ValueTask<SubscriptionRunner> StartAsync(
        PubSubComponent pubsub, SubscriptionSpec spec, IDeliveryChannel channel, int defaultConcurrency, ResiliencyPolicy policy, CancellationToken gone, TimeProvider clock, ILogger logger)
    {
        EventRouter router = new(spec.Routes);
        int concurrency = pubsub.Concurrency(spec.Metadata) ?? defaultConcurrency;
        IConsumer consumer = await pubsub.Broker.SubscribeAsync(spec.Topic, pubsub.ConsumerId, new(spec.Metadata, concurrency * channel.BatchSize), gone);
        return new(pubsub, spec, channel, router, consumer, concurrency, policy, gone, clock, logger);
    }

    public SubscriptionSpec Spec { get; }

    /// <summary>Takes no more messages; those at the app may still be answered.</summary>
    /// <returns>Ends with the last answer.</returns>
    public Task StopIntakeAsync()
    {
        _intake.Cancel();
        return Task.WhenAll(_pumps);
    }

    /// <summary>Leaves the group; idempotent, as a stream's end and the sidecar's may meet.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopIntakeAsync();
        if (Interlocked.Exchange(ref _left, 1) == 1) return;
        await _consumer.DisposeAsync();
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

    /// <returns>False when something outside failed, so that the next messages had better wait.</returns>
    private async ValueTask<bool> HandleAsync(IReadOnlyList<QueuedMessage> taken)
    {
        bool well = true;
        List<Delivery> open = new(taken.Count);
        foreach (QueuedMessage queued in taken)
        {
            (Delivery? delivery, string? fault) = Prepare(queued);
            if (delivery is not null) open.Add(delivery);
            else well &= await DiscardAsync(queued, fault!);
        }

        if (open.Count == 0) return well;
        if (_router.IsUnconditional) return await DeliverAsync(open) && well;
        foreach (List<Delivery> sameRoute in ByRoute(open)) well &= await DeliverAsync(sameRoute);
        return well;
    }

    private static IEnumerable<List<Delivery>> ByRoute(List<Delivery> open)
    {
        Dictionary<string, List<Delivery>> routes = new(StringComparer.Ordinal);
        foreach (Delivery delivery in open)
        {
            if (!routes.TryGetValue(delivery.Path, out List<Delivery>? others)) routes[delivery.Path] = others = [];
            others.Add(delivery);
        }

        return routes.Values;
    }

    private async ValueTask<bool> DeliverAsync(List<Delivery> open)
    {
        Round round = new(open);
        try
        {
            DeliveryAnswer answer = _policy.IsNone
                ? await _channel.DeliverAsync(open, _gone)
                : await _policy.ExecuteAsync((Runner: this, Round: round), static (s, ct) => s.Runner.TryAsync(s.Round, ct), _gone, round.Judge);
            return await SettleAsync(round.Open, answer.Outcomes);
        }
        catch (OperationCanceledException)
        {
            await SettleFinishedAsync(round);
            await ReturnAsync(round.Open);
            return false;
        }
        catch (Exception fault)
        {
            await SettleFinishedAsync(round);
            if (fault is not (CircuitOpenException or TimeoutException)) _logger.LogError(fault, "The delivery of topic {Topic} failed.", Spec.Topic);
            return await SettleAsync(round.Open, Outcomes.Of(DeliveryOutcome.Retry, round.Open.Count));
        }
    }

    /// <summary>Delivers what no earlier attempt has brought to its end.</summary>
    private async ValueTask<DeliveryAnswer> TryAsync(Round round, CancellationToken ct)
    {
        await SettleFinishedAsync(round);
        return await _channel.DeliverAsync(round.Open, ct);
    }

    private async ValueTask SettleFinishedAsync(Round round)
    {
        foreach ((Delivery delivery, DeliveryOutcome outcome) in round.TakeFinished()) await SettleAsync(delivery.Queued, outcome);
    }

    private async ValueTask<bool> SettleAsync(List<Delivery> open, IReadOnlyList<DeliveryOutcome> outcomes)
    {
        bool well = true;
        for (int i = 0; i < open.Count; i++) well &= await SettleAsync(open[i].Queued, outcomes[i]);
        return well;
    }

    private async ValueTask ReturnAsync(List<Delivery> open)
    {
        foreach (Delivery delivery in open) await _consumer.ReturnAsync(delivery.Queued);
    }

    /// <summary>Finds envelope and route, or what is wrong with the message.</summary>
    private (Delivery? Delivery, string? Fault) Prepare(QueuedMessage queued)
    {
        Message message = queued.Message;
        if (message.ExpiresAt <= _clock.GetUtcNow()) return (null, "it has expired");
        if (!_raw && !message.IsEnvelope && !EventReader.Summarise(message.Data).IsEvent) return (null, "it is no CloudEvent and the subscription has no rawPayload");
        byte[] envelope = _raw ? CloudEventWriter.WrapRaw(message.Data, _pubsub.Name, Spec.Topic) : message.Data;
        try
        {
            return _router.Find(envelope) is { } path ? (new(queued, envelope, path, _raw ? message.Data : null), null) : (null, "no route matches");
        }
        catch (JsonException)
        {
            return (null, "it is no JSON");
        }
    }

    private ValueTask<bool> DiscardAsync(QueuedMessage queued, string why)
    {
        _logger.LogWarning("A message of topic {Topic} is dropped: {Reason}.", Spec.Topic, why);
        return SettleAsync(queued, DeliveryOutcome.Drop);
    }

    /// <returns>False when the app or the dead-letter topic is away.</returns>
    private async ValueTask<bool> SettleAsync(QueuedMessage queued, DeliveryOutcome outcome)
    {
        if (outcome is not DeliveryOutcome.Success && Spec.DeadLetterTopic is { } topic)
        {
            if (!await TryBuryAsync(queued, topic))
            {
                // Not rejected: a broker that drops what is rejected must not lose it. The caller's pause keeps this from spinning.
                await _consumer.ReturnAsync(queued);
                return false;
            }

            await _consumer.AcknowledgeAsync(queued);
        }
        else if (outcome is DeliveryOutcome.Success or DeliveryOutcome.Drop)
        {
            await _consumer.AcknowledgeAsync(queued);
        }
        else
        {
            await _consumer.RejectAsync(queued);
        }

        return outcome is not DeliveryOutcome.Unreachable;
    }

    private async ValueTask<bool> TryBuryAsync(QueuedMessage queued, string topic)
    {
        try
        {
            await _pubsub.Broker.PublishAsync(topic, [queued.Message with { ExpiresAt = null, TimeToLive = null }], _gone);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception fault)
        {
            _logger.LogError("A message cannot go to the dead-letter topic {Topic} and comes again: {Reason}", topic, fault.Message);
            return false;
        }
    }

    /// <summary>Messages that are delivered together, again and again those that the app could not take.</summary>
    private sealed class Round(List<Delivery> open)
    {
        private IReadOnlyList<DeliveryOutcome>? _outcomes;

        public List<Delivery> Open { get; private set; } = open;

        /// <summary>Keeps what the last attempt came to. An attempt that was left behind by its timeout is never judged.</summary>
        public Verdict Judge(DeliveryAnswer answer)
        {
            _outcomes = answer.Outcomes;
            if (!answer.Outcomes.Any(IsOpen)) return Verdict.Success;
            return answer.FailedStatus > 0 ? Verdict.HttpFailure(answer.FailedStatus) : Verdict.Failure;
        }

        public IReadOnlyList<(Delivery Delivery, DeliveryOutcome Outcome)> TakeFinished()
        {
            if (_outcomes is not { } outcomes) return [];
            (Delivery Delivery, DeliveryOutcome Outcome)[] all = [.. Open.Zip(outcomes)];
            (_outcomes, Open) = (null, [.. all.Where(d => IsOpen(d.Outcome)).Select(d => d.Delivery)]);
            return [.. all.Where(d => !IsOpen(d.Outcome))];
        }

        private static bool IsOpen(DeliveryOutcome outcome) => outcome is DeliveryOutcome.Retry or DeliveryOutcome.Unreachable;
    }
}
