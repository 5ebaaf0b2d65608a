using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Hosting.Messages;

/// <summary>The parts of a delivered envelope that matter here.</summary>
public sealed record DeliveredEvent
{
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("type")]
    public string? Type { get; init; }

    [JsonPropertyName("data_base64")]
    public byte[]? DataBase64 { get; init; }

    /// <summary>W3C context of whoever published it; zeros when nobody records.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    /// <summary>The envelope in a delivery's body, or null when there is none.</summary>
    public static async Task<DeliveredEvent?> ReadAsync(HttpRequest delivery)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<DeliveredEvent>(delivery.Body, cancellationToken: delivery.HttpContext.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the record of an envelope that has the type asked for.</summary>
    /// <param name="fault">Why not, for the log; such a message can never be read, so it is dropped.</param>
    public bool TryUnwrap<T>(string type, MessageParser<T> parser, [NotNullWhen(true)] out T? message, [NotNullWhen(false)] out string? fault)
        where T : class, IMessage<T>
    {
        message = null;
        fault = Type != type ? $"message {Id} has type '{Type}', not '{type}'"
            : DataBase64 is null ? $"message {Id} has no data_base64"
            : null;
        if (fault is not null) return false;
        try
        {
            message = parser.ParseFrom(DataBase64);
            return true;
        }
        catch (InvalidProtocolBufferException broken)
        {
            fault = $"message {Id} is not a {type}: {broken.Message}";
            return false;
        }
    }
}
