using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The workers of scans: the activities of the life cycle, on the actors of the fleet and a launcher.</summary>
public abstract class ScanCrewTests
{
    private protected static readonly ClusterRequestV1[] TwoPlaces = [new("sub-2", 3), new("sub-3", 2)];

    private protected readonly FleetWorld world = new();
    private readonly WorkerPlaces places = WorkerPlacesTests.Places("sub-2=htcondor sub-3=htcondor local");

    private WorkerLaunchers Launchers => new(world.Dapr);

    private WorkerLogKeeper Logs => new(Launchers, world.Documents, NullLogger<WorkerLogKeeper>.Instance);

    private protected IEnumerable<string> Of(string place) => world.Launcher.Alive.Where(id => world.Launcher.Workers[id].Place == place);

    private protected async Task StartAsync(string scan, ClusterRequestV1[] clusters, long pending = 120, string tag = "v3.5")
    {
        ScanRequestV1 request = new()
        {
            ScanId = scan,
            DockerTag = tag,
            RecoAlgo = "dummy",
            Nsides = new() { ["8"] = 0 },
            RealOrSimulatedEvent = "simulated",
            RequestClusters = clusters,
            I3EventId = "e",
            WorkerMemoryBytes = 8L << 30,
            WorkerDiskBytes = 1_000_000_001,
        };
        await world.Scans.TryCreateAsync(request, new ScanManifest { ScanId = scan });
        world.PendingOf[scan] = pending;
        await RecruitAsync(scan, clusters);
    }

    private protected Task RecruitAsync(string scan, ClusterRequestV1[] clusters, params AddWorkersV1[] added) =>
        new RecruitWorkers(world, world.Scans, places).RunAsync(null!, new(scan, "dummy", clusters, added));

    private protected Task<WorkersCountedV1> CountAsync(string scan, ClusterRequestV1[] clusters) =>
        new CountWorkers(world, Launchers, Logs, places, world.Documents).RunAsync(null!, new(scan, clusters));

    private protected Task<int> RemoveAsync(string scan, params string[] where) => new RemoveWorkers(world, Launchers, Logs, places).RunAsync(null!, new(scan, where));

    /// <summary>All workers of a batch come to life.</summary>
    private protected async Task<WorkerV1[]> SpeakAsync(string batch)
    {
        WorkerV1[] rows = [.. (await world.Fleet.ListWorkers(new(Batches: [batch]))).Value!.Workers];
        foreach (WorkerV1 row in rows) await world.BeatAsync(row);
        return rows;
    }

    private protected async Task BeatAndCycleAsync(WorkerV1[] rows, int times)
    {
        for (int i = 0; i < times; i++)
        {
            foreach (WorkerV1 row in rows)
                if ((await world.Fleet.FindWorker(row.WorkerId)).IsOk) await world.BeatAsync(row);
            await world.CycleAsync();
        }
    }
}
