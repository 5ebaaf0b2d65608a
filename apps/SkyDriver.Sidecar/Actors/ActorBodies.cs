using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SkyDriver.Sidecar.Actors;

/// <summary>JSON bodies of the actor API, in both directions. Values of the app pass through as the bytes they came in.</summary>
internal static class ActorBodies
{
    /// <summary>The body of a fired reminder. Due time and period are empty, as daprd sends them since its scheduler keeps reminders.</summary>
    public static byte[] Reminder(ReadOnlyMemory<byte> data) => Write(json =>
    {
        WriteData(json, data);
        json.WriteString("dueTime", "");
        json.WriteString("period", "");
    });

    /// <summary>The body of a fired timer.</summary>
    public static byte[] Timer(ScheduleRequest timer) => Write(json =>
    {
        json.WriteString("callback", timer.Callback ?? "");
        WriteData(json, timer.Data);
        json.WriteString("dueTime", timer.DueTime ?? "");
        json.WriteString("period", timer.Period ?? "");
    });

    /// <summary>The answer to a query for a reminder.</summary>
    public static byte[] Describe(ReminderRecord record) => Write(json =>
    {
        json.WriteString("actorType", record.ActorType);
        json.WriteString("actorID", record.ActorId);
        json.WriteString("dueTime", DueText(record));
        json.WriteString("period", PeriodText(record));
        WriteData(json, record.Data.Memory);
        json.WriteString("ttl", record.Ttl);
    });

    public static string DueText(ReminderRecord record) => Rfc3339(record.Due.ToDateTimeOffset());

    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    public static string PeriodText(ReminderRecord record) => record.Period is { } period ? "@every " + TimeGrammar.FormatGo(period.ToTimeSpan()) : "";

    /// <summary>The body of a registration.</summary>
    /// <exception cref="JsonException">Not a JSON object of that shape.</exception>
    public static ScheduleRequest ReadSchedule(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = RequireObject(document.RootElement);
        return new ScheduleRequest
        {
            DueTime = Text(root, "dueTime"),
            Period = Text(root, "period"),
            Ttl = Text(root, "ttl"),
            Callback = Text(root, "callback"),
            Data = root.TryGetProperty("data", out var data) && data.ValueKind != JsonValueKind.Null ? Raw(data) : default(ReadOnlyMemory<byte>),
            Overwrite = !root.TryGetProperty("overwrite", out var overwrite) || overwrite.ValueKind != JsonValueKind.False,
            FailurePolicy = root.TryGetProperty("failurePolicy", out var policy) && policy.ValueKind == JsonValueKind.Object ? ReadPolicy(policy) : null,
        };
    }

    /// <summary>The body of a state transaction.</summary>
    /// <exception cref="JsonException">Not a JSON array of operations.</exception>
    public static IReadOnlyList<ActorStateChange> ReadChanges(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Array) throw new JsonException("an array of operations is expected");
        List<ActorStateChange> changes = new(document.RootElement.GetArrayLength());
        foreach (var item in document.RootElement.EnumerateArray()) changes.Add(ReadChange(RequireObject(item)));
        return changes;
    }

    /// <summary>Seconds to live from the metadata of a write; null for none.</summary>
    /// <exception cref="JsonException">Not a positive whole number.</exception>
    public static TimeSpan? TimeToLive(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : throw new JsonException($"ttlInSeconds '{text}' is no positive number of seconds");
    }

    private static ActorStateChange ReadChange(JsonElement item)
    {
        string? operation = Text(item, "operation");
        if (!item.TryGetProperty("request", out var request)) throw new JsonException("an operation without 'request'");
        RequireObject(request);
        string key = Text(request, "key") is { Length: > 0 } k ? k : throw new JsonException("an operation without 'key'");
        switch (operation)
        {
            case "delete":
                return new ActorStateChange(key, null);
            case "upsert":
                byte[] value = request.TryGetProperty("value", out var v) ? Raw(v) : "null"u8.ToArray();
                return new ActorStateChange(key, value, ReadTimeToLive(request));
            default:
                throw new JsonException($"operation '{operation}' is neither upsert nor delete");
        }
    }

    private static TimeSpan? ReadTimeToLive(JsonElement request) =>
        request.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("ttlInSeconds", out var ttl)
            ? TimeToLive(ttl.ValueKind == JsonValueKind.String ? ttl.GetString() : ttl.GetRawText())
            : null;

    private static FailurePolicy ReadPolicy(JsonElement policy)
    {
        if (policy.TryGetProperty("drop", out _)) return new FailurePolicy(true, TimeSpan.Zero, 0);
        if (!policy.TryGetProperty("constant", out var constant)) return FailurePolicy.Default;
        var interval = Text(constant, "interval") is { Length: > 0 } text
            ? TimeGrammar.TryParseGo(text, out var span) ? span : throw new FormatException($"failurePolicy: '{text}' is no duration.")
            : FailurePolicy.Default.Interval;
        return new FailurePolicy(false, interval, constant.TryGetProperty("maxRetries", out var max) && max.TryGetUInt32(out uint n) ? n : null);
    }

    private static byte[] Raw(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).ToArray();

    private static JsonElement RequireObject(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? element : throw new JsonException($"an object is expected, not {element.ValueKind}");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void WriteData(Utf8JsonWriter json, ReadOnlyMemory<byte> data)
    {
        json.WritePropertyName("data");
        if (data.IsEmpty) json.WriteNullValue();
        else json.WriteRawValue(data.Span, skipInputValidation: true);
    }

    private static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
