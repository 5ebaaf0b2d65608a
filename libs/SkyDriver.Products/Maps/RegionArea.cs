using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>Sky area where the interpolated map lies below a limit, the same surface whose contour is drawn.</summary>
public static class RegionArea
{
    private const int Refinements = 4;      // cells on the edge are halved so often; leaves about 1 % of a pixel

    /// <returns>Square degrees.</returns>
    public static double SquareDegrees(SkyMap map, double limit)
    {
        double steradians = 0;
        foreach ((int nside, long nest) in map.Cells()) steradians += Below(map, nside, nest, limit, Refinements);
        return steradians * (180 / Math.PI) * (180 / Math.PI);
    }

    private static double Below(SkyMap map, int nside, long nest, double limit, int refinements)
    {
        bool centre = map.Value(Healpix.PixelToVectorNest(nside, nest)) <= limit;
        if (refinements == 0) return centre ? Healpix.PixelArea(nside) : 0;
        Span<Vector3d> corners = stackalloc Vector3d[4];
        Healpix.BoundariesNest(nside, nest, corners);
        bool uniform = true;
        for (int i = 0; uniform && i < 4; i++)
        {
            // Just inside, so that a corner speaks for this cell and not for its neighbours.
            Vector3d inside = ((0.999 * corners[i]) + (0.001 * Healpix.PixelToVectorNest(nside, nest))).Normalized();
            uniform = map.Value(inside) <= limit == centre;
        }

        if (uniform && !(refinements == Refinements && HoldsBest(map, nside, nest))) return centre ? Healpix.PixelArea(nside) : 0;
        double sum = 0;
        for (long child = 4 * nest; child < (4 * nest) + 4; child++) sum += Below(map, 2 * nside, child, limit, refinements - 1);
        return sum;
    }

    // A region may lie wholly inside one cell.
    private static bool HoldsBest(SkyMap map, int nside, long nest) => Healpix.VectorToPixelNest(nside, map.BestDirection) == nest;
}
