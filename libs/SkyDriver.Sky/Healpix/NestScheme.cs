using System.Numerics;
using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>The NESTED scheme: pixels counted base cell by base cell, so that the children of p are 4p … 4p + 3.</summary>
/// <remarks>Górski et al. 2005, ApJ 622, 759, section 5. Arguments are trusted.</remarks>
internal static class NestScheme
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FromRing(int nside, long ipix) => FacePosition.FromRing(nside, ipix).ToNest(nside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ToRing(int nside, long nest) => FacePosition.FromNest(nside, nest).ToRing(nside);

    /// <summary>The NESTED pixel at z = cos θ; sinTheta is read only where |z| &gt; <see cref="RingScheme.PolarHeight"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Locate(int nside, double z, double sinTheta, double phi)
    {
        double turns = RingScheme.QuarterTurns(phi), height = Math.Abs(z);
        if (height <= Latitude.Transition)
        {
            var (rising, falling) = RingScheme.BeltLines(nside, z, turns);
            int order = BitOperations.Log2((uint)nside);
            int face = FacePosition.BeltFace((int)(rising >> order), (int)(falling >> order));
            return new FacePosition(face, (int)(falling & (nside - 1)), nside - 1 - (int)(rising & (nside - 1))).ToNest(nside);
        }

        int quarter = (int)Bits.Whole(turns);
        var (right, left) = RingScheme.CapLines(nside, height, sinTheta, turns - quarter);
        return (z > 0
            ? new FacePosition(quarter, nside - 1 - (int)left, nside - 1 - (int)right)
            : new FacePosition(quarter + 8, (int)right, (int)left)).ToNest(nside);
    }

    /// <summary>Ring and longitude of a NESTED pixel's centre, without the RING number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Ring, double Phi) Centre(int nside, long nest)
    {
        var (face, x, y) = FacePosition.FromNest(nside, nest);
        var (line, phi) = FacePlane.Locate(face, 2L * x + 1, 2L * y + 1, 2L * nside);
        return (line >> 1, phi);
    }
}
