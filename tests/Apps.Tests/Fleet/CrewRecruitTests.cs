using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>Workers of a scan are asked for, wherever it wants them.</summary>
public sealed class CrewRecruitTests : ScanCrewTests
{
    [Fact]
    public async Task Recruit_TwoPlacesOfOneLauncher_EveryPairBecomesASubmissionThatTheManifestShows()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.Runner.PumpAsync();
        Assert.Equal([("sub-2", 3), ("sub-3", 2)], world.Launcher.Deployed.Select(d => (d.Place!, d.Count)));
        Assert.All(world.Launcher.Asked, component => Assert.Equal("workers-htcondor", component));
        DeployWorkersV1 request = world.Launcher.Deployed[0];
        Assert.Equal(("scan1", "scan1", "dummy", "http://api"), (request.Env["SKYDRIVER_SCAN_ID"], request.Env["SKYDRIVER_BATCH"], request.Env["SKYDRIVER_RECO_ALGO"], request.Env["SKYDRIVER_API"]));
        Assert.Equal(new WorkerResourcesV1(MemoryBytes: 8L << 30, DiskBytes: 1_000_000_001), request.Resources);
        ScanManifest manifest = (await world.Scans.GetManifestAsync("scan1"))!;
        Assert.Equal([("binding", "sub-2", 3), ("binding", "sub-3", 2)], manifest.CondorClusters.Select(c => (c.Collector, c.Schedd, c.Jobs)));
        Assert.Equal(2, manifest.CondorClusters.Select(c => c.ClusterId).Distinct().Count());
        Assert.Equal("deploy --place sub-2 --workers 3 --key fleet-1-1-1", manifest.TmsArgs[0]);
    }

    [Fact]
    public async Task Recruit_ThePlaceIsNamedTwice_BothPairsAreHonoured()
    {
        await StartAsync("scan1", [new("local", 1), new("local", 4)]);
        await world.Runner.PumpAsync();
        Assert.Equal([1, 4], world.Launcher.Deployed.Select(d => d.Count));
        Assert.Equal(["workers-local"], world.Launcher.Asked.Distinct());
    }

    [Fact]
    public async Task Recruit_FewerPixelsThanWorkers_OneWorkerAPixel()
    {
        await StartAsync("scan1", [new("local", 64)], pending: 12);
        await world.CycleAsync(2);
        Assert.Equal(12, world.Launcher.Alive.Count());
    }

    [Fact]
    public async Task Recruit_Again_OrdersNothingMoreAndAnAddedPlaceOnlyItsOwn()
    {
        await StartAsync("scan1", TwoPlaces);
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        world.PendingOf["scan1"] = 60;   // the scan is half done
        AddWorkersV1 wish = new("scan1", "local", 4, "wish-1");
        await RecruitAsync("scan1", TwoPlaces, wish);
        await RecruitAsync("scan1", TwoPlaces, wish);
        await world.CycleAsync(2);
        Assert.Equal([("sub-2", 3), ("sub-3", 2), ("local", 4)], world.Launcher.Deployed.Select(d => (d.Place!, d.Count)));
        ScanManifest manifest = (await world.Scans.GetManifestAsync("scan1"))!;
        Assert.Equal([null, null, "wish-1"], manifest.CondorClusters.Select(c => c.TaskforceUuid));
    }

    [Fact]
    public async Task Recruit_LauncherHasNumbersOfItsOwn_TheManifestHasThem()
    {
        world.Dapr.OnBinding = (_, operation, _) => operation == WorkerOperations.List ? new WorkerListV1([]) : new WorkersDeployedV1(["a"], new("cm.example.org", "sub-2.example.org", 90211), new("quota", "one more than fits"));
        await StartAsync("scan1", TwoPlaces[..1]);
        await world.Runner.PumpAsync();
        Assert.Equal(new WorkerClusterV1("cm.example.org", "sub-2.example.org", 90211, 1), Assert.Single((await world.Scans.GetManifestAsync("scan1"))!.CondorClusters));
    }

    [Fact]
    public async Task Declared_BeforeItsLauncherAnswered_CountsForTheRecruiterThatOrderedIt()
    {
        // The process is up and speaks while the submission is still being told.
        world.Launcher.OnDeploy = async () => await world.Fleet.DeclareWorker(new(new() { Name = "host-1", Concurrency = 1, LauncherId = "l0001", Batch = "scan1", Status = "running" }));
        await StartAsync("scan1", [new("sub-2", 1)]);
        await world.CycleAsync(3);
        Assert.Single(world.Launcher.Deployed);
        CrewMemberV1 member = Assert.Single((await world.Fleet.GetCrew("scan1")).Members);
        Assert.Equal(new CrewMemberV1("l0001", "htcondor", "sub-2", "scan1"), member);
        Assert.Equal("sub-2", Assert.Single((await world.Fleet.ListWorkers(new(Batches: ["scan1"]))).Value!.Workers).Region);
    }
}
