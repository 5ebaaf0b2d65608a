using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>HEALPix: the sphere in 12·nside² pixels of equal area, for nside a power of two, 1 … 2²⁹.</summary>
/// <remarks>
/// Pixels are RING numbers unless the method's name says Nest. Angles are radians: θ colatitude in [0, π], φ longitude
/// (right ascension), any finite value in, [0, 2π) out. Arguments are trusted; <see cref="Pixel.Create"/> checks numbers
/// from outside. A point on a border belongs to one of the pixels that touch there. Formulas: Górski et al. 2005, ApJ 622, 759.
/// </remarks>
public static partial class Healpix
{
    public const int MaxOrder = 29;

    public const int MaxNside = 1 << MaxOrder;

    /// <summary>Whether nside is a power of two, 1 … 2²⁹.</summary>
    public static bool IsNside(long nside) => nside is > 0 and <= MaxNside && long.IsPow2(nside);

    public static long PixelCount(int nside) => 12L * nside * nside;

    /// <summary>Area of a pixel, steradians.</summary>
    public static double PixelArea(int nside) => Math.PI / 3 / ((double)nside * nside);

    /// <summary>Square root of the pixel area, radians.</summary>
    public static double Resolution(int nside) => Math.Sqrt(PixelArea(nside));

    /// <summary>The largest angle between a pixel's centre and its corners, radians.</summary>
    public static double MaxPixelRadius(int nside) => PixelFacts.MaxRadius(nside);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PixelToAngle(int nside, long ipix, out double theta, out double phi)
    {
        (long ring, phi) = RingScheme.Centre(nside, ipix);
        theta = Latitude.Theta(ring, nside, Bits.Inverse(nside));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long AngleToPixel(int nside, double theta, double phi)
    {
        double z = Elementary.Cos(theta);
        return RingScheme.Locate(nside, z, Math.Abs(z) < RingScheme.PolarHeight ? 0 : Elementary.Sin(theta), phi);
    }

    /// <summary>Unit vector of a pixel's centre.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector3d PixelToVector(int nside, long ipix)
    {
        var (ring, phi) = RingScheme.Centre(nside, ipix);
        return Direction(nside, ring, phi);
    }

    /// <summary>The pixel a vector of any positive length points into.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long VectorToPixel(int nside, in Vector3d v)
    {
        var (z, sinTheta, phi) = Split(v);
        return RingScheme.Locate(nside, z, sinTheta, phi);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long RingToNest(int nside, long ipix) => NestScheme.FromRing(nside, ipix);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long NestToRing(int nside, long nest) => NestScheme.ToRing(nside, nest);

    /// <summary>The pixels that touch this one: SW, W, NW, N, NE, E, SE, S; -1 where three cells meet and there is none.</summary>
    /// <param name="eight">Room for eight numbers.</param>
    public static void Neighbours(int nside, long ipix, Span<long> eight) => NeighbourRules.Ring(nside, ipix, eight);

    /// <summary>Appends the pixels of a disc in ascending order.</summary>
    /// <param name="centre">A direction; any positive length.</param>
    /// <param name="radius">Radians. Zero or less holds no centre; π or more is the whole sky.</param>
    /// <param name="inclusive">False: pixels whose centre is strictly closer than the radius. True: all that overlap the disc,
    /// and perhaps a few beside it.</param>
    /// <param name="fact">For inclusive queries, 1 or more: larger is slower and takes fewer pixels beside the disc.</param>
    /// <exception cref="InvalidOperationException">More pixels than a list can hold; use <see cref="DiscRuns"/>.</exception>
    public static void Disc(int nside, in Vector3d centre, double radius, List<long> result, bool inclusive = false, int fact = 4) =>
        Disc(nside, centre, radius, inclusive, fact, new PixelSink(result));

    /// <summary>As <see cref="Disc(int, in Vector3d, double, List{long}, bool, int)"/>, as runs: memory grows with the rings, not the pixels.</summary>
    public static void DiscRuns(int nside, in Vector3d centre, double radius, List<PixelRun> result, bool inclusive = false, int fact = 4) =>
        Disc(nside, centre, radius, inclusive, fact, new RunSink(result));

    /// <summary>The (childNside / nside)² pixels a pixel splits into, in nested order.</summary>
    /// <param name="childNside">At least nside.</param>
    public static void Children(int nside, long ipix, int childNside, Span<long> children)
    {
        var (face, x, y) = FacePosition.FromRing(nside, ipix);
        int ratio = childNside / nside;
        for (int i = 0; i < children.Length; i++)
        {
            var (right, up) = Bits.Separate(i);
            children[i] = new FacePosition(face, x * ratio + right, y * ratio + up).ToRing(childNside);
        }
    }

    /// <summary>The coarser pixel this one lies in.</summary>
    /// <param name="parentNside">At most nside.</param>
    public static long Parent(int nside, long ipix, int parentNside)
    {
        var (face, x, y) = FacePosition.FromRing(nside, ipix);
        int ratio = nside / parentNside;
        return new FacePosition(face, x / ratio, y / ratio).ToRing(parentNside);
    }

    /// <summary>Unit vectors along a pixel's outline: corners N, W, S, E, or with 4·step points the sides split evenly in step parts.</summary>
    /// <param name="points">Room for 4·step vectors, step at least 1.</param>
    public static void Boundaries(int nside, long ipix, Span<Vector3d> points) =>
        Boundary.Trace(nside, FacePosition.FromRing(nside, ipix), points);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector3d Direction(int nside, long ring, double phi)
    {
        var (z, sinTheta) = Latitude.Heights(ring, nside, Bits.Inverse(nside));
        var (sinPhi, cosPhi) = Elementary.SinCos(phi);
        return new(sinTheta * cosPhi, sinTheta * sinPhi, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (double Z, double SinTheta, double Phi) Split(in Vector3d v)
    {
        double axis = v.X * v.X + v.Y * v.Y, inverse = 1 / Math.Sqrt(axis + v.Z * v.Z);
        return (v.Z * inverse, Math.Sqrt(axis) * inverse, Elementary.Atan2(v.Y, v.X));
    }

    private static void Disc<TSink>(int nside, in Vector3d centre, double radius, bool inclusive, int fact, TSink sink)
        where TSink : struct, IRunSink
    {
        var query = new DiscQuery(nside, centre);
        if (inclusive) query.Inclusive(radius, fact, sink);
        else query.Exact(radius, sink);
    }
}
