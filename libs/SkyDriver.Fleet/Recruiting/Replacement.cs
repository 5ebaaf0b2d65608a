using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>What takes the place of a worker that its provider took back.</summary>
public static class Replacement
{
    /// <summary>Times the price of what is replaced.</summary>
    public const double MostCost = 2;

    /// <summary>The cheapest line that is as large in everything, costs at most twice as much, and is less often taken back than the one before.</summary>
    /// <returns>Null when the worker's flavor is in no catalogue, or nothing is like it: the same is asked for again.</returns>
    public static FlavorV1? Choose(WorkerEntry worker, IReadOnlyList<FlavorV1> catalogue)
    {
        FlavorV1? before = catalogue.FirstOrDefault(f => f.Name == worker.Flavor && f.Provider == worker.Provider && f.Region == worker.Region);
        if (before is null) return null;
        return catalogue
            .Where(f => f.Available is not 0 && f.Cpu >= before.Cpu && f.Ram >= before.Ram && f.Disk >= before.Disk && (f.GpuMem ?? 0) >= (before.GpuMem ?? 0) && before.Tags.All(f.Tags.Contains))
            .Where(f => f.Cost <= MostCost * before.Cost && f.Eviction < before.Eviction)
            .OrderBy(f => f.Cost).ThenBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault();
    }
}
