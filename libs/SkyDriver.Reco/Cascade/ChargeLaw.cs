using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Cascade;

/// <summary>Probability of a module's charge where the expectation itself is uncertain: a Poisson law of gamma-distributed mean.</summary>
/// <remarks>
/// Also known as negative binomial. With relative variance v of the mean, k = 1/v:
/// ln p = lnΓ(q+k) − lnΓ(k) − lnΓ(q+1) + k ln(k/(k+μ)) + q ln(μ/(k+μ)). A plain Poisson law is far too sure of itself.
/// </remarks>
internal static class ChargeLaw
{
    /// <summary>v: half of the expectation either way, since the ice is known no better.</summary>
    public const double RelativeVariance = 0.25;

    /// <summary>Photo-electrons of noise in every module.</summary>
    public const double Noise = 0.003;

    private const double K = 1 / RelativeVariance;

    /// <summary>The part that no expectation changes.</summary>
    /// <param name="charge">Photo-electrons, at least 0.</param>
    public static double Constant(double charge) =>
        Elementary.LogGamma(charge + K) - Elementary.LogGamma(K) - Elementary.LogGamma(charge + 1) + K * Elementary.Log(K);

    /// <summary>The part that depends on the expectation.</summary>
    /// <param name="charge">Photo-electrons.</param>
    /// <param name="expected">Photo-electrons, noise included; above 0.</param>
    /// <param name="byExpected">Receives the derivative.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Ln<TMode>(Vector256<double> charge, Vector256<double> expected, out Vector256<double> byExpected)
        where TMode : struct, IKernelMode
    {
        Vector256<double> wide = expected + Vector256.Create(K), all = charge + Vector256.Create(K);
        byExpected = typeof(TMode) == typeof(WithGradient) ? charge / expected - all / wide : default;
        return Fma(charge, Elementary.Log(expected), -(all * Elementary.Log(wide)));
    }

    /// <summary>As the vector form, for one module.</summary>
    public static double Ln(double charge, double expected) => charge * Elementary.Log(expected) - (charge + K) * Elementary.Log(expected + K);
}
