using MathNet.Numerics;
using SkyDriver.IceCube.Ice;

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

    /// <param name="xi">Effective distance in scattering lengths, above 0.</param>
    /// <param name="t">Residual time, ns.</param>
    /// <param name="sigma">Jitter, ns, above 0.</param>
    public static PandelPoint Evaluate(double xi, double t, double sigma)
    {
        if (t > FarJitters * sigma) return Far(xi, t, sigma);
        double h = Rate * sigma - t / sigma;
        var (lnI, tail) = h < 0 ? Late(xi, h, Rate * sigma) : Early(xi, h, Rate * sigma);
        double lnDensity = xi * Math.Log(Rate * sigma) - Math.Log(sigma * Math.Sqrt(2 * Math.PI)) - t * t / (2 * sigma * sigma) + lnI;
        return new PandelPoint(lnDensity, SpecialFunctions.Log1p(-Math.Exp(lnDensity) * tail / Rate));
    }

    /// <summary>ln I(ξ) and Σ f(ξ+k)/f(ξ) over k ≥ 1, which is ρ F/f. Negative h: the ratios of consecutive orders are stable upwards.</summary>
    private static (double LnI, double Tail) Late(double xi, double h, double scale)
    {
        // Below ξ = 1 the integrand has a long tail towards y = 0, so the two orders above are summed and one step taken down.
        double first = xi < 1 ? xi + 1 : xi;
        double lnFirst = LnIntegral(first, h), ratio = Math.Exp(LnIntegral(first + 1, h) - lnFirst);
        if (xi < 1)
        {
            double step = first * ratio + h;
            lnFirst += Math.Log(step);
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
        double lnTop = LnIntegral(xi + Orders, h), ratio = Math.Exp(LnIntegral(xi + Orders + 1, h) - lnTop);
        double product = 1, tail = 0;
        for (int k = Orders - 1; k >= 0; k--)
        {
            ratio = 1 / (h + (xi + k + 1) * ratio);
            product *= ratio;
            tail = scale * ratio * (1 + tail);
        }

        return (lnTop - Math.Log(product), tail);
    }

    /// <summary>ln I(ξ, h) for ξ ≥ 1 by the trapezoid rule in ln y.</summary>
    /// <remarks>The integrand is analytic and decays at both ends, so the rule converges exponentially; it has one peak, where y² + h y = ξ.</remarks>
    private static double LnIntegral(double xi, double h)
    {
        double root = Math.Sqrt(h * h + 4 * xi);
        double peak = h > 0 ? 2 * xi / (h + root) : (root - h) / 2;
        double step = Math.Min(0.3 / Math.Sqrt(peak * peak + xi), 0.125), lnPeak = Math.Log(peak);
        double top = Exponent(lnPeak);
        double sum = 1 + Side(step) + Side(-step);
        return top + Math.Log(step * sum) - SpecialFunctions.GammaLn(xi);

        double Exponent(double z)
        {
            double y = Math.Exp(z);
            return xi * z - y * (y / 2 + h);
        }

        double Side(double stride)
        {
            double partial = 0;
            for (double z = lnPeak + stride; ; z += stride)
            {
                double exponent = Exponent(z) - top;
                if (exponent < -44) return partial;
                partial += Math.Exp(exponent);
            }
        }
    }

    private static PandelPoint Far(double xi, double t, double sigma)
    {
        double lnGamma = SpecialFunctions.GammaLn(xi), lnRate = xi * Math.Log(Rate) - lnGamma;
        double[] points = GaussHermite.Points, lnWeights = GaussHermite.LnWeights;
        Span<double> density = stackalloc double[points.Length], survival = stackalloc double[points.Length];
        for (int k = 0; k < points.Length; k++)
        {
            double earlier = t - sigma * points[k];
            density[k] = lnWeights[k] + lnRate + (xi - 1) * Math.Log(earlier) - Rate * earlier;
            survival[k] = lnWeights[k] + IncompleteGamma.LnUpper(xi, Rate * earlier, lnGamma);
        }

        return new PandelPoint(LogSumExp(density), LogSumExp(survival));
    }

    private static double LogSumExp(ReadOnlySpan<double> values)
    {
        double top = double.NegativeInfinity, sum = 0;
        foreach (double value in values) top = Math.Max(top, value);
        foreach (double value in values) sum += Math.Exp(value - top);
        return top + Math.Log(sum);
    }
}
