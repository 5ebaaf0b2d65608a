using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>A piece of the sky with one value. NESTED.</summary>
/// <param name="Value">2ΔlnL at its middle; +∞ where every fit failed, NaN where nothing was scanned.</param>
public readonly record struct SkyCell(int Nside, long Nest, double Value)
{
    /// <summary>Steradians.</summary>
    public double Area => Healpix.PixelArea(Nside);

    /// <summary>4·nside² + nested number: the one number that names cells of all sizes in multi-order files.</summary>
    public long Uniq => (4L * Nside * Nside) + Nest;

    /// <summary>Place along the nested curve, the same for every size of cell.</summary>
    internal long Start => Healpix.FirstChildNest(Nside, Nest, Healpix.MaxNside);
}

/// <summary>The whole sky as cells that do not overlap, split finely along the edges of regions, so that adding up cells gives the area and
/// the probability of a region to a few parts in a thousand, however large the scanned pixels are.</summary>
public sealed class SkyCells
{
    private const double CellsOfARegion = 8000;     // an edge crosses some 350 of them, and cuts each at random

    private readonly SkyMap _map;
    private readonly double[] _limits, _largestEdge;
    private readonly List<SkyCell>[] _edges;

    /// <param name="limits">In 2ΔlnL, ascending.</param>
    public SkyCells(SkyMap map, params double[] limits)
    {
        (_map, _limits) = (map, limits);
        _largestEdge = [.. limits.Select(limit => Math.Max(RegionArea.Steradians(map, limit), 1e-12) / CellsOfARegion)];
        _edges = [.. limits.Select(_ => new List<SkyCell>())];
        List<SkyCell> cells = [];
        foreach ((int nside, long nest) in map.Cells()) Split(cells, nside, nest);
        foreach ((int nside, long nest) in map.Unscanned()) cells.Add(new(nside, nest, double.NaN));
        cells.Sort((a, b) => a.Start.CompareTo(b.Start));
        Cells = cells;
    }

    /// <summary>In the order of the nested curve; together exactly the sphere.</summary>
    public IReadOnlyList<SkyCell> Cells { get; }

    /// <summary>Area of the cells within a limit, square degrees.</summary>
    public double SquareDegrees(double limit)
    {
        double steradians = 0;
        foreach (SkyCell cell in Cells)
        {
            if (cell.Value <= limit) steradians += cell.Area;
        }

        return steradians * RegionArea.SquareDegreesPerSteradian;
    }

    /// <summary>The cells through which the edge of a region runs.</summary>
    internal IReadOnlyList<SkyCell> EdgeOf(double limit) => _edges[Array.IndexOf(_limits, limit)];

    /// <summary>The nside at which the edge of a region is drawn: that of its smallest cells, or of the finest pixels if they are smaller.</summary>
    internal int EdgeNside(double limit)
    {
        int nside = _map.FinestNside;
        while (nside < Healpix.MaxNside && Healpix.PixelArea(nside) > _largestEdge[Array.IndexOf(_limits, limit)]) nside *= 2;
        return nside;
    }

    private void Split(List<SkyCell> cells, int nside, long nest)
    {
        (double centre, double smallest, double largest) = Survey(nside, nest);
        bool holdsBest = Healpix.VectorToPixelNest(nside, _map.BestDirection) == nest, split = false;
        double area = Healpix.PixelArea(nside);
        for (int i = 0; i < _limits.Length; i++)
        {
            if (!holdsBest && !(smallest <= _limits[i] && largest > _limits[i])) continue;
            if (area > _largestEdge[i] && nside < Healpix.MaxNside) split = true;
            else _edges[i].Add(new(nside, nest, centre));
        }

        if (!split)
        {
            cells.Add(new(nside, nest, centre));
            return;
        }

        for (long child = 4 * nest; child < (4 * nest) + 4; child++) Split(cells, 2 * nside, child);
    }

    private (double Centre, double Smallest, double Largest) Survey(int nside, long nest)
    {
        Vector3d middle = Healpix.PixelToVectorNest(nside, nest);
        double centre = _map.Value(middle), smallest = centre, largest = centre;
        Span<Vector3d> outline = stackalloc Vector3d[8];
        Healpix.BoundariesNest(nside, nest, outline);
        foreach (Vector3d point in outline)
        {
            // Just inside, so that the point speaks for this cell and not for its neighbours.
            double value = _map.Value(((0.999 * point) + (0.001 * middle)).Normalized());
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        }

        return (centre, smallest, largest);
    }
}
