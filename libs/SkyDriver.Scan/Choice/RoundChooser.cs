using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>Chooses the new pixels of a round.</summary>
internal sealed class RoundChooser(ScanPlan plan, PixelTable[] tables)
{
    /// <summary>New pixels per step, ascending; null when the round would go past the cap on pixels.</summary>
    /// <param name="reached">Index of the largest nside that met a threshold, -1 before the first round.</param>
    /// <param name="minimum">The best saved pixel of all nsides.</param>
    public List<long>[]? Choose(int reached, Pixel? minimum)
    {
        var steps = plan.Progression.Steps;
        int last = Math.Min(reached + 1, steps.Count - 1);
        var chosen = new List<long>[steps.Count];
        for (int step = 0; step < steps.Count; step++) chosen[step] = [];
        long room = plan.PixelLimit - tables.Sum(table => (long)table.Count);
        if (last == 0)
        {
            AddFirst(chosen[0]);
            return chosen[0].Count <= room ? chosen : null;
        }

        for (int step = 1; step <= last; step++)
        {
            var parents = PixelChoice.Refine(tables[step - 1], steps[step].PixelExtension, plan.NeighbourTrigger, minimum);
            if (!AddChildren(parents, tables[step - 1].Nside, tables[step], chosen[step], ref room)) return null;
        }

        return chosen;
    }

    private void AddFirst(List<long> result)
    {
        PixelTable first = tables[0];
        if (plan.Pointing is { } target)
        {
            Pixel centre = Pixel.At(first.Nside, target);
            PixelChoice.Disc(first.Nside, Healpix.PixelToVector(centre.Nside, centre.Ipix), plan.PointingRadius, result);
            result.RemoveAll(ipix => first.Find(ipix) >= 0);
        }
        else if (first.Count == 0)
        {
            long pixels = Healpix.PixelCount(first.Nside);
            result.Capacity = (int)pixels;
            for (long ipix = 0; ipix < pixels; ipix++) result.Add(ipix);
        }
    }

    /// <summary>Stops as soon as there are too many, so that memory stays within the cap.</summary>
    private static bool AddChildren(List<long> parents, int parentNside, PixelTable fine, List<long> result, ref long room)
    {
        long children = (long)(fine.Nside / parentNside) * (fine.Nside / parentNside);
        foreach (long parent in parents)
        {
            long first = Healpix.FirstChildNest(parentNside, Healpix.RingToNest(parentNside, parent), fine.Nside);
            for (long child = first; child < first + children; child++)
            {
                long ipix = Healpix.NestToRing(fine.Nside, child);
                if (fine.Find(ipix) >= 0) continue;
                if (room-- == 0) return false;
                result.Add(ipix);
            }
        }

        result.Sort();
        return true;
    }
}
