using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube.Ice;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>Arrival times of scattered light: the Pandel density (a Gamma law of shape ξ and rate ρ) smeared by a Gaussian, to full precision.</summary>
/// <remarks>
/// D. Pandel, diploma thesis, HU Berlin 1996; convolution: N. van Eijndhoven, O. Fadiran, G. Japaridze, Astropart. Phys. 28 (2007) 456.
/// Their piecewise forms meet only to 1e-3, so the integral I(ξ, h) = 1/Γ(ξ) ∫ y^(ξ−1) exp(−y²/2 − h y) dy over y &gt; 0 is summed
/// numerically here. Against 60 points of 60-digit arithmetic: ln f to 1e-11, ln S to 1e-13. Too slow for fits, see <see cref="PandelTable"/>.
/// </remarks>
internal static class ConvolutedPandel
{
    private const double Rate = BulkIce.PandelRate;

    /// <summary>Jitters after which the density is smooth enough for a 32-point Gaussian average.</summary>
    private const double FarJitters = 11;

    /// <summary>Orders above ξ at which the downward recurrence starts; 16 terms reach 1e-17 of the sum for jitters up to 50 ns.</summary>
    private const int Orders = 16;
    private const double Negligible = 1e-17;

    /// <summary>Exponents of terms that no longer count, and the smallest whose exponential is a plain number.</summary>
    private const double NegligibleExponent = -44, LeastExponent = -700;

    private static readonly Vector256<double> FirstNodes = Vector256.Create(1.0, 2.0, 3.0, 4.0);

    /// <param name="xi">Effective distance in scattering lengths, above 0.</param>
    /// <param name="t">Residual time, ns.</param>
    /// <param name="sigma">Jitter, ns, above 0.</param>
    public static PandelPoint Evaluate(double xi, double t, double sigma)
    {
        if (t > FarJitters * sigma) return Far(xi, t, sigma);
        double h = Rate * sigma - t / sigma;
        var (lnI, tail) = h < 0 ? Late(xi, h, Rate * sigma) : Early(xi, h, Rate * sigma);
        double lnDensity = xi * Elementary.Log(Rate * sigma) - Elementary.Log(sigma * Math.Sqrt(2 * Math.PI)) - t * t / (2 * sigma * sigma) + lnI;
        return new PandelPoint(lnDensity, Elementary.LogOnePlus(-Elementary.Exp(lnDensity) * tail / Rate));
    }

    /// <summary>ln I(ξ) and Σ f(ξ+k)/f(ξ) over k ≥ 1, which is ρ F/f. Negative h: the ratios of consecutive orders are stable upwards.</summary>
    private static (double LnI, double Tail) Late(double xi, double h, double scale)
    {
        // Below ξ = 1 the integrand has a long tail towards y = 0, so the two orders above are summed and one step taken down.
        double first = xi < 1 ? xi + 1 : xi;
        double lnFirst = LnIntegral(first, h), ratio = Elementary.Exp(LnIntegral(first + 1, h) - lnFirst);
        if (xi < 1)
        {
            double step = first * ratio + h;
            lnFirst += Elementary.Log(step);
            ratio = 1 / step;
        }

        double term = scale * ratio, sum = term;
        for (int k = 1; term > sum * Negligible; k++)
        {
            ratio = (1 / ratio - h) / (xi + k);
            term *= scale * ratio;
            sum += term;
        }

        return (lnFirst, sum);
    }

    /// <summary>As <see cref="Late"/> for h ≥ 0, where only the downward direction is stable.</summary>
    private static (double LnI, double Tail) Early(double xi, double h, double scale)
    {
        double lnTop = LnIntegral(xi + Orders, h), ratio = Elementary.Exp(LnIntegral(xi + Orders + 1, h) - lnTop);
        double product = 1, tail = 0;
        for (int k = Orders - 1; k >= 0; k--)
        {
            ratio = 1 / (h + (xi + k + 1) * ratio);
            product *= ratio;
            tail = scale * ratio * (1 + tail);
        }

        return (lnTop - Elementary.Log(product), tail);
    }

    /// <summary>ln I(ξ, h) for ξ ≥ 1 by the trapezoid rule in ln y.</summary>
    /// <remarks>The integrand is analytic and decays at both ends, so the rule converges exponentially; it has one peak, where y² + h y = ξ.</remarks>
    private static double LnIntegral(double xi, double h)
    {
        double root = Math.Sqrt(h * h + 4 * xi);
        double peak = h > 0 ? 2 * xi / (h + root) : (root - h) / 2;
        double step = Math.Min(0.3 / Math.Sqrt(peak * peak + xi), 0.125), lnPeak = Elementary.Log(peak);
        double top = xi * lnPeak - peak * (peak / 2 + h);
        double sum = 1 + Side(step) + Side(-step);
        return top + Elementary.Log(step * sum) - Elementary.LogGamma(xi);

        // Four nodes at a time, away from the peak, until the first of them adds nothing.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        double Side(double stride)
        {
            Vector256<double> z = Vector256.Create(lnPeak) + FirstNodes * stride, advance = Vector256.Create(4 * stride), partial = default;
            for (; ; z += advance)
            {
                Vector256<double> y = Elementary.Exp(z);
                Vector256<double> exponent = z * xi - y * (y * 0.5 + Vector256.Create(h)) - Vector256.Create(top);
                if (exponent.ToScalar() < NegligibleExponent) return partial.GetElement(0) + partial.GetElement(1) + (partial.GetElement(2) + partial.GetElement(3));
                partial += Elementary.Exp(Vector256.ConditionalSelect(Vector256.GreaterThan(exponent, Vector256.Create(LeastExponent)), exponent, Vector256.Create(LeastExponent)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static PandelPoint Far(double xi, double t, double sigma)
    {
        double lnGamma = Elementary.LogGamma(xi), lnRate = xi * Elementary.Log(Rate) - lnGamma;
        double[] points = GaussHermite.Points, lnWeights = GaussHermite.LnWeights;
        Span<double> density = stackalloc double[points.Length], survival = stackalloc double[points.Length];
        for (int k = 0; k < points.Length; k++)
        {
            double earlier = t - sigma * points[k];
            density[k] = lnWeights[k] + lnRate + (xi - 1) * Elementary.Log(earlier) - Rate * earlier;
            survival[k] = lnWeights[k] + IncompleteGamma.LnUpper(xi, Rate * earlier, lnGamma);
        }

        return new PandelPoint(LogSumExp(density), LogSumExp(survival));
    }

    private static double LogSumExp(ReadOnlySpan<double> values)
    {
        double top = double.NegativeInfinity, sum = 0;
        foreach (double value in values) top = Math.Max(top, value);
        foreach (double value in values) sum += Elementary.Exp(value - top);
        return top + Elementary.Log(sum);
    }
}
