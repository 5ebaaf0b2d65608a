using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <content>The same functions on NESTED numbers.</content>
public static partial class Healpix
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PixelToAngleNest(int nside, long nest, out double theta, out double phi)
    {
        (long ring, phi) = NestScheme.Centre(nside, nest);
        theta = Latitude.Theta(ring, nside, Bits.Inverse(nside));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long AngleToPixelNest(int nside, double theta, double phi)
    {
        double z = Elementary.Cos(theta);
        return NestScheme.Locate(nside, z, Math.Abs(z) < RingScheme.PolarHeight ? 0 : Elementary.Sin(theta), phi);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector3d PixelToVectorNest(int nside, long nest)
    {
        var (ring, phi) = NestScheme.Centre(nside, nest);
        return Direction(nside, ring, phi);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long VectorToPixelNest(int nside, in Vector3d v)
    {
        var (z, sinTheta, phi) = Split(v);
        return NestScheme.Locate(nside, z, sinTheta, phi);
    }

    /// <summary>SW, W, NW, N, NE, E, SE, S; -1 where there is none.</summary>
    public static void NeighboursNest(int nside, long nest, Span<long> eight) => NeighbourRules.Nest(nside, nest, eight);

    /// <summary>As <see cref="Disc(int, in Vector3d, double, List{long}, bool, int)"/>: appends NESTED numbers in ascending order.</summary>
    public static void DiscNest(int nside, in Vector3d centre, double radius, List<long> result, bool inclusive = false, int fact = 4)
    {
        int start = result.Count;
        Disc(nside, centre, radius, result, inclusive, fact);
        var added = CollectionsMarshal.AsSpan(result)[start..];
        RingToNest(nside, added, added);
        added.Sort();
    }

    /// <summary>The first of the (childNside / nside)² children; they are neighbouring numbers.</summary>
    public static long FirstChildNest(int nside, long nest, int childNside)
    {
        long ratio = childNside / nside;
        return nest * ratio * ratio;
    }

    /// <summary>The coarser pixel this one lies in.</summary>
    public static long ParentNest(int nside, long nest, int parentNside)
    {
        long ratio = nside / parentNside;
        return nest / (ratio * ratio);
    }

    /// <summary>As <see cref="Boundaries"/>.</summary>
    public static void BoundariesNest(int nside, long nest, Span<Vector3d> points) =>
        Boundary.Trace(nside, FacePosition.FromNest(nside, nest), points);
}
