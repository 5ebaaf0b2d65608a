using System.Collections.Concurrent;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests;

/// <summary>A likelihood that falls off as a Gaussian around one direction, scanned as the engine would: coarse everywhere, fine near the best.</summary>
internal static class SyntheticSky
{
    public const double SigmaDegrees = 1.0;

    private static readonly ConcurrentDictionary<string, SkyMap> Maps = new();
    private static readonly ConcurrentDictionary<string, SkyCells> Tiles = new();

    public static Vector3d Truth { get; } = SkyPoint.FromDegrees(138.6, 12.3).ToVector();

    /// <summary>−ln L: half the squared angle in units of σ, so that 2ΔlnL = (angle/σ)².</summary>
    public static double Llh(in Vector3d direction) => 1000 + (0.5 * Math.Pow(direction.AngleTo(Truth) * 180 / Math.PI / SigmaDegrees, 2));

    public static List<MapPixel> Pixels(int fineNside = 128, double fineRadiusDegrees = 6)
    {
        List<MapPixel> pixels = [];
        for (long ipix = 0; ipix < Healpix.PixelCount(8); ipix++) pixels.Add(new(8, ipix, Llh(Healpix.PixelToVector(8, ipix))));
        List<long> disc = [];
        Healpix.Disc(fineNside, Truth, fineRadiusDegrees * Math.PI / 180, disc);
        pixels.AddRange(disc.Select(ipix => new MapPixel(fineNside, ipix, Llh(Healpix.PixelToVector(fineNside, ipix)))));
        return pixels;
    }

    /// <summary>The same as a scan would hand it over, with its event.</summary>
    public static SkyScanResult Result(int fineNside = 128) => Result(Pixels(fineNside));

    public static SkyScanResult Result(IEnumerable<MapPixel> pixels)
    {
        ResultMetadata metadata = new(true, new(138632, 7, "track", 58933.4, IsRealEvent: false));
        return new([.. pixels.GroupBy(p => p.Nside).Select(group =>
        {
            MapPixel[] rows = [.. group.OrderBy(p => p.Ipix)];
            double[] llh = Array.ConvertAll(rows, p => p.Llh), other = Array.ConvertAll(rows, p => (double)p.Ipix);
            return new NsideResult(group.Key, 1, Array.ConvertAll(rows, p => p.Ipix), [llh, other, other, other, other, other, other], metadata);
        })]);
    }

    public static ScanProducts Products() => new(Result(), new("dummy") { Levels = LevelSet.Wilks });

    /// <summary>Any surface of 2ΔlnL, scanned coarsely everywhere and finely around its low parts.</summary>
    public static SkyMap Scanned(Func<Vector3d, double> twoDelta, int fineNside = 64, double below = 200) => new(Surface(twoDelta, fineNside, below));

    private static List<MapPixel> Surface(Func<Vector3d, double> twoDelta, int fineNside = 64, double below = 200)
    {
        List<MapPixel> pixels = [];
        for (long ipix = 0; ipix < Healpix.PixelCount(8); ipix++) pixels.Add(new(8, ipix, twoDelta(Healpix.PixelToVector(8, ipix)) / 2));
        for (long ipix = 0; ipix < Healpix.PixelCount(fineNside); ipix++)
        {
            double value = twoDelta(Healpix.PixelToVector(fineNside, ipix));
            if (value < below) pixels.Add(new(fineNside, ipix, value / 2));
        }

        return pixels;
    }

    /// <summary>2ΔlnL of a Gaussian of a width in degrees.</summary>
    public static double Hill(Vector3d at, double raDegrees, double decDegrees, double sigmaDegrees) =>
        Math.Pow(at.AngleTo(SkyPoint.FromDegrees(raDegrees, decDegrees).ToVector()) * 180 / Math.PI / sigmaDegrees, 2);

    /// <summary>Skies whose regions are awkward: on a pole, across right ascension 0 and 180°, in pieces, with a hole.</summary>
    public static SkyMap Awkward(string name) => Maps.GetOrAdd(name, n => new(AwkwardPixels(n)));

    /// <summary>Cells of one of these skies for the limits of Wilks.</summary>
    public static SkyCells Cells(string name) => Tiles.GetOrAdd(name, n => new(Awkward(n), 1.39, 4.61));

    public static List<MapPixel> AwkwardPixels(string name) => name switch
    {
        "plain" => Surface(v => Hill(v, 138.6, 12.3, 2)),
        "north pole" => Surface(v => Hill(v, 40, 88, 2)),
        "south pole" => Surface(v => Hill(v, 200, -90, 3)),
        "ra 0" => Surface(v => Hill(v, 0.5, 20, 2)),
        "ra 180" => Surface(v => Hill(v, 179.5, -30, 2)),
        "pieces" => Surface(v => Math.Min(Hill(v, 90, 10, 2), Math.Min(Hill(v, 100, 15, 2) + 0.3, Hill(v, 181, -40, 3) + 0.1))),
        "hole" => Surface(v => Math.Pow((v.AngleTo(SkyPoint.FromDegrees(178, -35).ToVector()) * 180 / Math.PI) - 8, 2) / 2.25),
        "hole on the pole" => Surface(v => Math.Pow((v.AngleTo(SkyPoint.FromDegrees(0, 90).ToVector()) * 180 / Math.PI) - 8, 2) / 2.25),
        "all but a hole" => Surface(v => v.AngleTo(SkyPoint.FromDegrees(100, -20).ToVector()) < 0.3 ? 30 : 0.01 * v.Z + 0.01, below: 1000),
        "all but holes" => Surface(v => v.AngleTo(SkyPoint.FromDegrees(180, -20).ToVector()) < 0.3 || v.AngleTo(SkyPoint.FromDegrees(30, 85).ToVector()) < 0.3 ? 30 : 0.01 * v.Z + 0.01, below: 1000),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
