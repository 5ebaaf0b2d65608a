namespace Dapr;

/// <summary>What <c>WithTopic</c> may say about a subscription.</summary>
public class TopicOptions
{
    public string Name { get; set; } = null!;

    public string PubsubName { get; set; } = null!;

    public bool EnableRawPayload { get; set; }

    public string Match { get; set; } = null!;

    public int Priority { get; set; }

    public string[] OwnedMetadatas { get; set; } = null!;

    public string MetadataSeparator { get; set; } = null!;

    public string DeadLetterTopic { get; set; } = null!;

    public IDictionary<string, string> Metadata { get; set; } = null!;
}

/// <summary>Settings for all subscriptions of an app.</summary>
public class SubscribeOptions
{
    /// <summary>Raw payloads for every topic that does not say otherwise.</summary>
    public bool EnableRawPayload { get; set; }
}
