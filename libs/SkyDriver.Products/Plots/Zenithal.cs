using System.Runtime.CompilerServices;
using SkyDriver.Products.Drawing;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>A patch of sky around its middle, keeping areas; north up, right ascension to the left.</summary>
/// <remarks>Lambert's azimuthal equal-area projection: a point at angle ρ from the middle lies at distance 2 sin(ρ/2).</remarks>
internal sealed class Zenithal
{
    private readonly Vector3d _middle, _east, _north;

    public Zenithal(in Vector3d middle)
    {
        _middle = middle;
        var (theta, phi) = middle.ToAngles();
        (double sinPhi, double cosPhi) = Math.SinCos(phi);
        (double sinTheta, double cosTheta) = Math.SinCos(theta);
        _east = new(-sinPhi, cosPhi, 0);
        _north = new(-cosTheta * cosPhi, -cosTheta * sinPhi, sinTheta);
    }

    /// <returns>x to the west, y to the north, radians near the middle; null at the opposite point.</returns>
    public Point? Project(in Vector3d direction)
    {
        double scale = 1 + direction.Dot(_middle);
        if (scale < 1e-9) return null;
        double k = Math.Sqrt(2 / scale);
        return new(-k * direction.Dot(_east), k * direction.Dot(_north));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector3d Invert(double x, double y)
    {
        double squared = (x * x) + (y * y), k = Math.Sqrt(Math.Max(0, 1 - (squared / 4)));
        return (((1 - (squared / 2)) * _middle) + (-k * x * _east) + (k * y * _north)).Normalized();
    }
}
