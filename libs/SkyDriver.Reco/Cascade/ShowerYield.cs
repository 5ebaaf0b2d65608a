using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;
using static SkyDriver.Reco.Pandel.FirstPulse;

namespace SkyDriver.Reco.Cascade;

/// <summary>Photo-electrons per GeV of a shower, four modules at a time: f_pt · g · acc of <see cref="BulkIce"/>, with derivatives.</summary>
/// <remarks>
/// Point source between unscattered and diffuse light: R. Abbasi et al., NIM A 703 (2013) 190. Angular profile: cf. L. Raedel, C. Wiebusch,
/// Astropart. Phys. 38 (2012) 53. The formulas are those of <see cref="BulkIce"/>, which simulates with them; here they are vectors.
/// </remarks>
internal static class ShowerYield
{
    private const double ProfileNorm = 0.0803765911, ProfileHeight = 4.27033, ProfileFall = -6.02527, ProfilePower = 0.29887, ProfileFloor = -0.00103;
    private const double FarSlope = 0.45, Sharp = 1.5 * BulkIce.ScatteringLength, CathodeHalf = 0.5, CathodeRange = 60;

    /// <summary>Nearer to the Cherenkov angle than this the profile's cusp counts as flat.</summary>
    private const double Cusp = 1e-9;

    /// <param name="r">Distance, m, at least 1.</param>
    /// <param name="cosine">Between the shower's direction and the line to the module.</param>
    /// <param name="eta">z part of the line's direction.</param>
    /// <param name="byR">Receives d ln(yield) / dr, 1/m.</param>
    /// <param name="byCosine">Receives d ln(yield) / d cosine.</param>
    /// <param name="byEta">Receives d ln(yield) / d eta.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Evaluate<TMode>(
        Vector256<double> r, Vector256<double> cosine, Vector256<double> eta, out Vector256<double> byR, out Vector256<double> byCosine, out Vector256<double> byEta)
        where TMode : struct, IKernelMode
    {
        Vector256<double> one = Vector256<double>.One;
        double perDiffusion = 1 / BulkIce.DiffusionLength, perPropagation = 1 / BulkIce.PropagationLength;

        // tanh(x) = (1 − e) / (1 + e) with e = exp(−2x); x is at least 0.06, so nothing cancels badly.
        Vector256<double> e = Elementary.Exp(r * (-2 * perDiffusion)), tanh = (one - e) / (one + e);
        Vector256<double> point = Elementary.Exp(r * -perPropagation) / (r * tanh * (4 * Math.PI * BulkIce.DiffusionLength));

        Vector256<double> offAngle = cosine - Vector256.Create(BulkIce.CosCherenkov), distance = Elementary.Larger(Vector256.Abs(offAngle), Vector256.Create(Cusp));
        Vector256<double> power = Elementary.Exp(Elementary.Log(distance) * ProfilePower);
        Vector256<double> peak = Elementary.Exp(power * ProfileFall) * (ProfileHeight / ProfileNorm), near = peak + Vector256.Create(ProfileFloor / ProfileNorm);
        Vector256<double> far = Fma(cosine, Vector256.Create(FarSlope), one);
        Vector256<double> share = Elementary.Exp(r * (-1 / Sharp)), emission = Fma(share, near - far, far);

        Vector256<double> cathode = Elementary.Exp(r * (-1 / CathodeRange)) * CathodeHalf, acceptance = Fma(cathode, eta, one);
        byR = byCosine = byEta = default;
        if (typeof(TMode) == typeof(WithGradient))
        {
            Vector256<double> byPoint = -(Vector256.Create(perPropagation) + one / r + (one - tanh * tanh) / tanh * perDiffusion);
            byR = byPoint - share * (near - far) / (emission * Sharp) - cathode * eta / (acceptance * CathodeRange);
            Vector256<double> profileSlope = peak * power / Vector256.CopySign(distance, offAngle) * (ProfileFall * ProfilePower) & Vector256.GreaterThan(Vector256.Abs(offAngle), Vector256.Create(Cusp));
            byCosine = Fma(share, profileSlope - Vector256.Create(FarSlope), Vector256.Create(FarSlope)) / emission;
            byEta = cathode / acceptance;
        }

        return point * emission * acceptance;
    }
}
