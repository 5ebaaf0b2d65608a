using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Globalization;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>What the envelope of a published message says.</summary>
internal sealed record PublishContext(string AppId, string PubSub, string Topic, IReadOnlyDictionary<string, string> Metadata, string? TraceParent, string? TraceState)
{
    /// <summary>An envelope field that the publisher set by request metadata <c>cloudevent.…</c>.</summary>
    public string? Override(string field) => Metadata.TryGetValue("cloudevent." + field, out string? value) && value.Length > 0 ? value : null;
}

/// <summary>Makes CloudEvents 1.0 JSON of published bytes.</summary>
internal static class CloudEventWriter
{
    public const string EnvelopeType = "application/cloudevents+json";
    public const string DefaultEventType = "com.dapr.event.sent";

    private const string NoTrace = "00-00000000000000000000000000000000-0000000000000000-00";
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Wraps data by their content type: JSON as a value, octets as base64, all else as text.</summary>
    /// <exception cref="JsonException">The content type says JSON, the bytes are none.</exception>
    public static byte[] Wrap(ReadOnlySpan<byte> data, string contentType, PublishContext context, DateTimeOffset now, DateTimeOffset? expires)
    {
        ArrayBufferWriter<byte> buffer = new(data.Length + 512);
        using Utf8JsonWriter writer = new(buffer, Options);
        writer.WriteStartObject();
        if (IsOctets(contentType)) writer.WriteBase64String("data_base64", data);
        else if (IsJson(contentType)) WriteJson(writer, data);
        else writer.WriteString("data", Encoding.UTF8.GetString(data));
        writer.WriteString("datacontenttype", contentType);
        WriteIdentity(writer, context, now);
        WriteCommon(writer, context, expires);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Completes an event that the publisher made: fields of its own stay, missing ones and those of this publish are added.</summary>
    /// <exception cref="JsonException">The bytes are no JSON object.</exception>
    public static byte[] Complete(ReadOnlySpan<byte> envelope, PublishContext context, DateTimeOffset now, DateTimeOffset? expires)
    {
        ArrayBufferWriter<byte> buffer = new(envelope.Length + 384);
        using Utf8JsonWriter writer = new(buffer, Options);
        writer.WriteStartObject();
        HashSet<string> present = CopyFields(envelope, writer, context);
        if (!present.Contains("id")) writer.WriteString("id", context.Override("id") ?? Guid.NewGuid().ToString());
        if (!present.Contains("source")) writer.WriteString("source", context.Override("source") ?? context.AppId);
        if (!present.Contains("type")) writer.WriteString("type", context.Override("type") ?? DefaultEventType);
        if (!present.Contains("specversion")) writer.WriteString("specversion", "1.0");
        if (!present.Contains("time")) writer.WriteString("time", Time(now));
        WriteCommon(writer, context, expires);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Wraps bytes that were published without an envelope, for a subscription that wants them so.</summary>
    public static byte[] WrapRaw(ReadOnlySpan<byte> data, string pubsub, string topic)
    {
        ArrayBufferWriter<byte> buffer = new((data.Length * 4 / 3) + 384);
        using Utf8JsonWriter writer = new(buffer, Options);
        writer.WriteStartObject();
        writer.WriteBase64String("data_base64", data);
        writer.WriteString("datacontenttype", "application/octet-stream");
        writer.WriteString("id", Guid.NewGuid().ToString());
        writer.WriteString("specversion", "1.0");
        writer.WriteString("type", DefaultEventType);
        writer.WriteString("pubsubname", pubsub);
        writer.WriteString("topic", topic);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Whether a content type, without its parameters, is <see cref="EnvelopeType"/>.</summary>
    public static bool IsEnvelope(string contentType) => Bare(contentType).Equals(EnvelopeType, StringComparison.OrdinalIgnoreCase);

    public static bool IsJson(string contentType)
    {
        ReadOnlySpan<char> bare = Bare(contentType);
        return bare.Equals("application/json", StringComparison.OrdinalIgnoreCase) || bare.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsOctets(string contentType) => Bare(contentType).Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Bare(string contentType)
    {
        int end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).Trim();
    }

    private static void WriteJson(Utf8JsonWriter writer, ReadOnlySpan<byte> data)
    {
        writer.WritePropertyName("data");
        if (data.IsEmpty) writer.WriteNullValue();
        else writer.WriteRawValue(data);
    }

    private static void WriteIdentity(Utf8JsonWriter writer, PublishContext context, DateTimeOffset now)
    {
        writer.WriteString("id", context.Override("id") ?? Guid.NewGuid().ToString());
        writer.WriteString("source", context.Override("source") ?? context.AppId);
        writer.WriteString("specversion", "1.0");
        writer.WriteString("type", context.Override("type") ?? DefaultEventType);
        if (context.Override("subject") is { } subject) writer.WriteString("subject", subject);
        writer.WriteString("time", Time(now));
    }

    private static void WriteCommon(Utf8JsonWriter writer, PublishContext context, DateTimeOffset? expires)
    {
        string trace = context.Override("traceid") ?? context.Override("traceparent") ?? context.TraceParent ?? NoTrace;
        writer.WriteString("pubsubname", context.PubSub);
        writer.WriteString("topic", context.Topic);
        writer.WriteString("traceid", trace);
        writer.WriteString("traceparent", context.Override("traceparent") ?? context.TraceParent ?? trace);
        writer.WriteString("tracestate", context.Override("tracestate") ?? context.TraceState ?? "");
        if (expires is { } end) writer.WriteString("expiration", Time(end));
    }

    /// <summary>Copies the publisher's fields but for those that <see cref="WriteCommon"/> sets.</summary>
    private static HashSet<string> CopyFields(ReadOnlySpan<byte> envelope, Utf8JsonWriter writer, PublishContext context)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        Utf8JsonReader reader = new(envelope);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) throw new JsonException("the body must be a JSON object");
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (name is "pubsubname" or "topic" or "traceid" or "traceparent" or "tracestate" or "expiration") continue;
            if (name is "id" or "source" or "type" && context.Override(name) is not null) continue;
            if (!present.Add(name)) continue;
            writer.WritePropertyName(name);
            writer.WriteRawValue(envelope[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }

        while (reader.Read())
        {
            // Bytes after the object make it no JSON; the reader says so.
        }

        return present;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
