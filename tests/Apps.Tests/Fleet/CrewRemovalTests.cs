using SkyDriver.Contracts.Fleet;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>A scan is over: its workers serve the next one, or go.</summary>
public sealed class CrewRemovalTests : ScanCrewTests
{
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
}
