using System.Numerics;
using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>The RING scheme: pixels counted along circles of equal latitude, from north to south, each from φ = 0 eastward.</summary>
/// <remarks>Górski et al. 2005, ApJ 622, 759, sections 4 and 5. Arguments are trusted: callers hold a <see cref="Pixel"/>.</remarks>
internal static class RingScheme
{
    /// <summary>Above this |z| the cap formulas take sin θ, as 1 - |z| has lost digits.</summary>
    public const double PolarHeight = 0.99;

    /// <summary>Pixels of one polar cap, the first belt ring not counted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long CapCount(long nside) => 2 * nside * (nside - 1);

    /// <summary>φ in quarter turns, in [0, 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double QuarterTurns(double phi)
    {
        double turns = phi * (2 / Math.PI);
        return turns is >= 0 and < 4 ? turns : Reduce(turns);
    }

    /// <summary>The pixel at height z = cos θ; sinTheta is read only where |z| &gt; <see cref="PolarHeight"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Locate(int nside, double z, double sinTheta, double phi)
    {
        double turns = QuarterTurns(phi), height = Math.Abs(z);
        if (height <= Latitude.Transition)
        {
            var (rising, falling) = BeltLines(nside, z, turns);
            long row = nside + rising - falling;                                     // 0 … 2·nside
            long column = (rising + falling - nside + 1 + (row & 1)) >> 1;
            return CapCount(nside) + row * 4 * nside + (column & (4L * nside - 1));
        }

        long quarter = Bits.Whole(turns);
        var (right, left) = CapLines(nside, height, sinTheta, turns - quarter);
        long ring = right + left + 1, before = 2 * ring * (ring - 1);
        return z > 0 ? before + quarter * ring + right
            : 12L * nside * nside - before - 4 * ring + quarter * ring + right;
    }

    /// <summary>Pixel borders of the belt are two families of straight lines in (φ, z): how many of each are crossed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Rising, long Falling) BeltLines(int nside, double z, double turns)
    {
        double along = nside * (0.5 + turns), across = nside * (z * 0.75);
        long rising = Bits.Whole(along - across), falling = Bits.Whole(along + across), row = nside + rising - falling;
        // On a corner at the belt's edge each count is rounded for itself, and together they may name a row beyond it.
        if ((ulong)row <= 2UL * (ulong)nside) return (rising, falling);
        return row < 0 ? (rising, falling - 1) : (rising - 1, falling);
    }

    /// <summary>Border lines crossed in a cap: to the east of the quarter's west edge, and to the west of its east edge.</summary>
    /// <param name="fraction">Position inside the quarter turn, in [0, 1).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Right, long Left) CapLines(int nside, double height, double sinTheta, double fraction)
    {
        double fromPole = height < PolarHeight
            ? nside * Math.Sqrt(3 * (1 - height))
            : nside * sinTheta / Math.Sqrt((1 + height) / 3);
        long right = Math.Min(Bits.Whole(fraction * fromPole), nside - 1);
        long left = Math.Min(Bits.Whole((1 - fraction) * fromPole), nside - 1 - right);  // rounding must not leave the cap
        return (right, left);
    }

    /// <summary>Ring number 1 … 4·nside - 1 and centre longitude, radians in [0, 2π).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Ring, double Phi) Centre(int nside, long ipix)
    {
        long cap = CapCount(nside), pixels = 12L * nside * nside;
        if (ipix >= cap && ipix < pixels - cap)
        {
            long inBelt = ipix - cap, row = inBelt >> (BitOperations.Log2((uint)nside) + 2);
            double column = (inBelt & (4L * nside - 1)) + 0.5 * (1 - (row & 1));
            return (row + nside, column * (Math.PI / 2) * Bits.Inverse(nside));
        }

        bool north = ipix < cap;
        long fromPole = north ? ipix : pixels - 1 - ipix;
        long ring = (1 + Bits.Sqrt(1 + 2 * fromPole)) >> 1;
        long k = fromPole - 2 * ring * (ring - 1);
        double phi = ((north ? k : 4 * ring - 1 - k) + 0.5) * (Math.PI / 2) / ring;
        return (north ? ring : 4L * nside - ring, phi);
    }

    /// <summary>The pixels of ring 1 … 4·nside - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RingRow Row(long nside, long ring)
    {
        if (ring < nside) return new(2 * ring * (ring - 1), ring, 0);
        long fromSouth = 4 * nside - ring;
        return fromSouth < nside
            ? new(12 * nside * nside - 2 * fromSouth * (fromSouth + 1), fromSouth, 0)
            : new(CapCount(nside) + (ring - nside) * 4 * nside, nside, (ring - nside) & 1);
    }

    /// <summary>The ring north of a colatitude (or through it), 0 … 4·nside - 1; 0 when the first ring is south of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long RingAbove(int nside, double theta)
    {
        double z = Elementary.Cos(theta), height = Math.Abs(z);
        if (height <= Latitude.Transition) return Bits.Whole(nside * (2 - 1.5 * z));
        double fromPole = Math.Sqrt(6) * Elementary.Sin((z > 0 ? theta : Math.PI - theta) / 2);    // in units of nside rings
        long ring = Bits.Whole(nside * fromPole);
        return z > 0 ? ring : 4L * nside - ring - 1;
    }

    private static double Reduce(double turns)
    {
        double rest = turns % 4;
        if (rest < 0) rest += 4;
        return rest < 4 ? rest : 0;
    }
}
