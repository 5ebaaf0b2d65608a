using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>A first look at how large the region is in which the interpolated map lies below a limit; <see cref="SkyCells"/> says it exactly.</summary>
internal static class RegionArea
{
    public const double SquareDegreesPerSteradian = 180 / Math.PI * (180 / Math.PI);

    private const int Refinements = 2;      // cells on the edge are halved so often
    private const int BestRefinements = 8;  // and the one that holds the best fit so often again: a region may lie wholly inside it

    public static double Steradians(SkyMap map, double limit)
    {
        double steradians = 0;
        foreach ((int nside, long nest) in map.Cells()) steradians += Below(map, nside, nest, limit, Refinements);
        return steradians;
    }

    private static double Below(SkyMap map, int nside, long nest, double limit, int refinements)
    {
        bool centre = map.Value(Healpix.PixelToVectorNest(nside, nest)) <= limit;
        bool holdsBest = refinements > -BestRefinements && Healpix.VectorToPixelNest(nside, map.BestDirection) == nest;
        if (!holdsBest && (refinements <= 0 || IsUniform(map, nside, nest, limit, centre)) || nside == Healpix.MaxNside) return centre ? Healpix.PixelArea(nside) : 0;
        double sum = 0;
        for (long child = 4 * nest; child < (4 * nest) + 4; child++) sum += Below(map, 2 * nside, child, limit, refinements - 1);
        return sum;
    }

    private static bool IsUniform(SkyMap map, int nside, long nest, double limit, bool centre)
    {
        Span<Vector3d> corners = stackalloc Vector3d[4];
        Healpix.BoundariesNest(nside, nest, corners);
        foreach (Vector3d corner in corners)
        {
            // Just inside, so that a corner speaks for this cell and not for its neighbours.
            Vector3d inside = ((0.999 * corner) + (0.001 * Healpix.PixelToVectorNest(nside, nest))).Normalized();
            if (map.Value(inside) <= limit != centre) return false;
        }

        return true;
    }
}
