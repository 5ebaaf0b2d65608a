using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests;

/// <summary>A likelihood that falls off as a Gaussian around one direction, scanned as the engine would: coarse everywhere, fine near the best.</summary>
internal static class SyntheticSky
{
    public const double SigmaDegrees = 1.0;

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
}
