namespace SkyDriver.Sidecar.PubSub;

/// <summary>A broker as components name it.</summary>
internal interface IPubSub : IAsyncDisposable
{
    /// <summary>The broker itself drops messages whose time is over; else their envelopes say when that is.</summary>
    bool HasMessageTtl => false;

    /// <summary>Messages that an app instance may have at once, when its subscription does not say; null = the delivery's own default.</summary>
    int? Concurrency => null;

    /// <summary>Hands messages over; completes when the broker has taken responsibility for all of them.</summary>
    /// <exception cref="BrokerFullException">A consumer group cannot hold more; nothing was taken.</exception>
    /// <exception cref="BrokerUnavailableException">The broker cannot be reached; nothing is known to be taken.</exception>
    /// <exception cref="BulkPublishException">Only some were taken.</exception>
    ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct);

    /// <summary>Joins a consumer group of a topic: each message goes to one consumer of the group.</summary>
    /// <exception cref="FormatException">The options cannot be used; the message names field, value and remedy.</exception>
    ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct);
}

/// <summary>What a subscription asks of the broker.</summary>
/// <param name="Metadata">Of the subscription, by name in any case.</param>
/// <param name="Prefetch">Most messages that the consumer holds at once, from 1 on.</param>
internal sealed record SubscriptionOptions(IReadOnlyDictionary<string, string> Metadata, int Prefetch)
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    public static SubscriptionOptions Default { get; } = new(NoMetadata, 1);
}

/// <summary>
/// One consumer of a group. Dispose it to leave; what it took and has not settled must be settled or returned before. Settling fails
/// for nobody: a message whose settlement is lost with its connection comes again.
/// </summary>
internal interface IConsumer : IAsyncDisposable
{
    /// <summary>Waits for messages; the wait ends with the first, and takes what else is there already.</summary>
    /// <param name="most">Most messages to take, at least 1.</param>
    ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct);

    /// <summary>Ends a message for the group.</summary>
    ValueTask AcknowledgeAsync(QueuedMessage message);

    /// <summary>Gives a message back after a failure; it comes again after a pause that grows with each failure.</summary>
    ValueTask RejectAsync(QueuedMessage message);

    /// <summary>Gives a message back that was never tried in full; it comes again at once, before all others.</summary>
    ValueTask ReturnAsync(QueuedMessage message);
}

/// <summary>A published message, shared by all groups that get it. Its bytes must not change any more.</summary>
/// <param name="IsEnvelope">The data are a CloudEvent made or checked by the publishing sidecar.</param>
/// <param name="Metadata">Of the publish call, for the broker and the consumer; null when there is none.</param>
/// <param name="ExpiresAt">From then on it must not be delivered; null = never.</param>
internal sealed record Message(byte[] Data, string ContentType, bool IsEnvelope, IReadOnlyDictionary<string, string>? Metadata, DateTimeOffset? ExpiresAt)
{
    /// <summary>Of a message that is published, for brokers that count themselves; null = the broker's own default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Bytes that count against limits: the data and a guess of what objects cost.</summary>
    public long Size => Data.Length + 128;
}

/// <summary>A message in one group's queue. Brokers derive from it what they need to settle it.</summary>
internal class QueuedMessage(Message message)
{
    public Message Message { get; } = message;

    /// <summary>How often it was given back after a failure, as far as the broker knows.</summary>
    public int Failures { get; set; }
}

/// <summary>A group of consumers holds as many bytes as it may; the publisher must wait.</summary>
internal sealed class BrokerFullException(string topic, string group, long limit)
    : Exception($"the consumer group {group} of topic {topic} holds {limit} bytes of unread messages; wait until it has read some, or raise maxQueuedBytes");

/// <summary>The broker is away, or refused; the message says the next step.</summary>
internal sealed class BrokerUnavailableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The broker took some messages of a call and refused others.</summary>
/// <param name="failures">The reason by position in the call's list; at least one.</param>
internal sealed class BulkPublishException(IReadOnlyDictionary<int, string> failures)
    : Exception($"{failures.Count} messages were not published, the first because: {failures.First().Value}")
{
    public IReadOnlyDictionary<int, string> Failures { get; } = failures;
}
