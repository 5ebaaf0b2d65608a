using System.Globalization;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products.Fits;

/// <summary>Cards that every map file has: the event, the best fit with its regions, and with what it was made.</summary>
internal static class MapCards
{
    public static void AddAll(FitsHeader header, ScanProducts products)
    {
        AddEvent(header, products.Metadata);
        AddRegions(header, products);
        AddProvenance(header, products.Provenance);
    }

    public static void AddEvent(FitsHeader header, ResultMetadata? metadata)
    {
        if (metadata is not { Event: var what }) return;
        header.Add("RUNID", what.RunId, "run of the detector").Add("EVENTID", what.EventId, "event in the run").Add("SENDER", "SkyDriver.Dapr", "")
            .Add("I3TYPE", what.EventType.Length == 0 ? "None" : what.EventType, "kind of event")
            .Add("REALEVT", what.IsRealEvent, "F: a simulated event").Add("COMPLETE", metadata.Complete, "F: the scan was not finished")
            .Add("PIXVERS", what.Version, "version of the pixel format");
        if (!double.IsFinite(what.Mjd)) return;
        header.Add("DATE-OBS", UtcText(what.Mjd), "UTC").Add("MJD-OBS", what.Mjd, "UTC").Add("TIMESYS", "UTC", "");
    }

    /// <summary>ISO 8601, microseconds, without a zone's letter.</summary>
    public static string UtcText(double mjd) =>
        new DateTime(1858, 11, 17, 0, 0, 0, DateTimeKind.Utc).AddTicks((long)Math.Round(mjd * TimeSpan.TicksPerDay / 10) * 10).ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private static void AddRegions(FitsHeader header, ScanProducts products)
    {
        SkyPoint best = products.BestFit;
        header.Add("RADESYS", "ICRS", "").Add("RA", Round(Angles.ToDegrees(best.RightAscension)), "best fit, deg").Add("DEC", Round(Angles.ToDegrees(best.Declination)), "best fit, deg")
            .Add("BESTLLH", products.Map.Best.Llh, "-ln L at the best fit");
        foreach (Region region in new[] { products.Fifty, products.Ninety })
        {
            string p = region.Percent.ToString(CultureInfo.InvariantCulture);
            header.Add("RA_ERR_PLUS_" + p, Round(region.Errors.RaPlus), "deg").Add("RA_ERR_MINUS_" + p, Round(region.Errors.RaMinus), "deg")
                .Add("DEC_ERR_PLUS_" + p, Round(region.Errors.DecPlus), "deg").Add("DEC_ERR_MINUS_" + p, Round(region.Errors.DecMinus), "deg")
                .Add("CONTOUR_AREA_" + p, Round(region.SquareDegrees), "deg2");
        }
    }

    private static void AddProvenance(FitsHeader header, Provenance made)
    {
        header.Add("CREATOR", Provenance.Program, "").Add("RECOALGO", made.RecoAlgo, "reconstruction")
            .Add("LEVELS", made.Levels.Name, "set of limits of the regions").Add("LEVEL_50", made.Levels.Delta50, "2 dlnL").Add("LEVEL_90", made.Levels.Delta90, "2 dlnL")
            .Add("RESULTID", made.ResultSha256, "");
        if (made.EventSha256 is { } hash) header.Add("EVTHASH", hash, "");
        header.AddHistory("Made with:");
        foreach ((string name, string value) in made.Facts) header.AddHistory($"{name}: {value}");
    }

    private static double Round(double value) => Math.Round(value, 6);
}
