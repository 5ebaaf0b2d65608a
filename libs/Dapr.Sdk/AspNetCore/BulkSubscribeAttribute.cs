namespace Dapr.AspNetCore;

/// <summary>Endpoint metadata: deliver the topic in batches.</summary>
public interface IBulkSubscribeMetadata
{
    string TopicName { get; }

    int MaxMessagesCount { get; }

    /// <summary>Milliseconds a batch may wait to fill.</summary>
    int MaxAwaitDurationMs { get; }
}

/// <summary>Asks for batches of a topic the endpoint subscribes to.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public class BulkSubscribeAttribute : Attribute, IBulkSubscribeMetadata
{
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount, int maxAwaitDurationMs)
    {
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        (TopicName, MaxMessagesCount, MaxAwaitDurationMs) = (topicName, maxMessagesCount, maxAwaitDurationMs);
    }

    public BulkSubscribeAttribute(string topicName, int maxMessagesCount) : this(topicName, maxMessagesCount, 1000)
    {
    }

    public BulkSubscribeAttribute(string topicName) : this(topicName, 100)
    {
    }

    public string TopicName { get; }

    public int MaxMessagesCount { get; }

    public int MaxAwaitDurationMs { get; }
}

/// <summary>What <c>WithBulkSubscribe</c> may say.</summary>
public class BulkSubscribeTopicOptions
{
    public string TopicName { get; set; } = null!;

    public int MaxMessagesCount { get; set; } = 100;

    /// <summary>Milliseconds a batch may wait to fill.</summary>
    public int MaxAwaitDurationMs { get; set; } = 1000;
}
