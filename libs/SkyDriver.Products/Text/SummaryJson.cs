using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Text;

/// <summary>The numbers that people and scripts ask for, in one small document.</summary>
public static class SummaryJson
{
    public static byte[] Write(ScanProducts products) => JsonDocuments.Write(json =>
    {
        JsonDocuments.WriteEvent(json, products);
        SkyPoint best = products.BestFit;
        json.WriteStartObject("best_fit");
        json.WriteNumber("ra_deg", JsonDocuments.Degrees(best.RightAscension));
        json.WriteNumber("dec_deg", JsonDocuments.Degrees(best.Declination));
        json.WriteNumber("llh", products.Map.Best.Llh);
        json.WriteNumber("nside", products.Map.Best.Nside);
        json.WriteNumber("pixel", products.Map.Best.Ipix);
        json.WriteEndObject();
        json.WriteString("levels", products.Levels.Name);
        json.WriteStartObject("regions");
        foreach ((Region region, double probability) in new[] { (products.Fifty, products.Probability.InFifty), (products.Ninety, products.Probability.InNinety) })
        {
            json.WriteStartObject(region.Percent.ToString(System.Globalization.CultureInfo.InvariantCulture));
            JsonDocuments.WriteRegion(json, region, probability);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteNumber("pixels", products.Map.Pixels);
        json.WriteNumber("failed_pixels", products.Map.Failed);
        JsonDocuments.WriteProvenance(json, products.Provenance);
    });
}
