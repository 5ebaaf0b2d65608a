namespace SkyDriver.Components;

/// <summary>A broker (<c>pubsub.{name}</c>).</summary>
public interface IPubSub : IComponent
{
    /// <summary>What it can do beyond the plain contract.</summary>
    PubSubFeatures Features { get; }

    /// <summary>Ends when the broker has taken responsibility for the message.</summary>
    /// <exception cref="ComponentException">It has not.</exception>
    Task PublishAsync(PublishedMessage message, CancellationToken ct);

    /// <summary>Publishes several messages to one topic. By default one after the other.</summary>
    /// <returns>The messages that failed, by their index, with the reason of each; empty when all went well.</returns>
    async Task<IReadOnlyDictionary<int, string>> BulkPublishAsync(IReadOnlyList<PublishedMessage> messages, CancellationToken ct)
    {
        Dictionary<int, string> failed = [];
        for (int i = 0; i < messages.Count; i++)
        {
            try
            {
                await PublishAsync(messages[i], ct);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                failed[i] = fault.Message;
            }
        }

        return failed;
    }

    /// <summary>Sends the messages of a topic until the token fires; runs once for each subscription. Returning earlier ends it.</summary>
    /// <param name="deliver">Sends one message and ends with what became of it. May be called from many threads at once (daprd handles
    /// one at a time). It throws <see cref="OperationCanceledException"/> when the sidecar leaves before it answered, and when its own
    /// token fires: give one that limits the wait. The message must be kept until the answer says that it was processed.</param>
    Task PullAsync(TopicSubscription subscription, Func<TopicMessage, CancellationToken, Task<DeliveryResult>> deliver, CancellationToken ct);
}

/// <summary>What a broker can do beyond the plain contract.</summary>
[Flags]
public enum PubSubFeatures
{
    None = 0,

    /// <summary>Honours metadata <c>ttlInSeconds</c>; without it the sidecar drops what is too old.</summary>
    MessageTtl = 1,

    /// <summary>Topics of subscriptions may hold wildcards.</summary>
    SubscribeWildcards = 2,

    /// <summary>Publishes many messages in one step.</summary>
    BulkPublish = 4,
}

/// <summary>A message of an app for a topic.</summary>
/// <param name="Data">A CloudEvent as JSON, or raw bytes where the app asked for that.</param>
/// <param name="ContentType">Of the data; empty when it is not known.</param>
/// <param name="Metadata">Names found in any case.</param>
public sealed record PublishedMessage(string Topic, ReadOnlyMemory<byte> Data, string ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Whose messages a sidecar wants.</summary>
/// <param name="Metadata">Of the subscription; names found in any case.</param>
public sealed record TopicSubscription(string Topic, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A message for a sidecar.</summary>
public sealed record TopicMessage
{
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Null takes the subscription's; differs from it where that holds wildcards.</summary>
    public string? Topic { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the data; null when it is not known.</summary>
    public string? ContentType { get; init; }
}

/// <summary>What became of a message.</summary>
/// <param name="Error">Why it was not processed and should come again; null when it was.</param>
public sealed record DeliveryResult(string? Error)
{
    public bool IsProcessed => Error is null;
}
