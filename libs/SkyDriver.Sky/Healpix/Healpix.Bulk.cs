using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <content>Spans in, spans out; nothing is allocated. An output may be the input's own memory.</content>
public static partial class Healpix
{
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void PixelToAngle(int nside, ReadOnlySpan<long> ipix, Span<double> theta, Span<double> phi)
    {
        RequireSame(ipix.Length, theta.Length);
        RequireSame(ipix.Length, phi.Length);
        for (int i = 0; i < ipix.Length; i++) PixelToAngle(nside, ipix[i], out theta[i], out phi[i]);
    }

    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void AngleToPixel(int nside, ReadOnlySpan<double> theta, ReadOnlySpan<double> phi, Span<long> ipix)
    {
        RequireSame(theta.Length, phi.Length);
        RequireSame(theta.Length, ipix.Length);
        for (int i = 0; i < ipix.Length; i++) ipix[i] = AngleToPixel(nside, theta[i], phi[i]);
    }

    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void PixelToVector(int nside, ReadOnlySpan<long> ipix, Span<Vector3d> vectors)
    {
        RequireSame(ipix.Length, vectors.Length);
        for (int i = 0; i < ipix.Length; i++) vectors[i] = PixelToVector(nside, ipix[i]);
    }

    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void VectorToPixel(int nside, ReadOnlySpan<Vector3d> vectors, Span<long> ipix)
    {
        RequireSame(vectors.Length, ipix.Length);
        for (int i = 0; i < ipix.Length; i++) ipix[i] = VectorToPixel(nside, vectors[i]);
    }

    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void RingToNest(int nside, ReadOnlySpan<long> ipix, Span<long> nest)
    {
        RequireSame(ipix.Length, nest.Length);
        for (int i = 0; i < ipix.Length; i++) nest[i] = RingToNest(nside, ipix[i]);
    }

    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void NestToRing(int nside, ReadOnlySpan<long> nest, Span<long> ipix)
    {
        RequireSame(nest.Length, ipix.Length);
        for (int i = 0; i < nest.Length; i++) ipix[i] = NestToRing(nside, nest[i]);
    }

    /// <summary>Eight numbers for each pixel, one pixel after the other.</summary>
    /// <exception cref="ArgumentException">There is not room for exactly eight numbers per pixel.</exception>
    public static void Neighbours(int nside, ReadOnlySpan<long> ipix, Span<long> eightEach)
    {
        RequireSame(8 * ipix.Length, eightEach.Length);
        for (int i = 0; i < ipix.Length; i++) Neighbours(nside, ipix[i], eightEach.Slice(8 * i, 8));
    }

    private static void RequireSame(int expected, int actual, [CallerArgumentExpression(nameof(actual))] string? name = null)
    {
        if (expected != actual) throw new ArgumentException($"{name} is {actual}; give {expected}, to match the other spans.", name);
    }
}
