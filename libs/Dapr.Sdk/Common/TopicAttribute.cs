namespace Dapr;

/// <summary>Subscribes an endpoint to a topic of a pub/sub component.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public class TopicAttribute
    : Attribute, ITopicMetadata, IRawTopicMetadata, IOwnedOriginalTopicMetadata, IDeadLetterTopicMetadata
{
    public TopicAttribute(string pubsubName, string name, string[]? ownedMetadatas = null, string? metadataSeparator = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        PubsubName = pubsubName;
        Name = name;
        OwnedMetadatas = ownedMetadatas!;
        MetadataSeparator = metadataSeparator!;
    }

    public TopicAttribute(
        string pubsubName, string name, bool enableRawPayload, string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator) => EnableRawPayload = enableRawPayload;

    public TopicAttribute(
        string pubsubName, string name, string match, int priority, string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator)
    {
        Match = match;
        Priority = priority;
    }

    public TopicAttribute(
        string pubsubName,
        string name,
        bool enableRawPayload,
        string match,
        int priority,
        string[]? ownedMetadatas = null,
        string? metadataSeparator = null)
        : this(pubsubName, name, match, priority, ownedMetadatas, metadataSeparator) => EnableRawPayload = enableRawPayload;

    public TopicAttribute(
        string pubsubName,
        string name,
        string deadLetterTopic,
        bool enableRawPayload,
        string[]? ownedMetadatas = null,
        string? metadataSeparator = null)
        : this(pubsubName, name, enableRawPayload, ownedMetadatas, metadataSeparator) => DeadLetterTopic = deadLetterTopic;

    public string Name { get; }

    public string PubsubName { get; }

    public bool? EnableRawPayload { get; }

    public new string Match { get; } = null!;

    public int Priority { get; }

    public string[] OwnedMetadatas { get; }

    public string MetadataSeparator { get; }

    public string DeadLetterTopic { get; } = null!;

    internal TopicAttribute(TopicOptions options)
        : this(options.PubsubName, options.Name, options.EnableRawPayload, options.Match, options.Priority, options.OwnedMetadatas, options.MetadataSeparator) =>
        DeadLetterTopic = options.DeadLetterTopic;
}
