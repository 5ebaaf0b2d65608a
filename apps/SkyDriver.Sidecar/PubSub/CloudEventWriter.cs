using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>What the envelope of a published message says.</summary>
internal readonly record struct PublishContext(
    string AppId, string PubSub, string Topic, IReadOnlyDictionary<string, string> Metadata, string? TraceParent, string? TraceState)
{
    /// <summary>An envelope field that the publisher set by request metadata <c>cloudevent.…</c>.</summary>
    public string? Override(string name) => Metadata.Count > 0 && Metadata.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;
}

/// <summary>Makes CloudEvents 1.0 JSON of published bytes.</summary>
internal static class CloudEventWriter
{
    public const string EnvelopeType = "application/cloudevents+json";
    public const string DefaultEventType = "com.dapr.event.sent";

    private const string NoTrace = "00-00000000000000000000000000000000-0000000000000000-00";
    private const int LargestKeptBuffer = 256 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Scratch? _scratch;

    /// <summary>Wraps data by their content type: JSON as a value, octets as base64, all else as text.</summary>
    /// <exception cref="JsonException">The content type says JSON, the bytes are none.</exception>
    public static byte[] Wrap(ReadOnlySpan<byte> data, string contentType, in PublishContext context, DateTimeOffset now, DateTimeOffset? expires)
    {
        using Scratch scratch = Rent();
        Utf8JsonWriter writer = scratch.Writer;
        writer.WriteStartObject();
        if (IsOctets(contentType)) writer.WriteBase64String(Fields.DataBase64, data);
        else if (IsJson(contentType)) WriteJson(writer, data);
        else if (Utf8.IsValid(data)) writer.WriteString(Fields.Data, data);
        else writer.WriteString(Fields.Data, Encoding.UTF8.GetString(data));
        writer.WriteString(Fields.DataContentType, contentType);
        WriteId(writer, context);
        writer.WriteString(Fields.Source, context.Override("cloudevent.source") ?? context.AppId);
        writer.WriteString(Fields.SpecVersion, Fields.One);
        WriteType(writer, context);
        if (context.Override("cloudevent.subject") is { } subject) writer.WriteString(Fields.Subject, subject);
        WriteTime(writer, Fields.Time, now);
        WriteCommon(writer, context, expires);
        writer.WriteEndObject();
        return scratch.Take();
    }

    /// <summary>Completes an event that the publisher made: fields of its own stay, missing ones and those of this publish are added.</summary>
    /// <param name="expires">As the publish call says; null leaves it to the event.</param>
    /// <returns>The envelope, and when it expires.</returns>
    /// <exception cref="JsonException">The bytes are no JSON object.</exception>
    public static (byte[] Envelope, DateTimeOffset? Expires) Complete(ReadOnlySpan<byte> envelope, in PublishContext context, DateTimeOffset now, DateTimeOffset? expires)
    {
        using Scratch scratch = Rent();
        Utf8JsonWriter writer = scratch.Writer;
        writer.WriteStartObject();
        HashSet<string> present = CopyFields(envelope, writer, context, ref expires);
        if (!present.Contains("id")) WriteId(writer, context);
        if (!present.Contains("source")) writer.WriteString(Fields.Source, context.Override("cloudevent.source") ?? context.AppId);
        if (!present.Contains("type")) WriteType(writer, context);
        if (!present.Contains("specversion")) writer.WriteString(Fields.SpecVersion, Fields.One);
        if (!present.Contains("subject") && context.Override("cloudevent.subject") is { } subject) writer.WriteString(Fields.Subject, subject);
        if (!present.Contains("time")) WriteTime(writer, Fields.Time, now);
        WriteCommon(writer, context, expires);
        writer.WriteEndObject();
        return (scratch.Take(), expires);
    }

    /// <summary>Wraps bytes that were published without an envelope, for a subscription that wants them so.</summary>
    public static byte[] WrapRaw(ReadOnlySpan<byte> data, string pubsub, string topic)
    {
        using Scratch scratch = Rent();
        Utf8JsonWriter writer = scratch.Writer;
        writer.WriteStartObject();
        writer.WriteBase64String(Fields.DataBase64, data);
        writer.WriteString(Fields.DataContentType, "application/octet-stream");
        writer.WriteString(Fields.Id, Guid.NewGuid());
        writer.WriteString(Fields.SpecVersion, Fields.One);
        writer.WriteString(Fields.Type, Fields.DefaultType);
        writer.WriteString(Fields.PubSubName, pubsub);
        writer.WriteString(Fields.Topic, topic);
        writer.WriteEndObject();
        return scratch.Take();
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
        writer.WritePropertyName(Fields.Data);
        if (data.IsEmpty) writer.WriteNullValue();
        else writer.WriteRawValue(data);
    }

    private static void WriteId(Utf8JsonWriter writer, in PublishContext context)
    {
        if (context.Override("cloudevent.id") is { } id) writer.WriteString(Fields.Id, id);
        else writer.WriteString(Fields.Id, Guid.NewGuid());
    }

    private static void WriteType(Utf8JsonWriter writer, in PublishContext context)
    {
        if (context.Override("cloudevent.type") is { } type) writer.WriteString(Fields.Type, type);
        else writer.WriteString(Fields.Type, Fields.DefaultType);
    }

    private static void WriteCommon(Utf8JsonWriter writer, in PublishContext context, DateTimeOffset? expires)
    {
        string? parent = context.Override("cloudevent.traceparent") ?? context.TraceParent;
        string trace = context.Override("cloudevent.traceid") ?? parent ?? NoTrace;
        writer.WriteString(Fields.PubSubName, context.PubSub);
        writer.WriteString(Fields.Topic, context.Topic);
        writer.WriteString(Fields.TraceId, trace);
        writer.WriteString(Fields.TraceParent, parent ?? trace);
        writer.WriteString(Fields.TraceState, context.Override("cloudevent.tracestate") ?? context.TraceState ?? "");
        if (expires is { } end) WriteTime(writer, Fields.Expiration, end);
    }

    /// <summary>Copies the publisher's fields but for those that <see cref="WriteCommon"/> sets.</summary>
    private static HashSet<string> CopyFields(ReadOnlySpan<byte> envelope, Utf8JsonWriter writer, in PublishContext context, ref DateTimeOffset? expires)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        Utf8JsonReader reader = new(envelope);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) throw new JsonException("the body must be a JSON object");
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            if (name is "expiration" && reader.TokenType is JsonTokenType.String) expires ??= EventReader.Time(reader.GetString());
            reader.Skip();
            if (name is "pubsubname" or "topic" or "traceid" or "traceparent" or "tracestate" or "expiration") continue;
            if (name is "id" or "source" or "type" or "subject" && context.Override("cloudevent." + name) is not null) continue;
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

    /// <summary>Times are whole to 100 ns and in UTC: <c>2026-01-02T03:04:05.0000000Z</c>.</summary>
    private static void WriteTime(Utf8JsonWriter writer, JsonEncodedText name, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[32];
        time.UtcDateTime.TryFormat(text, out int length, "O", CultureInfo.InvariantCulture);
        writer.WriteString(name, text[..length]);
    }

    private static Scratch Rent()
    {
        Scratch scratch = _scratch ?? new Scratch();
        _scratch = null;
        return scratch;
    }

    /// <summary>A writer and its buffer, used again by the next envelope of the thread.</summary>
    private sealed class Scratch : IDisposable
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(1024);

        public Scratch() => Writer = new Utf8JsonWriter(_buffer, Options);

        public Utf8JsonWriter Writer { get; }

        public byte[] Take()
        {
            Writer.Flush();
            return _buffer.WrittenSpan.ToArray();
        }

        public void Dispose()
        {
            Writer.Reset();
            _buffer.ResetWrittenCount();
            if (_buffer.Capacity <= LargestKeptBuffer) _scratch = this;
        }
    }

    private static class Fields
    {
        public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
        public static readonly JsonEncodedText Source = JsonEncodedText.Encode("source");
        public static readonly JsonEncodedText SpecVersion = JsonEncodedText.Encode("specversion");
        public static readonly JsonEncodedText One = JsonEncodedText.Encode("1.0");
        public static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
        public static readonly JsonEncodedText DefaultType = JsonEncodedText.Encode(DefaultEventType);
        public static readonly JsonEncodedText Subject = JsonEncodedText.Encode("subject");
        public static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
        public static readonly JsonEncodedText Data = JsonEncodedText.Encode("data");
        public static readonly JsonEncodedText DataBase64 = JsonEncodedText.Encode("data_base64");
        public static readonly JsonEncodedText DataContentType = JsonEncodedText.Encode("datacontenttype");
        public static readonly JsonEncodedText PubSubName = JsonEncodedText.Encode("pubsubname");
        public static readonly JsonEncodedText Topic = JsonEncodedText.Encode("topic");
        public static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("traceid");
        public static readonly JsonEncodedText TraceParent = JsonEncodedText.Encode("traceparent");
        public static readonly JsonEncodedText TraceState = JsonEncodedText.Encode("tracestate");
        public static readonly JsonEncodedText Expiration = JsonEncodedText.Encode("expiration");
    }
}
