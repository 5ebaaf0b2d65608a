using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

/// <summary>Fits with the direction free, to find the minima that published fits can be compared with.</summary>
internal static class FreeDirection
{
    /// <summary>Minimum reached from a fit at fixed direction.</summary>
    public static FreeFit Minimise(IReadOnlyList<ModuleHits> hits, TrackModel model, LocalDirection start, RecoFit fit) =>
        new FreeTrack(new TrackLikelihood(hits, model)).Minimise(start, new Vector3d(fit.X, fit.Y, fit.Z), fit.Time);

    /// <summary>Centre of a pixel of a grid in local angles.</summary>
    public static LocalDirection Centre(int nside, long ipix)
    {
        Healpix.PixelToAngle(nside, ipix, out double theta, out double phi);
        return new LocalDirection(theta, phi);
    }

    /// <summary>rad.</summary>
    public static double Separation(LocalDirection a, LocalDirection b) => a.ToVector().AngleTo(b.ToVector());
}
