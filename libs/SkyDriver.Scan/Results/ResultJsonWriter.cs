using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SkyDriver.Scan;

public sealed partial class SkyScanResult
{
    internal const string NanText = "<skyreader.nan>";

    // The relaxed encoder leaves "<" alone, as the reference does.
    private static readonly JsonWriterOptions FileForm = new()
    {
        Indented = true,
        IndentSize = 4,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions WireForm = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the JSON form, UTF-8.</summary>
    /// <param name="indented">True for files: indented by four, byte for byte as the reference writes them. False for the wire.</param>
    public void WriteJson(IBufferWriter<byte> target, bool indented = false)
    {
        using var json = new Utf8JsonWriter(target, indented ? FileForm : WireForm);
        json.WriteStartObject();
        foreach (NsideResult nside in Nsides)
        {
            json.WriteStartObject($"nside-{nside.Nside}");
            WriteTable(json, nside);
            WriteMetadata(json, nside);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public byte[] ToJson(bool indented = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WriteJson(buffer, indented);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTable(Utf8JsonWriter json, NsideResult nside)
    {
        json.WriteStartArray("columns");
        foreach (string column in PixelColumns.Of(nside.Version)!) json.WriteStringValue(column);
        json.WriteEndArray();
        json.WriteStartArray("data");
        for (int row = 0; row < nside.Count; row++)
        {
            json.WriteStartArray();
            json.WriteNumberValue(nside.Index.Span[row]);
            for (int column = 0; column < nside.Columns.Count; column++) WriteFloat(json, nside.Columns[column].Span[row]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, NsideResult nside)
    {
        json.WriteStartObject("metadata");
        if (nside.Metadata is { Event: var ev } metadata)
        {
            json.WriteNumber("nside", nside.Nside);
            json.WriteBoolean("complete", metadata.Complete);
            json.WriteNumber("run_id", ev.RunId);
            json.WriteNumber("event_id", ev.EventId);
            json.WriteString("event_type", ev.EventType);
            json.WritePropertyName("mjd");
            WriteFloat(json, ev.Mjd);
            json.WriteBoolean("is_real_event", ev.IsRealEvent);
            json.WriteNumber("version", ev.Version);
        }

        json.WriteEndObject();
    }

    private static void WriteFloat(Utf8JsonWriter json, double value)
    {
        if (!double.IsFinite(value))
        {
            json.WriteStringValue(NanText);
            return;
        }

        Span<byte> text = stackalloc byte[32];
        json.WriteRawValue(text[..PythonText.Float(value, text)], skipInputValidation: true);
    }
}
