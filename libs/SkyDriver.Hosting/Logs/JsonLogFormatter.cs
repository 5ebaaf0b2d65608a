using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace SkyDriver.Hosting.Logs;

/// <summary>One JSON object a line, for machines that collect logs; docs/observability.md lists its members.</summary>
/// <remarks>What a message is about stands in <c>fields</c>; only the scan, which people ask for most, has a member of its own.</remarks>
internal sealed class JsonLogFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "skydriver-json";

    /// <summary>How messages and scopes call the id of a scan.</summary>
    public const string ScanField = "Scan";

    private const string Template = "{OriginalFormat}";
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output)
    {
        string message = entry.Formatter(entry.State, entry.Exception);
        ArrayBufferWriter<byte> line = new(512);
        using (Utf8JsonWriter writer = new(line, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("time", clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("level", entry.LogLevel.ToString().ToLowerInvariant());
            writer.WriteString("category", entry.Category);
            writer.WriteString("message", message);
            if (Activity.Current is { } activity)
            {
                writer.WriteString("trace_id", activity.TraceId.ToHexString());
                writer.WriteString("span_id", activity.SpanId.ToHexString());
            }

            WriteFields(writer, entry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? [], scopes);
            if (entry.Exception is { } exception) writer.WriteString("exception", exception.ToString());
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
    }

    private static void WriteFields(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, object?>> state, IExternalScopeProvider? scopes)
    {
        // A message knows better than the scope around it.
        object? scan = state.FirstOrDefault(f => f.Key == ScanField).Value;
        scopes?.ForEachScope((scope, _) => scan ??= (scope as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(f => f.Key == ScanField).Value, 0);
        if (scan is not null) writer.WriteString("scan_id", Text(scan));
        bool begun = false;
        foreach ((string name, object? value) in state)
        {
            if (name is Template or ScanField || value is null) continue;
            if (!begun) writer.WriteStartObject("fields");
            begun = true;
            WriteField(writer, JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value);
        }

        if (begun) writer.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case int or long or short or byte: writer.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case double number when double.IsFinite(number): writer.WriteNumber(name, number); break;
            case bool truth: writer.WriteBoolean(name, truth); break;
            default: writer.WriteString(name, Text(value)); break;
        }
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
