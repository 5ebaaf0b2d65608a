using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Reads a CloudEvent's JSON.</summary>
internal static class EventReader
{
    /// <summary>Looks once through bytes that another party published.</summary>
    public static EventSummary Summarise(ReadOnlySpan<byte> data)
    {
        try
        {
            Utf8JsonReader reader = new(data);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return default;
            EventSummary summary = default;
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                bool version = reader.ValueTextEquals("specversion"), end = reader.ValueTextEquals("expiration");
                reader.Read();
                if (version) summary = summary with { IsEvent = true };
                else if (end && reader.TokenType is JsonTokenType.String && Time(reader.GetString()) is { } expires) summary = summary with { Expires = expires };
                reader.Skip();
            }

            return summary;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>The event as gRPC subscribers get it.</summary>
    /// <exception cref="JsonException">The envelope is no JSON object.</exception>
    public static TopicEventRequest ToMessage(byte[] envelope, string pubsub, string topic, string path)
    {
        using JsonDocument document = JsonDocument.Parse(envelope);
        TopicEventRequest request = new() { PubsubName = pubsub, Topic = topic, Path = path };
        JsonElement? data = null;
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
        {
            switch (field.Name)
            {
                case "id": request.Id = field.Value.ToString(); break;
                case "source": request.Source = field.Value.ToString(); break;
                case "type": request.Type = field.Value.ToString(); break;
                case "specversion": request.SpecVersion = field.Value.ToString(); break;
                case "datacontenttype": request.DataContentType = field.Value.ToString(); break;
                case "pubsubname" or "topic": break;
                case "data": data = field.Value; break;
                case "data_base64": request.Data = ByteString.CopyFrom(field.Value.GetBytesFromBase64()); break;
                default: (request.Extensions ??= new Struct()).Fields[field.Name] = ToValue(field.Value); break;
            }
        }

        if (data is { } value) request.Data = ByteString.CopyFrom(Data(value, request.DataContentType));
        return request;
    }

    /// <summary>Text that is not JSON by its content type loses its quotes.</summary>
    private static byte[] Data(JsonElement data, string contentType) =>
        data.ValueKind is JsonValueKind.String && !CloudEventWriter.IsJson(contentType) ? Encoding.UTF8.GetBytes(data.GetString()!) : Encoding.UTF8.GetBytes(data.GetRawText());

    private static Value ToValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Value.ForString(element.GetString()),
        JsonValueKind.Number => Value.ForNumber(element.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => Value.ForBool(element.GetBoolean()),
        JsonValueKind.Array => Value.ForList([.. element.EnumerateArray().Select(ToValue)]),
        JsonValueKind.Object => ToStruct(element),
        _ => Value.ForNull(),
    };

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    private static Value ToStruct(JsonElement element)
    {
        Struct fields = new();
        foreach (JsonProperty field in element.EnumerateObject()) fields.Fields[field.Name] = ToValue(field.Value);
        return Value.ForStruct(fields);
    }
}

/// <summary>What must be known of an event before it is delivered.</summary>
/// <param name="IsEvent">It is a CloudEvent's JSON; else its bytes are somebody's own.</param>
/// <param name="Expires">As its envelope says; null = never.</param>
internal readonly record struct EventSummary(bool IsEvent, DateTimeOffset? Expires);
