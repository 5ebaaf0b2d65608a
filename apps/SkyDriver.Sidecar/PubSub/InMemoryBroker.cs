using System.Collections.Concurrent;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Topics in this process' memory (<c>pubsub.in-memory</c>), gone with it.</summary>
/// <remarks>
/// A message is kept for a consumer group from the moment the group exists, whether or not a consumer is there; it leaves the group
/// when a consumer has acknowledged it. A topic that no group has ever joined keeps what is published, and hands it to the first
/// group: consumers may start after the publisher. Both are bounded in bytes. A backlog, and a group without consumers, then drop
/// their oldest messages; a group with consumers refuses new ones, so that nothing accepted is lost.
/// </remarks>
internal sealed class InMemoryBroker(BrokerLimits limits, TimeProvider clock, ILogger logger) : IPubSub
{
    private readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);

    /// <summary>Takes all or none, and has done so when it returns.</summary>
    public ValueTask PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken ct)
    {
        Find(topic).Publish(messages);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IConsumer> SubscribeAsync(string topic, string group, SubscriptionOptions options, CancellationToken ct) => new(Find(topic).Join(group));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Topic Find(string topic) => _topics.GetOrAdd(topic, static (name, broker) => broker.Create(name), this);

    private Topic Create(string name) => new(name, limits, clock, logger);
}

/// <param name="MaxQueuedBytes">Of one group, and of one topic's backlog.</param>
/// <param name="FirstPause">Before a message that failed once comes again; doubled by each further failure.</param>
internal sealed record BrokerLimits(long MaxQueuedBytes, TimeSpan FirstPause, TimeSpan LongestPause)
{
    public static BrokerLimits Default { get; } = new(64 << 20, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <param name="failures">At least 1.</param>
    public TimeSpan Pause(int failures)
    {
        double seconds = FirstPause.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30));
        return seconds < LongestPause.TotalSeconds ? TimeSpan.FromSeconds(seconds) : LongestPause;
    }
}
