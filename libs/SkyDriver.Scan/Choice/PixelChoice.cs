using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Scan;

/// <summary>Which pixels of one nside are to be looked at more finely.</summary>
internal static class PixelChoice
{
    // Wider than any rounding of arccos near 1 (1e-8), narrower than any pixel that matters.
    private const double DiscMargin = 1e-6;

    /// <summary>Pixels around the best fit, and neighbours that differ by more than the trigger: ascending, each once.</summary>
    /// <param name="coarse">The nside to refine; nothing is chosen from it before one of its pixels is saved.</param>
    /// <param name="extension">About how many pixels to refine around the best fit.</param>
    /// <param name="trigger">In −2 ln L.</param>
    /// <param name="minimum">The best saved pixel of all nsides; null while there is none that is not NaN.</param>
    public static List<long> Refine(PixelTable coarse, int extension, double trigger, Pixel? minimum)
    {
        var chosen = new List<long>();
        if (coarse.SavedPixels == 0) return chosen;
        if (minimum is { } best)
        {
            double radius = Math.Sqrt(extension * Healpix.PixelArea(coarse.Nside) / Math.PI);
            Disc(coarse.Nside, Healpix.PixelToVector(best.Nside, best.Ipix), radius, chosen);
        }

        if (AddSteepNeighbours(coarse, trigger, chosen))
        {
            chosen.Sort();
            Deduplicate(chosen);
        }

        return chosen;
    }

    /// <summary>Appends the pixels whose centre is strictly closer than the radius, the distance being the arccos of the dot product:
    /// near the radius another formula would choose other pixels than the reference does.</summary>
    public static void Disc(int nside, in Vector3d centre, double radius, List<long> result)
    {
        int first = result.Count;
        Healpix.Disc(nside, centre, Math.Min(radius + DiscMargin, Math.PI), result);
        int kept = first;
        for (int i = first; i < result.Count; i++)
        {
            double distance = Elementary.Acos(Math.Clamp(Healpix.PixelToVector(nside, result[i]).Dot(centre), -1, 1));
            if (distance < radius) result[kept++] = result[i];
        }

        result.RemoveRange(kept, result.Count - kept);
    }

    private static bool AddSteepNeighbours(PixelTable coarse, double trigger, List<long> chosen)
    {
        // No pair can differ by more than the whole map does; with real likelihoods this ends the matter.
        if (!(2 * (coarse.LlhRange.Highest - coarse.LlhRange.Lowest) > trigger)) return false;
        Span<long> neighbours = stackalloc long[8];
        for (int row = 0; row < coarse.Count; row++)
        {
            if (!coarse.IsSaved(row)) continue;
            double llh = coarse.Best(row).Llh;
            Healpix.Neighbours(coarse.Nside, coarse.Ipix(row), neighbours);
            foreach (long neighbour in neighbours)
            {
                int other = neighbour < 0 ? -1 : coarse.Find(neighbour);
                if (other < 0 || !coarse.IsSaved(other) || !(2 * Math.Abs(llh - coarse.Best(other).Llh) > trigger)) continue;
                chosen.Add(coarse.Ipix(row));
                chosen.Add(neighbour);
            }
        }

        return true;
    }

    private static void Deduplicate(List<long> ascending)
    {
        int kept = 0;
        for (int i = 0; i < ascending.Count; i++)
        {
            if (i == 0 || ascending[i] != ascending[i - 1]) ascending[kept++] = ascending[i];
        }

        ascending.RemoveRange(kept, ascending.Count - kept);
    }
}
