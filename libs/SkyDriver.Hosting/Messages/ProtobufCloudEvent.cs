using System.Text.Json.Serialization;
using Dapr;
using Google.Protobuf;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Messages;

/// <summary>A protobuf record in a CloudEvent, published complete.</summary>
/// <remarks>
/// Given a bare body of a binary content type it does not know, Dapr stores it as text, which breaks it;
/// an envelope with <c>data_base64</c> passes untouched.
/// </remarks>
public sealed class ProtobufCloudEvent : CloudEvent
{
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; init; } = MessageTypes.Protobuf;

    /// <summary>The record; JSON writes bytes as base64.</summary>
    [JsonPropertyName("data_base64")]
    public required byte[] DataBase64 { get; init; }

    /// <param name="id">Names this message among those of its source.</param>
    /// <param name="type">One of <see cref="MessageTypes"/>.</param>
    /// <param name="sourceAppId">Dapr app id of the publisher.</param>
    public static ProtobufCloudEvent Wrap(string id, string type, string sourceAppId, IMessage message) => new()
    {
        Id = id,
        Type = type,
        Source = new Uri(sourceAppId, UriKind.Relative),
        DataBase64 = message.ToByteArray(),
    };
}
