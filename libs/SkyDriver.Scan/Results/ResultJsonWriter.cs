using System.Buffers;

namespace SkyDriver.Scan;

public sealed partial class SkyScanResult
{
    internal const string NanText = "<skyreader.nan>";

    /// <summary>Writes the JSON form.</summary>
    /// <param name="indented">True for files: indented by four, byte for byte as the reference writes them. False for the wire.</param>
    public void WriteJson(IBufferWriter<byte> target, bool indented = false)
    {
        var json = new PythonJson(target, indented);
        json.Begin('{');
        foreach (NsideResult nside in Nsides)
        {
            json.Name($"nside-{nside.Nside}");
            json.Begin('{');
            WriteTable(json, nside);
            WriteMetadata(json, nside);
            json.End('}');
        }

        json.End('}');
    }

    public byte[] ToJson(bool indented = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WriteJson(buffer, indented);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTable(PythonJson json, NsideResult nside)
    {
        json.Name("columns");
        json.Begin('[');
        foreach (string column in PixelColumns.Of(nside.Version)!) json.Value(column);
        json.End(']');
        json.Name("data");
        json.Begin('[');
        for (int row = 0; row < nside.Count; row++)
        {
            json.Begin('[');
            json.Value(nside.Index.Span[row]);
            for (int column = 0; column < nside.Columns.Count; column++) WriteFloat(json, nside.Columns[column].Span[row]);
            json.End(']');
        }

        json.End(']');
    }

    private static void WriteMetadata(PythonJson json, NsideResult nside)
    {
        json.Name("metadata");
        json.Begin('{');
        if (nside.Metadata is { Event: var ev } metadata)
        {
            json.Name("nside");
            json.Value(nside.Nside);
            json.Name("complete");
            json.Value(metadata.Complete);
            json.Name("run_id");
            json.Value(ev.RunId);
            json.Name("event_id");
            json.Value(ev.EventId);
            json.Name("event_type");
            json.Value(ev.EventType);
            json.Name("mjd");
            WriteFloat(json, ev.Mjd);
            json.Name("is_real_event");
            json.Value(ev.IsRealEvent);
            json.Name("version");
            json.Value(ev.Version);
        }

        json.End('}');
    }

    private static void WriteFloat(PythonJson json, double value)
    {
        if (double.IsFinite(value)) json.Value(value);
        else json.Value(NanText);
    }
}
