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

    /// <summary>A time of an envelope; null when it is none.</summary>
    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    /// <summary>The event as gRPC subscribers get it.</summary>
    /// <exception cref="JsonException">The envelope is no JSON object.</exception>
    /// <exception cref="FormatException">Its <c>data_base64</c> is no base64.</exception>
    public static TopicEventRequest ToMessage(ReadOnlySpan<byte> envelope, string pubsub, string topic, string path)
    {
        Utf8JsonReader reader = new(envelope);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) throw new JsonException("the event is no JSON object");
        TopicEventRequest request = new() { PubsubName = pubsub, Topic = topic, Path = path };
        Range? data = null;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id")) request.Id = Text(ref reader);
            else if (reader.ValueTextEquals("source")) request.Source = Text(ref reader);
            else if (reader.ValueTextEquals("type")) request.Type = Text(ref reader);
            else if (reader.ValueTextEquals("specversion")) request.SpecVersion = Text(ref reader);
            else if (reader.ValueTextEquals("datacontenttype")) request.DataContentType = Text(ref reader);
            else if (reader.ValueTextEquals("pubsubname") || reader.ValueTextEquals("topic")) reader.Skip();
            else if (reader.ValueTextEquals("data")) data = Raw(ref reader);
            else if (reader.ValueTextEquals("data_base64")) request.Data = Octets(ref reader);
            else AddExtension(request, ref reader);
        }

        if (data is { } raw) request.Data = Data(envelope[raw], request.DataContentType);
        return request;
    }

    /// <summary>Text that is not JSON by its content type loses its quotes.</summary>
    private static ByteString Data(ReadOnlySpan<byte> raw, string contentType)
    {
        if (raw[0] is not (byte)'"' || CloudEventWriter.IsJson(contentType)) return ByteString.CopyFrom(raw);
        Utf8JsonReader text = new(raw);
        text.Read();
        return text.ValueIsEscaped ? ByteString.CopyFrom(Encoding.UTF8.GetBytes(text.GetString()!)) : ByteString.CopyFrom(text.ValueSpan);
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.String) return reader.GetString()!;
        using var value = JsonDocument.ParseValue(ref reader);
        return value.RootElement.ToString();
    }

    private static ByteString Octets(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.String) throw new FormatException("data_base64 is no text");
        return UnsafeByteOperations.UnsafeWrap(reader.GetBytesFromBase64());
    }

    private static Range Raw(ref Utf8JsonReader reader)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    private static void AddExtension(TopicEventRequest request, ref Utf8JsonReader reader)
    {
        string name = reader.GetString()!;
        reader.Read();
        (request.Extensions ??= new Struct()).Fields[name] = reader.TokenType is JsonTokenType.String ? Value.ForString(reader.GetString()) : Parsed(ref reader);
    }

    private static Value Parsed(ref Utf8JsonReader reader)
    {
        using var value = JsonDocument.ParseValue(ref reader);
        return ToValue(value.RootElement);
    }

    private static Value ToValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Value.ForString(element.GetString()),
        JsonValueKind.Number => Value.ForNumber(element.GetDouble()),
        JsonValueKind.True or JsonValueKind.False => Value.ForBool(element.GetBoolean()),
        JsonValueKind.Array => Value.ForList([.. element.EnumerateArray().Select(ToValue)]),
        JsonValueKind.Object => ToStruct(element),
        _ => Value.ForNull(),
    };

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
