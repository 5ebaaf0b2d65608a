using SkyDriver.Sky;

namespace SkyDriver.Reco.Pandel;

/// <summary>The grid that searches of the whole sky begin with: 192 pixels of 15 degrees, in local angles.</summary>
internal static class CoarseSky
{
    public const int Nside = 4;

    /// <summary>Fits of all pixels, the best first; without those that failed.</summary>
    public static IReadOnlyList<(LocalDirection Direction, RecoFit Fit)> Fits(Func<LocalDirection, RecoFit> fit)
    {
        var pixels = new List<(LocalDirection Direction, RecoFit Fit)>();
        for (long ipix = 0; ipix < Healpix.PixelCount(Nside); ipix++)
        {
            Healpix.PixelToAngle(Nside, ipix, out double zenith, out double azimuth);
            LocalDirection direction = new(zenith, azimuth);
            RecoFit found = fit(direction);
            if (found.Failure is null) pixels.Add((direction, found));
        }

        return [.. pixels.OrderBy(pixel => pixel.Fit.Llh)];
    }
}
