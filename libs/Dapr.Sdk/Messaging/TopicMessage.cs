using Google.Protobuf.WellKnownTypes;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>A message of a topic, taken out of its CloudEvents envelope.</summary>
public sealed record TopicMessage(
    string Id, string Source, string Type, string SpecVersion, string DataContentType, string Topic, string PubSubName)
{
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The route a rule of the subscription chose.</summary>
    public string? Path { get; init; }

    /// <summary>Attributes beyond the standard ones.</summary>
    public IReadOnlyDictionary<string, Value> Extensions { get; init; } = new Dictionary<string, Value>();
}
