using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco;

/// <summary>Shift of one position variation's starting point, m. Along the z axis means along the track if the algorithm rotates its offsets.</summary>
public readonly record struct PositionOffset(double X, double Y, double Z);

/// <summary>The generators of position variations. The unshifted point is always first.</summary>
public static class PositionOffsets
{
    public static IReadOnlyList<PositionOffset> Point { get; } = [default];

    /// <summary>A step either way along x, y and z, in this order, the negative one first.</summary>
    /// <param name="radius">m.</param>
    public static IReadOnlyList<PositionOffset> Octahedron(double radius) =>
        [default, new(-radius, 0, 0), new(radius, 0, 0), new(0, -radius, 0), new(0, radius, 0), new(0, 0, -radius), new(0, 0, radius)];

    /// <summary>Rings around the z axis; those of neighbouring layers and radii are turned against each other by half a step.</summary>
    /// <param name="heights">m, one per layer.</param>
    /// <param name="radii">m, one per ring of a layer.</param>
    /// <param name="steps">Points of a ring.</param>
    public static IReadOnlyList<PositionOffset> Cylinder(ReadOnlySpan<double> heights, ReadOnlySpan<double> radii, int steps)
    {
        var offsets = new List<PositionOffset> { default };
        for (int layer = 0; layer < heights.Length; layer++)
        {
            for (int ring = 0; ring < radii.Length; ring++)
            {
                for (int step = 0; step < steps; step++)
                {
                    var (sin, cos) = Elementary.SinCos(2 * Math.PI * step / steps + (layer + ring) * Math.PI / steps);
                    offsets.Add(new PositionOffset(radii[ring] * cos, radii[ring] * sin, heights[layer]));
                }
            }
        }

        return offsets;
    }
}
