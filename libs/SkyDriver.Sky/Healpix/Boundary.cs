using System.Runtime.CompilerServices;

namespace SkyDriver.Sky;

/// <summary>The outline of a pixel.</summary>
internal static class Boundary
{
    /// <summary>Fills <c>4 · step</c> unit vectors: each side from its corner on, in the order N, W, S, E.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Trace(int nside, in FacePosition pixel, Span<Vector3d> points)
    {
        int step = points.Length / 4, face = pixel.Face;
        long n = (long)nside * step, west = (long)pixel.X * step, south = (long)pixel.Y * step;
        long east = west + step, north = south + step;
        for (int i = 0; i < step; i++)
        {
            points[i] = FacePlane.Direction(face, east - i, north, n);
            points[i + step] = FacePlane.Direction(face, west, north - i, n);
            points[i + 2 * step] = FacePlane.Direction(face, west + i, south, n);
            points[i + 3 * step] = FacePlane.Direction(face, east, south + i, n);
        }
    }
}
