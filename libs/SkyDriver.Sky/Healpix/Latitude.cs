using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>The circles of equal latitude that carry pixel centres and corners, numbered 0 (north pole) … 4·n (south pole).</summary>
/// <remarks>
/// Górski et al. 2005, ApJ 622, 759, eqs. 4 and 8: z = 1 - (ring/n)²/3 in a cap, z = (2/3)·(2 - ring/n) in the belt.
/// In a cap 1 - z = 2·sin²(θ/2), so sin(θ/2) = ring/(n·√6): this form keeps full relative accuracy up to the pole,
/// which acos(z) does not. <c>inverse</c> is 1/n in all methods; n need not be a power of two.
/// </remarks>
internal static class Latitude
{
    /// <summary>|z| of the circles between caps and belt.</summary>
    public const double Transition = 2.0 / 3.0;

    private const double InverseRootSix = 0.40824829046386301637;

    /// <summary>Colatitude, radians in [0, π].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Theta(long ring, long n, double inverse)
    {
        if (ring < n) return 2 * Elementary.Asin(ring * inverse * InverseRootSix);
        if (ring > 3 * n) return Math.PI - 2 * Elementary.Asin((4 * n - ring) * inverse * InverseRootSix);
        return Elementary.Acos((2 * n - ring) * inverse * Transition);
    }

    /// <summary>z = cos θ and sin θ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double Z, double SinTheta) Heights(long ring, long n, double inverse)
    {
        if (ring >= n && ring <= 3 * n)
        {
            double z = (2 * n - ring) * inverse * Transition;
            return (z, Math.Sqrt((1 - z) * (1 + z)));
        }

        bool north = ring < n;
        double fromPole = (north ? ring : 4 * n - ring) * inverse;
        double drop = fromPole * fromPole / 3;
        return (north ? 1 - drop : drop - 1, Math.Sqrt(drop * (2 - drop)));
    }
}
