using Dapr;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The workers of scans: the activities of the life cycle, on the actors of the fleet and a launcher.</summary>
public class ScanCrewTests
{
    private static readonly ClusterRequestV1[] TwoPlaces = [new("sub-2", 3), new("sub-3", 2)];

    private readonly FleetWorld world = new();
    private readonly WorkerPlaces places = Places("sub-2=htcondor sub-3=htcondor local");

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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Count_NoRoom_IsToldWhetherByAnAnswerOrByWords(bool byAnswer)
    {
        world.Launcher.Room = 0;
        if (!byAnswer) world.Launcher.Fault = new DaprException("binding failed", new InvalidOperationException("pods is forbidden: exceeded quota: compute"));
        await StartAsync("scan1", TwoPlaces);
        await world.Runner.PumpAsync();
        world.Launcher.Fault = null;
        WorkersCountedV1 count = await CountAsync("scan1", TwoPlaces);
        Assert.Equal((0, 0, false, null), (count.Living, count.Ordered, count.AllFailed, count.Fault));
        Assert.Equal(byAnswer ? "quota: all slots are taken" : "quota: pods is forbidden: exceeded quota: compute", count.Denied);
        Assert.Empty((await world.Scans.GetManifestAsync("scan1"))!.CondorClusters);
        world.Launcher.Room = 5;
        await world.CycleAsync(14);
        Assert.Equal((5, null), ((count = await CountAsync("scan1", TwoPlaces)).Living, count.Denied));
    }

    [Fact]
    public async Task Count_NoPlaceCanStartAny_SaysWhyOnceNobodyTriesAnyMore()
    {
        world.Launcher.Fault = FakeLauncher.Refusal("InvalidArgument", "place 'sub-2' is not known");
        await StartAsync("scan1", TwoPlaces);
        Assert.Equal(5, (await world.Fleet.GetCrew("scan1")).Ordered);
        await world.Runner.PumpAsync();
        world.Launcher.Fault = null;
        WorkersCountedV1 count = await CountAsync("scan1", TwoPlaces);
        Assert.Equal(("place 'sub-2' is not known", 0, 0), (count.Fault, count.Living, count.Ordered));
    }

    [Fact]
    public async Task Count_LauncherFailsAndIsTriedAgain_TheFirstFailureIsToldAtOnce()
    {
        world.Launcher.Fault = new InvalidOperationException("connection refused");
        await StartAsync("scan1", TwoPlaces);
        await world.Runner.PumpAsync();
        // Also when asking for a list fails alike.
        WorkersCountedV1 count = await CountAsync("scan1", TwoPlaces);
        Assert.Equal((0, 5, false, null), (count.Living, count.Ordered, count.AllFailed, count.Fault));
        Assert.Contains("connection refused", count.Trouble);
        world.Launcher.Fault = null;
        await world.CycleAsync(10);
        count = await CountAsync("scan1", TwoPlaces);
        Assert.Equal((5, 0, null), (count.Living, count.Ordered, count.Trouble));
    }

    [Fact]
    public async Task Count_SomeHaveEnded_TheyAreReplacedWhereTheyWereAsFarAsTheBacklogJustifies()
    {
        await StartAsync("scan1", TwoPlaces, pending: 100);
        await world.CycleAsync(2);
        world.Launcher.Exit(Of("sub-2").First(), 137);
        world.Launcher.Exit(Of("sub-3").First(), 3);
        WorkersCountedV1 count = await CountAsync("scan1", TwoPlaces);
        Assert.Equal((3, 2, false, "exit code 3 (1 times)"), (count.Living, count.Ordered, count.AllFailed, count.TopErrors));
        await world.CycleAsync(2);
        Assert.Equal((3, 2), (Of("sub-2").Count(), Of("sub-3").Count()));
        WorkforceV1 noted = world.Dapr.Read<WorkforceV1>(StateKeys.Workforce("scan1"))!;
        Assert.Equal((3, 3, 1, 1), (noted.NRunning, noted.Statuses["RUNNING"]["Running"], noted.Statuses["COMPLETED"]["FatalError"], noted.Statuses["COMPLETED"]["Done"]));
        Assert.Contains(world.Dapr.Read<WorkerLogsV1>(StateKeys.WorkerLogs("scan1"))!.Logs, log => log.Stdout.StartsWith("out of", StringComparison.Ordinal));

        // Near the end those that are there will do.
        world.PendingOf["scan1"] = 40;
        foreach (string id in Of("sub-2").ToArray()) world.Launcher.Exit(id, 137);
        await CountAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        Assert.Empty(Of("sub-2"));
    }

    [Fact]
    public async Task Count_NotListedOnce_IsNotGoneYetAndTwiceIs()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        string vanished = Of("sub-2").First();
        world.Launcher.Workers.Remove(vanished);
        Assert.Equal((4, 0), (await CountAsync("scan1", TwoPlaces)) is var once ? (once.Living, once.Ordered) : default);
        Assert.Equal((4, 1), (await CountAsync("scan1", TwoPlaces)) is var twice ? (twice.Living, twice.Ordered) : default);
        await world.CycleAsync(2);
        Assert.Equal(3, Of("sub-2").Count());
    }

    [Fact]
    public async Task Count_APlaceDoesNotAnswer_ItsWorkersCountAsLivingAndNoneIsReplaced()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        world.Launcher.Unreachable.Add("sub-2");
        for (int i = 0; i < 3; i++) Assert.Equal((5, 0), (await CountAsync("scan1", TwoPlaces)) is var count ? (count.Living, count.Ordered) : default);
        await world.CycleAsync(125);   // nor by the fleet's own sweeps
        Assert.Equal(2, world.Launcher.Deployed.Count);
        Assert.Equal(5, (await world.Fleet.ListWorkers(new())).Value!.Workers.Count);
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(137, 3, false)]     // killed from outside
    [InlineData(0, 1, false)]
    [InlineData(null, 1, false)]
    public async Task Count_AllExited_HaveFailedOnlyIfByThemselvesAndEverywhere(int? first, int second, bool failed)
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        foreach (string id in Of("sub-2").ToArray()) world.Launcher.Exit(id, first);
        foreach (string id in Of("sub-3").ToArray()) world.Launcher.Exit(id, second);
        Assert.Equal(failed, (await CountAsync("scan1", TwoPlaces)).AllFailed);
    }

    [Fact]
    public async Task Count_ReplacementsFailToo_IsGivenUpAlthoughSomeLive()
    {
        ClusterRequestV1[] one = [new("local", 2)];
        await StartAsync("scan1", one);
        string survivor = world.Launcher.Strange("scan1");
        world.Launcher.Workers[survivor] = world.Launcher.Workers[survivor] with { Place = "local" };
        for (int generation = 1; generation <= 4; generation++)
        {
            await world.CycleAsync(2);
            foreach (string id in world.Launcher.Alive.Where(id => id != survivor).ToArray()) world.Launcher.Exit(id, 3);
            Assert.Equal(generation == 4, (await CountAsync("scan1", one)).AllFailed);
        }
    }

    [Fact]
    public async Task Count_ScannerIsAway_WhatIsKnownOfItsWorkStays()
    {
        await StartAsync("scan1", TwoPlaces, pending: 100);
        world.PendingOf.Remove("scan1");
        await CountAsync("scan1", TwoPlaces);
        Assert.Equal(100, (await world.Batch("scan1").Describe()).Value!.ExternalPending);
    }

    [Fact]
    public async Task Remove_WorkersWithoutAHeartbeat_GoAtOnceAndSoDoOrphansAndTheDead()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        world.Launcher.Exit(Of("sub-2").First(), 0);
        world.Launcher.Strange("scan1");
        string other = world.Launcher.Strange("scan2");
        await new FreeWorkers(world).RunAsync(null!, "scan1");
        await world.CycleAsync(3);
        Assert.Equal(6, world.Launcher.Alive.Count());   // the result may still be waited for
        Assert.Equal(5, await RemoveAsync("scan1", "sub-2", "sub-3"));
        await world.Runner.PumpAsync();
        Assert.Equal(0, await RemoveAsync("scan1", "sub-2", "sub-3"));
        Assert.Equal([other], world.Launcher.Workers.Keys);
        Assert.Empty((await world.Fleet.ListWorkers(new())).Value!.Workers);
        await world.CycleAsync(2);
        Assert.DoesNotContain("scan1", (await world.Directory.ListActiveAsync()).Keys);
        // Nothing brings it back to life.
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("scan1", TwoPlaces));
        await CountAsync("scan1", TwoPlaces);
        await world.CycleAsync(3);
        Assert.Equal([other], world.Launcher.Workers.Keys);
    }

    [Fact]
    public async Task Remove_AnOrderIsStillOpen_ItEndsAndNobodyComesOfIt()
    {
        await StartAsync("scan1", TwoPlaces);
        Assert.Equal(0, await RemoveAsync("scan1", "sub-2", "sub-3"));
        await world.CycleAsync(3);
        Assert.Empty(world.Launcher.Workers);
        Assert.All((await world.Fleet.ListJobs(new())).Value!.Jobs, job => Assert.Contains("Its scan is over.", job.Log));
    }

    [Fact]
    public async Task Remove_LauncherSubmittedWithoutTelling_TheSweepFindsThem()
    {
        await StartAsync("scan1", TwoPlaces);
        await RemoveAsync("scan1", "sub-2", "sub-3");
        // What an activity that was under way at the end left behind.
        world.Launcher.Strange("scan1");
        await world.CycleAsync(61);
        Assert.Empty(world.Launcher.Workers);
    }

    [Fact]
    public async Task Remove_APlaceDoesNotAnswer_IsNotDone()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        world.Launcher.Unreachable.Add("sub-3");
        InvalidOperationException fault = await Assert.ThrowsAsync<InvalidOperationException>(() => RemoveAsync("scan1", "sub-2", "sub-3"));
        Assert.Contains("sub-3 does not answer: its scheduler is away", fault.Message);
    }

    [Fact]
    public async Task Recycling_WorkersWithAHeartbeat_GoToTheNextScanOfTheSameKindAndPlace()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        WorkerV1[] rows = await SpeakAsync("scan1");
        await new FreeWorkers(world).RunAsync(null!, "scan1");
        // Of another image; at another place; and the right one.
        await StartAsync("other", [new("sub-2", 1)], tag: "v4");
        await StartAsync("far", [new("local", 1)]);
        await StartAsync("next", [new("sub-2", 2), new("sub-3", 1)]);
        await world.CycleAsync(2);
        Assert.Equal([5], world.Launcher.Deployed.GroupBy(d => d.ScanId).Where(g => g.Key == "scan1").Select(g => g.Sum(d => d.Count)));
        Assert.Equal([("other", 1), ("far", 1)], world.Launcher.Deployed.Where(d => d.ScanId != "scan1").Select(d => (d.ScanId, d.Count)));
        CrewV1 crew = await world.Fleet.GetCrew("next");
        Assert.Equal([("scan1", "sub-2"), ("scan1", "sub-2"), ("scan1", "sub-3")], crew.Members.Select(m => (m.LaunchedFor, m.Place)));
        WorkerV1 moved = rows.First(r => crew.Members.Any(m => m.Id == r.LauncherId));
        Assert.Equal("next", (await world.BeatAsync(moved)).Worker.Batch);

        // They are counted for the scan that they serve, and survive the end of the one that they came for.
        Assert.Equal(3, (await CountAsync("next", [new("sub-2", 2), new("sub-3", 1)])).Living);
        Assert.Equal(0, await RemoveAsync("scan1", "sub-2", "sub-3"));
        await BeatAndCycleAsync(rows, 6);
        Assert.Equal(3, (await CountAsync("next", [new("sub-2", 2), new("sub-3", 1)])).Living);
        Assert.Equal(5, world.Launcher.Alive.Count());

        // One of them ends: its replacement is started for the new scan.
        world.Launcher.Exit(crew.Members[2].Id, 0);
        await CountAsync("next", [new("sub-2", 2), new("sub-3", 1)]);
        await world.CycleAsync(2);
        Assert.Equal(("next", 1, "sub-3"), (world.Launcher.Deployed[^1].ScanId, world.Launcher.Deployed[^1].Count, world.Launcher.Deployed[^1].Place));
        await new FreeWorkers(world).RunAsync(null!, "next");
        await RemoveAsync("next", "sub-2", "sub-3");
        await BeatAndCycleAsync(rows, 6);
        Assert.Equal(["far", "other"], world.Launcher.Alive.Select(id => world.Launcher.Workers[id].Batch).Order());
    }

    [Fact]
    public async Task Linger_NobodyWantsThem_TheyGoAfterIt()
    {
        await StartAsync("scan1", TwoPlaces);
        await world.CycleAsync(2);
        WorkerV1[] rows = await SpeakAsync("scan1");
        await new FreeWorkers(world).RunAsync(null!, "scan1");
        Assert.Equal(0, await RemoveAsync("scan1", "sub-2", "sub-3"));
        await BeatAndCycleAsync(rows, 3);
        Assert.Equal(5, world.Launcher.Alive.Count());
        await BeatAndCycleAsync(rows, 2);
        Assert.Empty(world.Launcher.Workers);
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

    [Theory]
    [InlineData("a=b=c", "has 'a=b=c'")]
    [InlineData("a a=b", "names 'a' twice")]
    [InlineData("a=", "has 'a='")]
    [InlineData("a;rm", "has 'a;rm'")]
    public void Places_Wrong_AreRefusedWithTheRemedy(string setting, string fault)
    {
        SettingsException faults = Assert.Throws<SettingsException>(() => Places(setting));
        Assert.Contains("SKYDRIVER_CLUSTERS " + fault, Assert.Single(faults.Faults));
    }

    [Fact]
    public void Places_AreReadAlikeByEveryService()
    {
        Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection([new("SKYDRIVER_CLUSTERS", "sub-2=htcondor sub-3=htcondor, local")]).Build());
        Assert.Equal(["sub-2", "sub-3", "local"], SkyDriver.Api.ApiOptions.Read(settings).Clusters);
        Assert.Equal(["htcondor", "htcondor", "local", "gone"], new[] { "sub-2", "sub-3", "local", "gone" }.Select(WorkerPlaces.Read(settings).LauncherOf));
        settings.ThrowIfFaulty();
    }

    private static WorkerPlaces Places(string setting)
    {
        Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection([new("SKYDRIVER_CLUSTERS", setting)]).Build());
        WorkerPlaces read = WorkerPlaces.Read(settings);
        settings.ThrowIfFaulty();
        return read;
    }

    private IEnumerable<string> Of(string place) => world.Launcher.Alive.Where(id => world.Launcher.Workers[id].Place == place);

    private WorkerLaunchers Launchers => new(world.Dapr);

    private WorkerLogKeeper Logs => new(Launchers, world.Documents, NullLogger<WorkerLogKeeper>.Instance);

    private async Task StartAsync(string scan, ClusterRequestV1[] clusters, long pending = 120, string tag = "v3.5")
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

    private Task RecruitAsync(string scan, ClusterRequestV1[] clusters, params AddWorkersV1[] added) =>
        new RecruitWorkers(world, world.Scans, places).RunAsync(null!, new(scan, "dummy", clusters, added));

    private Task<WorkersCountedV1> CountAsync(string scan, ClusterRequestV1[] clusters) =>
        new CountWorkers(world, Launchers, Logs, places, world.Documents).RunAsync(null!, new(scan, clusters));

    private Task<int> RemoveAsync(string scan, params string[] where) => new RemoveWorkers(world, Launchers, Logs, places).RunAsync(null!, new(scan, where));

    /// <summary>All workers of a batch come to life.</summary>
    private async Task<WorkerV1[]> SpeakAsync(string batch)
    {
        WorkerV1[] rows = [.. (await world.Fleet.ListWorkers(new(Batches: [batch]))).Value!.Workers];
        foreach (WorkerV1 row in rows) await world.BeatAsync(row);
        return rows;
    }

    private async Task BeatAndCycleAsync(WorkerV1[] rows, int times)
    {
        for (int i = 0; i < times; i++)
        {
            foreach (WorkerV1 row in rows)
                if ((await world.Fleet.FindWorker(row.WorkerId)).IsOk) await world.BeatAsync(row);
            await world.CycleAsync();
        }
    }
}
