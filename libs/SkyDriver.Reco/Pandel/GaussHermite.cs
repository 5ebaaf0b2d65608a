using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>Points and weights for the mean over a standard Gaussian: E[g(Z)] = Σ weight · g(point), exact for polynomials up to degree 63.</summary>
internal static class GaussHermite
{
    private const int Order = 32;

    /// <summary>Below this a point adds nothing to a double.</summary>
    private const double LeastWeight = 1e-19;

    static GaussHermite()
    {
        var points = new List<double>();
        var lnWeights = new List<double>();
        foreach (double start in StartingRoots())
        {
            var (root, slope) = Polish(start);
            // Weight for exp(-x²) is 2/slope² with orthonormal polynomials; √2 and √π turn it into a mean over a unit Gaussian.
            double weight = 2 / (slope * slope) / Math.Sqrt(Math.PI);
            if (weight < LeastWeight) continue;
            points.AddRange([Math.Sqrt(2) * root, -Math.Sqrt(2) * root]);
            lnWeights.AddRange([Elementary.Log(weight), Elementary.Log(weight)]);
        }

        Points = [.. points];
        LnWeights = [.. lnWeights];
    }

    public static double[] Points { get; }

    public static double[] LnWeights { get; }

    /// <summary>One starting value inside each basin of attraction, by sign changes on a fine grid of the positive axis.</summary>
    private static IEnumerable<double> StartingRoots()
    {
        const double step = 0.01;
        double before = Evaluate(0).Value;
        for (double x = step; x < Math.Sqrt(2 * Order + 1); x += step)
        {
            double value = Evaluate(x).Value;
            if (value * before < 0) yield return x - step / 2;
            before = value;
        }
    }

    private static (double Root, double Slope) Polish(double root)
    {
        double slope = 0;
        for (int i = 0; i < 8; i++)
        {
            var (value, previous) = Evaluate(root);
            slope = Math.Sqrt(2 * Order) * previous;
            root -= value / slope;
        }

        return (root, slope);
    }

    /// <summary>Orthonormal Hermite polynomials of orders n and n − 1 by their three-term recurrence.</summary>
    private static (double Value, double Previous) Evaluate(double x)
    {
        double value = 1 / Math.Sqrt(Math.Sqrt(Math.PI)), previous = 0;
        for (int n = 0; n < Order; n++) (value, previous) = (x * Math.Sqrt(2.0 / (n + 1)) * value - Math.Sqrt((double)n / (n + 1)) * previous, value);
        return (value, previous);
    }
}
