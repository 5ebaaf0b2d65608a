using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Products.Maps;

/// <summary>Where 2ΔlnL stays within a limit.</summary>
/// <param name="Percent">What the level set claims: 50 or 90.</param>
/// <param name="Limit">2ΔlnL.</param>
/// <param name="SquareDegrees">Of all pieces.</param>
/// <param name="Lines">Closed, as unit vectors, the first point not repeated: counter-clockwise around a piece (seen from outside the sphere,
/// east to the right), clockwise around a hole.</param>
public sealed record Region(int Percent, double Limit, double SquareDegrees, ErrorBox Errors, IReadOnlyList<Vector3d[]> Lines)
{
    internal static Region Find(SkyMap map, SkyCells cells, int percent, double limit)
    {
        List<Vector3d[]> lines = ContourTracer.Trace(map, cells, limit);
        return new(percent, limit, cells.SquareDegrees(limit), ErrorBox.Around(map, limit, lines), lines);
    }

    /// <summary>Radius of the circle of the same area, degrees.</summary>
    public double EquivalentRadius => Angles.ToDegrees(Elementary.Acos(Math.Clamp(1 - (SquareDegrees / RegionArea.SquareDegreesPerSteradian / (2 * Math.PI)), -1, 1)));
}
