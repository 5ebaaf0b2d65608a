using System.Runtime.InteropServices;

namespace SkyDriver.Scan;

/// <summary>The best variation of a pixel so far: one cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct PixelFit(double Llh, double EIn, double ETot, double X, double Y, double Z, double T, double Energy)
{
    /// <summary>Numbers that are not finite are NaN from here on: an infinite llh must not win, and no reader of results knows infinities.</summary>
    public static PixelFit From(in RecoRecord reco) => new(
        Finite(reco.Llh), Finite(reco.EIn), Finite(reco.ETot), Finite(reco.X), Finite(reco.Y), Finite(reco.Z), Finite(reco.T), Finite(reco.Energy));

    public static PixelFit Failed { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>Smaller llh, then smaller variation; NaN after every number. Independent of the order of arrival.</summary>
    public static bool Better(double llh, int posvar, double thanLlh, int thanPosvar) =>
        llh < thanLlh || (double.IsNaN(thanLlh) && !double.IsNaN(llh))
        || (posvar < thanPosvar && (llh == thanLlh || (double.IsNaN(llh) && double.IsNaN(thanLlh))));

    private static double Finite(double value) => double.IsFinite(value) ? value : double.NaN;
}
