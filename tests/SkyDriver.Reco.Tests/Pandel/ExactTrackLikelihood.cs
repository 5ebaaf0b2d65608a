using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Pandel;

/// <summary>The likelihood written out module by module from the formulas, without tables and vectors: what the kernels are compared with.</summary>
internal static class ExactTrackLikelihood
{
    public static double Evaluate(IReadOnlyList<ModuleHits> hits, TrackFrame frame, double u, double v, double s, double sigma, double chargeCap) =>
        -hits.Sum(hit => LnTerm(hit, frame, u, v, s, sigma, chargeCap));

    private static double LnTerm(ModuleHits hit, TrackFrame frame, double u, double v, double s, double sigma, double chargeCap)
    {
        double d1 = frame.First(hit.X, hit.Y) - u, d2 = frame.Second(hit.X, hit.Y, hit.Z) - v, d = Math.Sqrt(d1 * d1 + d2 * d2 + 1);
        double arrival = (frame.Along(hit.X, hit.Y, hit.Z) + BulkIce.CherenkovDelay * d + s) / BulkIce.SpeedOfLight;
        double eta = BulkIce.CosCherenkov * frame.Pz + BulkIce.SinCherenkov * d2 * frame.E2Z / d;
        double xi = (BulkIce.EffectiveOffset(eta) + BulkIce.EffectiveSlope * d) / BulkIce.ScatteringLength;
        double photons = Math.Max(1, Math.Min(hit.Charge, chargeCap));
        PandelPoint point = ConvolutedPandel.Evaluate(xi, hit.FirstTime - arrival, sigma);
        double ln = Math.Log(photons) + point.LnDensity + (photons - 1) * point.LnSurvival;
        return Math.Log(0.999 * Math.Exp(ln) + 0.001 / 6000);
    }
}
