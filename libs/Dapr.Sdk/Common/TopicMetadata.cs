namespace Dapr;

/// <summary>Endpoint metadata: the endpoint receives a topic.</summary>
public interface ITopicMetadata
{
    string Name { get; }

    string PubsubName { get; }

    /// <summary>A CEL expression over <c>event</c>; null takes what no rule took.</summary>
    string Match { get; }

    /// <summary>Order of the rules of one topic, lowest first.</summary>
    int Priority { get; }
}

/// <summary>Endpoint metadata: deliver the payload as published, without an envelope.</summary>
public interface IRawTopicMetadata
{
    bool? EnableRawPayload { get; }
}

/// <summary>Endpoint metadata: ids of the <see cref="IOriginalTopicMetadata"/> that belong to this topic.</summary>
public interface IOwnedOriginalTopicMetadata
{
    string[] OwnedMetadatas { get; }

    /// <summary>Joins several values of one name; a comma when null.</summary>
    string MetadataSeparator { get; }
}

/// <summary>Endpoint metadata: one entry of a subscription's metadata.</summary>
public interface IOriginalTopicMetadata
{
    /// <summary>Null belongs to every topic of the endpoint.</summary>
    string Id { get; }

    string Name { get; }

    string Value { get; }
}

/// <summary>Endpoint metadata: where messages go that could not be handled.</summary>
public interface IDeadLetterTopicMetadata
{
    string DeadLetterTopic { get; }
}
