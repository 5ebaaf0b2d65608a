using Dapr;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>Workers of a scan are counted, and those that are gone replaced, until that helps nobody.</summary>
public sealed class CrewCountTests : ScanCrewTests
{
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
}
