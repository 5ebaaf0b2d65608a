using System.Text.Json;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Text;

/// <summary>The regions and the best fit as GeoJSON (RFC 7946): longitude is right ascension from −180 to 180°, latitude declination, ICRS.</summary>
internal static class ContourGeoJson
{
    private const int Decimals = 6;

    public static byte[] Write(ScanProducts products) => JsonDocuments.Write(json =>
    {
        json.WriteString("type", "FeatureCollection");
        json.WriteString("note", "Coordinates are right ascension, wrapped to -180..180, and declination; degrees, ICRS.");
        JsonDocuments.WriteEvent(json, products);
        JsonDocuments.WriteProvenance(json, products.Provenance);
        json.WriteStartArray("features");
        WriteRegion(json, products, products.Ninety, products.Probability.InNinety);
        WriteRegion(json, products, products.Fifty, products.Probability.InFifty);
        WriteBest(json, products);
        json.WriteEndArray();
    });

    private static void WriteRegion(Utf8JsonWriter json, ScanProducts products, Region region, double probability)
    {
        bool holdsCut = products.Map.Value(new Vector3d(-1, 0, 0)) <= region.Limit;
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteStartObject("properties");
        json.WriteNumber("percent", region.Percent);
        json.WriteString("levels", products.Levels.Name);
        JsonDocuments.WriteRegion(json, region, probability);
        json.WriteEndObject();
        json.WriteStartObject("geometry");
        json.WriteString("type", "MultiPolygon");
        json.WriteStartArray("coordinates");
        foreach (PlanePolygon polygon in PlanePolygons.Of(region, holdsCut))
        {
            json.WriteStartArray();
            WriteRing(json, polygon.Outer);
            foreach (var hole in polygon.Holes) WriteRing(json, hole);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRing(Utf8JsonWriter json, IReadOnlyList<(double Lon, double Lat)> ring)
    {
        json.WriteStartArray();
        foreach ((double lon, double lat) in ring.Append(ring[0])) WritePoint(json, lon, lat);
        json.WriteEndArray();
    }

    private static void WriteBest(Utf8JsonWriter json, ScanProducts products)
    {
        SkyPoint best = products.BestFit;
        double ra = Angles.ToDegrees(best.RightAscension);
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteStartObject("properties");
        json.WriteString("name", "best fit");
        json.WriteNumber("llh", products.Map.Best.Llh);
        json.WriteEndObject();
        json.WriteStartObject("geometry");
        json.WriteString("type", "Point");
        json.WritePropertyName("coordinates");
        WritePoint(json, ra > 180 ? ra - 360 : ra, Angles.ToDegrees(best.Declination));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // One line a point: the file stays readable, and half as long.
    private static void WritePoint(Utf8JsonWriter json, double lon, double lat) =>
        json.WriteRawValue(FormattableString.Invariant($"[{Math.Round(lon, Decimals)}, {Math.Round(lat, Decimals)}]"));
}
