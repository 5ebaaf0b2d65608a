using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Points of a base cell that need not be pixel centres: corners, border points, centres of sub-pixels.</summary>
/// <remarks>Coordinates are whole numbers of 1/n of the cell's side, so a point near a pole keeps all its digits.</remarks>
internal static class FacePlane
{
    /// <summary>The circle (in units of 1/n, see <see cref="Latitude"/>) and longitude in [0, 2π) of a point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Ring, double Phi) Locate(int face, long x, long y, long n)
    {
        long ring = FacePosition.SouthCorner(face) * n - x - y;
        long width = Math.Min(n, Math.Min(ring, 4 * n - ring));     // length of a quarter turn; 0 at a pole
        if (width == 0) return (ring, 0);
        long east = FacePosition.CentreEighth(face) * width + x - y;
        if (east < 0) east += 8 * width;
        if (east >= 8 * width) east -= 8 * width;
        return (ring, east * (Math.PI / 4) / width);
    }

    /// <summary>The unit vector of a point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector3d Direction(int face, long x, long y, long n)
    {
        var (ring, phi) = Locate(face, x, y, n);
        var (z, sinTheta) = Latitude.Heights(ring, n, 1.0 / n);
        var (sinPhi, cosPhi) = Elementary.SinCos(phi);
        return new(sinTheta * cosPhi, sinTheta * sinPhi, z);
    }
}
