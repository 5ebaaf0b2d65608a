namespace SkyDriver.Sidecar.PubSub;

/// <summary>A broker as components name it.</summary>
internal interface IPubSub : IAsyncDisposable
{
    /// <summary>Accepts messages for a topic; all or none.</summary>
    /// <exception cref="BrokerFullException">A consumer group cannot hold more.</exception>
    void Publish(string topic, IReadOnlyList<Message> messages);

    /// <summary>Joins a consumer group of a topic: each message goes to one consumer of the group.</summary>
    IConsumer Subscribe(string topic, string group);
}

/// <summary>One consumer of a group. Dispose it to leave; what it took and has not settled must be settled or returned before.</summary>
internal interface IConsumer : IDisposable
{
    /// <summary>Waits for messages; the wait ends with the first, and takes what else is there already.</summary>
    /// <param name="most">Most messages to take, at least 1.</param>
    ValueTask<IReadOnlyList<QueuedMessage>> TakeAsync(int most, CancellationToken ct);

    /// <summary>Ends a message for the group.</summary>
    void Acknowledge(QueuedMessage message);

    /// <summary>Gives a message back after a failure; it comes again after a pause that grows with each failure.</summary>
    void Reject(QueuedMessage message);

    /// <summary>Gives a message back that was never tried in full; it comes again at once, before all others.</summary>
    void Return(QueuedMessage message);
}

/// <summary>A published message, shared by all groups that get it. Its bytes must not change any more.</summary>
/// <param name="IsEnvelope">The data are a CloudEvent made or checked by the publishing sidecar.</param>
/// <param name="Metadata">Of the publish call, for the consumer; null when there is none.</param>
/// <param name="ExpiresAt">From then on it must not be delivered; null = never.</param>
internal sealed record Message(byte[] Data, string ContentType, bool IsEnvelope, IReadOnlyDictionary<string, string>? Metadata, DateTimeOffset? ExpiresAt)
{
    /// <summary>Bytes that count against limits: the data and a guess of what objects cost.</summary>
    public long Size => Data.Length + 128;
}

/// <summary>A message in one group's queue.</summary>
internal sealed class QueuedMessage(Message message)
{
    public Message Message { get; } = message;

    /// <summary>How often it was given back after a failure.</summary>
    public int Failures { get; set; }
}

/// <summary>A group of consumers holds as many bytes as it may; the publisher must wait.</summary>
internal sealed class BrokerFullException(string topic, string group, long limit)
    : Exception($"the consumer group {group} of topic {topic} holds {limit} bytes of unread messages; wait until it has read some, or raise maxQueuedBytes");
