using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>Upper tail of the Gamma law.</summary>
internal static class IncompleteGamma
{
    private const int MaxTerms = 10_000;

    /// <summary>ln Q(a, x), the regularised upper incomplete gamma function, for a &gt; 0 and x &gt; 0. Never underflows.</summary>
    /// <param name="a">Shape.</param>
    /// <param name="x">Lower end of the tail.</param>
    /// <param name="lnGamma">ln Γ(a), which callers have for many x.</param>
    /// <remarks>Power series below x = a + 1, Lentz's continued fraction above: NIST DLMF 8.11.4 and 8.9.2.</remarks>
    public static double LnUpper(double a, double x, double lnGamma)
    {
        double lnScale = a * Elementary.Log(x) - x - lnGamma;
        return x < a + 1 ? Elementary.LogOnePlus(-Elementary.Exp(lnScale) * LowerSeries(a, x)) : lnScale + Elementary.Log(UpperFraction(a, x));
    }

    private static double LowerSeries(double a, double x)
    {
        double term = 1 / a, sum = term;
        for (int n = 1; n < MaxTerms && term > sum * 1e-17; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return sum;
    }

    private static double UpperFraction(double a, double x)
    {
        double b = x + 1 - a, c = double.MaxValue, d = 1 / b, h = d;
        for (int n = 1; n < MaxTerms; n++)
        {
            double numerator = n * (a - n);
            b += 2;
            d = 1 / (b + numerator * d);
            c = b + numerator / c;
            double factor = c * d;
            h *= factor;
            if (Math.Abs(factor - 1) < 1e-16) break;
        }

        return h;
    }
}
