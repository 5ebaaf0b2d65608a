using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Coverage;

/// <summary>The error of a direction as the curvature at its minimum tells it, place and time free.</summary>
/// <param name="Major">rad, one standard deviation along the long axis; NaN where the curvature is not that of a minimum.</param>
/// <param name="Minor">rad, along the short axis.</param>
/// <param name="Tilt">rad, of the long axis from the horizontal tangent.</param>
internal readonly record struct ErrorEllipse(double Major, double Minor, double Tilt)
{
    /// <summary>m; about half an error of a good event.</summary>
    private const double Step = 0.5;

    public static ErrorEllipse At(FreeTrack free, in FreeFit fit)
    {
        double[,] curvature = free.Curvature(fit, Step);
        // Eliminating place and time leaves the curvature of the profile in the two turns.
        for (int k = 4; k >= 2; k--)
        {
            if (!(curvature[k, k] > 0)) return new(double.NaN, double.NaN, 0);
            for (int i = 0; i < k; i++)
                for (int j = 0; j < k; j++) curvature[i, j] -= curvature[i, k] * curvature[k, j] / curvature[k, k];
        }

        double mean = (curvature[0, 0] + curvature[1, 1]) / 2, half = (curvature[0, 0] - curvature[1, 1]) / 2, mixed = curvature[0, 1];
        double spread = Math.Sqrt(half * half + mixed * mixed);
        if (!(mean > spread)) return new(double.NaN, double.NaN, 0);
        // The long axis is where the curvature is least, at right angles to where it is greatest.
        double tilt = Elementary.Atan2(mixed, half) / 2 + Math.PI / 2;
        return new(1 / (FreeTrack.Lever * Math.Sqrt(mean - spread)), 1 / (FreeTrack.Lever * Math.Sqrt(mean + spread)), tilt);
    }

    /// <summary>rad along the long and the short axis from the ellipse's centre to another direction near it.</summary>
    public (double Along, double Across) Components(LocalDirection centre, LocalDirection other)
    {
        var (first, second) = FreeTrack.Tangents(centre);
        // Both are directions of travel's tangents; sources lie opposite.
        Vector3d difference = -(other.ToVector() - centre.ToVector());
        double a = difference.Dot(first), b = difference.Dot(second);
        var (sin, cos) = Elementary.SinCos(Tilt);
        return (a * cos + b * sin, b * cos - a * sin);
    }
}
