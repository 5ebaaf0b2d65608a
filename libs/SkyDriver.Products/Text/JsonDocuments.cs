using System.Text.Encodings.Web;
using System.Text.Json;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Text;

/// <summary>What the JSON products share.</summary>
internal static class JsonDocuments
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Action<Utf8JsonWriter> content)
    {
        using var file = new MemoryStream();
        using (var json = new Utf8JsonWriter(file, Options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        file.WriteByte((byte)'\n');
        return file.ToArray();
    }

    /// <summary>Rounded to a ten-thousandth of an arcsecond: more digits than that are noise.</summary>
    public static double Degrees(double radians) => Math.Round(Angles.ToDegrees(radians), 7);

    public static void WriteEvent(Utf8JsonWriter json, ScanProducts products)
    {
        if (products.Metadata is not { } metadata) return;
        json.WriteNumber("run_id", metadata.Event.RunId);
        json.WriteNumber("event_id", metadata.Event.EventId);
        json.WriteString("event_type", metadata.Event.EventType);
        if (double.IsFinite(metadata.Event.Mjd)) json.WriteNumber("mjd", metadata.Event.Mjd);
        json.WriteBoolean("is_real_event", metadata.Event.IsRealEvent);
        json.WriteBoolean("complete", metadata.Complete);
    }

    public static void WriteRegion(Utf8JsonWriter json, Region region, double probability)
    {
        json.WriteNumber("two_delta_llh", region.Limit);
        json.WriteNumber("area_deg2", Math.Round(region.SquareDegrees, 6));
        json.WriteNumber("probability_in_map", Math.Round(probability, 6));
        json.WriteNumber("ra_err_plus_deg", Math.Round(region.Errors.RaPlus, 6));
        json.WriteNumber("ra_err_minus_deg", Math.Round(region.Errors.RaMinus, 6));
        json.WriteNumber("dec_err_plus_deg", Math.Round(region.Errors.DecPlus, 6));
        json.WriteNumber("dec_err_minus_deg", Math.Round(region.Errors.DecMinus, 6));
        json.WriteNumber("equivalent_radius_deg", Math.Round(region.EquivalentRadius, 6));
        json.WriteNumber("lines", region.Lines.Count);
    }

    public static void WriteProvenance(Utf8JsonWriter json, Provenance made)
    {
        json.WriteStartObject("provenance");
        foreach ((string name, string value) in made.Facts) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
