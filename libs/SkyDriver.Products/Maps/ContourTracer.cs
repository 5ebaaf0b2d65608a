using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>Walks around regions of the interpolated map, from pixel to pixel of one fine nside, so that every line closes whatever it
/// meets: poles, the turn of right ascension, holes, the seams between scanned sizes.</summary>
/// <remarks>The region lies to the left, seen from outside the sphere (east to the right); so outer lines run counter-clockwise and holes
/// clockwise. Regions that meet only at a corner are apart.</remarks>
internal sealed class ContourTracer
{
    private const int LongestWalk = 4_000_000;

    // Neighbours come as SW, W, NW, N, NE, E, SE, S. Even ones share a side; two steps down the list is the next side to the left.
    private const int Sides = 8;

    private readonly SkyMap _map;
    private readonly int _nside;
    private readonly double _limit;
    private readonly Dictionary<long, double> _values = [];
    private readonly HashSet<(long In, long Out)> _walked = [];

    private ContourTracer(SkyMap map, int nside, double limit) => (_map, _nside, _limit) = (map, nside, limit);

    /// <returns>Closed lines without their first point repeated, longest first.</returns>
    public static List<Vector3d[]> Trace(SkyMap map, SkyCells cells, double limit)
    {
        int nside = cells.EdgeNside(limit);
        ContourTracer tracer = new(map, nside, limit);
        List<Vector3d[]> lines = [];
        Span<long> eight = stackalloc long[8];
        foreach (SkyCell edge in cells.EdgeOf(limit))
        {
            long count = Healpix.FirstChildNest(edge.Nside, 1, nside), first = edge.Nest * count;
            for (long pixel = first; pixel < first + count; pixel++)
            {
                if (!tracer.IsInside(pixel)) continue;
                Healpix.NeighboursNest(nside, pixel, eight);
                for (int side = 0; side < Sides; side += 2)
                {
                    if (!tracer.IsInside(eight[side]) && !tracer._walked.Contains((pixel, eight[side]))) lines.Add(tracer.Walk(pixel, side));
                }
            }
        }

        return [.. lines.OrderByDescending(line => line.Length)];
    }

    private Vector3d[] Walk(long inside, int side)
    {
        List<Vector3d> line = [];
        Span<long> eight = stackalloc long[8], other = stackalloc long[8];
        Healpix.NeighboursNest(_nside, inside, eight);
        while (_walked.Add((inside, eight[side])))
        {
            if (line.Count > LongestWalk) throw new InvalidOperationException($"A contour at 2ΔlnL = {_limit} has more than {LongestWalk} points; the map is too rough to draw.");
            long outside = eight[side];
            line.Add(Crossing(inside, outside));
            int left = (side + 6) % Sides;
            long beside = eight[left], across = eight[(side + 7) % Sides];      // around the corner that the side ends in
            if (!IsInside(beside))
            {
                side = left;        // stays with this pixel
                continue;
            }

            // Straight on along the next pixel, or right around the one across the corner. Where three pixels meet none is across.
            (inside, outside) = across < 0 ? (beside, outside) : IsInside(across) ? (across, outside) : (beside, across);
            Healpix.NeighboursNest(_nside, inside, other);
            other.CopyTo(eight);
            side = 0;
            while (eight[side] != outside) side += 2;
        }

        return [.. line];
    }

    private bool IsInside(long pixel) => Value(pixel) <= _limit;

    private double Value(long pixel)
    {
        if (!_values.TryGetValue(pixel, out double value)) _values[pixel] = value = _map.Value(Healpix.PixelToVectorNest(_nside, pixel));
        return value;
    }

    private Vector3d Crossing(long inside, long outside)
    {
        double low = Value(inside), high = Value(outside);
        double share = double.IsFinite(high) ? (_limit - low) / (high - low) : 0.5;
        // Never quite on a middle: lines of two regions would touch there.
        share = Math.Clamp(share, 0.01, 0.99);
        return (((1 - share) * Healpix.PixelToVectorNest(_nside, inside)) + (share * Healpix.PixelToVectorNest(_nside, outside))).Normalized();
    }
}
