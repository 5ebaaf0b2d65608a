using System.Globalization;
using System.Security.Cryptography;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products;

/// <summary>What is known about a result beside its pixels.</summary>
/// <param name="RecoAlgo">Reconstruction that made it; empty when it is not known.</param>
public sealed record ProductSettings(string RecoAlgo)
{
    /// <summary>Null for what is customary for the event.</summary>
    public LevelSet? Levels { get; init; }

    public Palette Palette { get; init; } = Palette.Plasma;

    /// <summary>The scan's settings in words; null for the nsides that the result has.</summary>
    public string? Settings { get; init; }

    /// <summary>Hexadecimal; null when the event is not at hand.</summary>
    public string? EventSha256 { get; init; }

    /// <summary>Order of the pixels in flat files: NESTED instead of RING.</summary>
    public bool Nested { get; init; }
}

/// <summary>What a scan says: one map, one set of limits, and from these the regions, areas, errors and probabilities. Every file is made
/// of them, so files agree.</summary>
public sealed class ScanProducts
{
    /// <summary>In a steradian.</summary>
    private const double SquareDegrees = 180 * 180 / (Math.PI * Math.PI);

    private readonly Lazy<(Scene Sky, Scene Zoom, string Title)> _drawings;

    /// <exception cref="ArgumentException">No fit of the result succeeded.</exception>
    public ScanProducts(SkyScanResult result, ProductSettings settings)
    {
        (Result, Settings) = (result, settings);
        _drawings = new(Draw);
        Map = new(Pixels(result));
        Levels = settings.Levels ?? LevelSet.Default(Metadata?.Event.IsRealEvent ?? true, settings.RecoAlgo);
        SkyCells sky = new(Map, Levels.Delta50, Levels.Delta90);
        Fifty = Region.Find(Map, sky, 50, Levels.Delta50);
        Ninety = Region.Find(Map, sky, 90, Levels.Delta90);
        Probability = new(sky, Levels);
        string nsides = string.Join(' ', result.Nsides.OrderBy(n => n.Nside).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Nside}:{n.Count}")));
        Provenance = new(settings.RecoAlgo, settings.Settings ?? $"pixels by nside {nsides}", settings.EventSha256, Hash(result), Levels, Probability.Rule, Caution);
    }

    public SkyScanResult Result { get; }

    public ProductSettings Settings { get; }

    /// <summary>Null for files that do not say which event they are of.</summary>
    public ResultMetadata? Metadata => Result.Metadata;

    public SkyMap Map { get; }

    public LevelSet Levels { get; }

    public Region Fifty { get; }

    public Region Ninety { get; }

    public ProbabilityMap Probability { get; }

    public Provenance Provenance { get; }

    /// <summary>Why the regions must not be believed as they stand, for people; null when nothing is known against them.</summary>
    public string? Caution
    {
        get
        {
            double pixel = Healpix.PixelArea(Map.Best.Nside) * SquareDegrees;
            return Ninety.SquareDegrees >= pixel ? null : string.Create(
                CultureInfo.InvariantCulture, $"the 90 % region is smaller than one pixel of nside {Map.Best.Nside} ({pixel:0.0000} deg2): it shows how coarse the scan is; scan finer");
        }
    }

    /// <summary>Drawn once, for all formats of pictures.</summary>
    internal (Scene Sky, Scene Zoom, string Title) Drawings => _drawings.Value;

    public SkyPoint BestFit => SkyPoint.FromVector(Map.BestDirection);

    /// <summary>The name that all files begin with.</summary>
    public string Stem => Metadata is null ? "result_" + string.Join('_', Result.Nsides.Select(n => n.Nside).Order()) : Result.FileName("");

    /// <summary>Makes files of the given kinds, each when it is asked for: together they are larger than any of them.</summary>
    public IEnumerable<ProductFile> Make(IEnumerable<ProductKind> kinds) => kinds.Where(kind => Metadata is not null || !kind.NeedsEvent).SelectMany(kind => kind.Make(this));

    private (Scene Sky, Scene Zoom, string Title) Draw()
    {
        PlotText text = PlotText.Of(this);
        return (FullSkyPlot.Draw(Map, Levels, Ninety, text, Settings.Palette), ZoomPlot.Draw(Map, Levels, Fifty, Ninety, text, Settings.Palette), $"{text.Title}, {text.Subtitle}");
    }

    private static IEnumerable<MapPixel> Pixels(SkyScanResult result)
    {
        foreach (NsideResult nside in result.Nsides)
        {
            for (int row = 0; row < nside.Count; row++) yield return new(nside.Nside, nside.Index.Span[row], nside.Llh.Span[row]);
        }
    }

    // The .npz form; of a result that names no event, the JSON form.
    private static string Hash(SkyScanResult result) => Convert.ToHexStringLower(SHA256.HashData(result.Metadata is null ? result.ToJson() : result.ToNpz()));
}
