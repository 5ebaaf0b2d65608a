using System.Globalization;
using System.Text;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Scan;

namespace SkyDriver.Products;

/// <summary>One file made from a result.</summary>
/// <param name="Name">Without folder.</param>
public sealed record ProductFile(string Name, byte[] Content)
{
    public bool IsPicture => Name.EndsWith(".svg", StringComparison.Ordinal) || Name.EndsWith(".png", StringComparison.Ordinal);
}

/// <summary>What a finished scan says, and the files that say it: all from one map and one set of limits, so they agree.</summary>
public sealed record ScanProducts(SkyMap Map, LevelSet Levels, double AreaFifty, double AreaNinety, IReadOnlyList<ProductFile> Files)
{
    private const double PixelsPerUnit = 2;     // of the PNG: sharp on today's screens

    /// <param name="recoAlgo">Named on the plots; chooses the simulated limits.</param>
    /// <param name="levels">Null for what is customary for the event.</param>
    /// <exception cref="ArgumentException">No fit of the result succeeded.</exception>
    public static ScanProducts Make(SkyScanResult result, string recoAlgo, LevelSet? levels = null)
    {
        SkyMap map = new(Pixels(result));
        EventMetadata? what = result.Metadata?.Event;
        LevelSet limits = levels ?? LevelSet.Default(what?.IsRealEvent ?? true, recoAlgo);
        double fifty = RegionArea.SquareDegrees(map, limits.Delta50), ninety = RegionArea.SquareDegrees(map, limits.Delta90);
        PlotText text = Text(result, recoAlgo);
        string stem = what is null ? "result_" + string.Join('_', result.Nsides.Select(n => n.Nside).Order()) : result.FileName("");
        Scene sky = FullSkyPlot.Draw(map, limits, text), zoom = ZoomPlot.Draw(map, limits, fifty, ninety, text);
        List<ProductFile> files = [];
        if (what is not null)
        {
            files.Add(new(result.FileName(".npz"), result.ToNpz()));
            files.Add(new(result.FileName(".json"), result.ToJson(indented: true)));
        }

        foreach ((string kind, Scene scene) in new[] { ("sky", sky), ("zoom", zoom) })
        {
            files.Add(new($"{stem}.{kind}.svg", Encoding.UTF8.GetBytes(SvgWriter.Write(scene, $"{text.Title}, {text.Subtitle}"))));
            files.Add(new($"{stem}.{kind}.png", PngWriter.Write(scene, PixelsPerUnit)));
        }

        return new(map, limits, fifty, ninety, files);
    }

    private static IEnumerable<MapPixel> Pixels(SkyScanResult result)
    {
        foreach (NsideResult nside in result.Nsides)
        {
            for (int row = 0; row < nside.Count; row++) yield return new(nside.Nside, nside.Index.Span[row], nside.Llh.Span[row]);
        }
    }

    private static PlotText Text(SkyScanResult result, string recoAlgo)
    {
        string nsides = string.Join(" > ", result.Nsides.Select(n => n.Nside).Order());
        string partial = result.Metadata is { Complete: false } ? ", PARTIAL RESULT" : "";
        string subtitle = string.Create(CultureInfo.InvariantCulture, $"{recoAlgo}, nside {nsides}, {result.PixelCount} pixels{partial}");
        return result.Metadata?.Event is { } what
            ? new(string.Create(CultureInfo.InvariantCulture, $"Run {what.RunId}  Event {what.EventId}  {Kind(what)}  MJD {what.Mjd:0.0000}"), subtitle)
            : new("event not named in the file", subtitle);
    }

    private static string Kind(EventMetadata what) => what.IsRealEvent ? what.EventType.Length == 0 ? "" : $"Type {what.EventType}" : "SIMULATED";
}
