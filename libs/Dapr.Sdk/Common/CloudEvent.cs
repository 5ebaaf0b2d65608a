using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>Attributes of a CloudEvents envelope that the publisher writes itself instead of leaving it to Dapr.</summary>
public class CloudEvent
{
    /// <summary>Who sends the event.</summary>
    [JsonPropertyName("source")]
    public Uri? Source { get; init; }

    /// <summary>What kind of event it is; routing rules usually look at this.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>What the event is about, within the source.</summary>
    [JsonPropertyName("subject")]
    public string? Subject { get; init; }
}

/// <summary>An envelope around JSON data.</summary>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    [JsonPropertyName("data")]
    public TData Data { get; } = data;

    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
