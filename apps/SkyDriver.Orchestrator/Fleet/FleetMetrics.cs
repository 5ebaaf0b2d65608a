using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Shows how many workers there are, where, and how they are.</summary>
internal static class FleetMetrics
{
    private const string Lost = "lost", Unknown = "unknown", NoPlace = "none";

    public static void Note(FleetState fleet, IReadOnlyDictionary<string, BatchDigestV1> digests)
    {
        Dictionary<long, string> states = [];
        foreach (WorkerDigestV1 worker in digests.Values.SelectMany(d => d.Workers).Where(w => w.ReleasedTo is null)) states[worker.WorkerId] = worker.IsLost ? Lost : worker.Status;
        SkyDriverMetrics.Workers.SetAll(fleet.Workers.Values
            .GroupBy(w => (Place: w.Provider ?? NoPlace, State: states.GetValueOrDefault(w.Id, Unknown)))
            .Select(g => (new[] { g.Key.Place, g.Key.State }, (double)g.Count())));
    }
}
