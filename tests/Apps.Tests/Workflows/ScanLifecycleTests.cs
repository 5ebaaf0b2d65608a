using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Workflows;

public class ScanLifecycleTests
{
    private static readonly ScanLifecycleInputV1 Input = new("scan1", "event1", Priority: 0);
    private static readonly LifecycleTermsV1 Terms = new(
        ScanEngine.Native, LaunchAttempts: 3, LaunchRetrySeconds: 300, NoRoomSeconds: 20, ServerStartSeconds: 900, ScanSeconds: 172_800, TeardownSeconds: 0);
    private static readonly ScanPreparedV1 Prepared = new("scan1", "dummy", [new("local", 2)], null, null);
    private static readonly ScanEndedV1 Finished = new("scan1", ScanActorState.Finished, null, 768, SetAside: 3);

    [Fact]
    public async Task Run_ScanFinishes_TakesEveryStepOnceAndIsDone()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        Assert.False(run.IsCompleted);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Done, null), await run);
        Assert.Equal(
            [
                ActivityNames.UpdateManifest, ActivityNames.EnterBacklog, ActivityNames.TakePermit,
                ActivityNames.UpdateManifest, ActivityNames.PrepareEvent, ActivityNames.OpenScan, ActivityNames.UpdateManifest, ActivityNames.DeployWorkers, ActivityNames.HintWorkers,
                ActivityNames.UpdateManifest, ActivityNames.UpdateManifest, ActivityNames.RemoveWorkers, ActivityNames.LeaveBacklog, ActivityNames.UpdateManifest, ActivityNames.Notify,
            ],
            context.CallNames);
        ManifestUpdateV1[] updates = [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest)];
        Assert.Equal([ScanPhase.Backlogged, ScanPhase.Launching, ScanPhase.Scanning, ScanPhase.FinalStored, ScanPhase.TearingDown, ScanPhase.Done], updates.Select(u => u.Phase));
        Assert.Equal((Deactivated.Finished, 3L), (updates[4].EwmsDeactivated, updates[4].SetAside));
        Assert.Equal((true, (bool?)null, (string?)null), (updates[5].Complete, updates[5].LingeringCompute, updates[5].Failure));
        Assert.Equal(new WorkerDeploymentV1("scan1", "dummy", "local", 2, "scan1:start:0"), context.Inputs<WorkerDeploymentV1>(ActivityNames.DeployWorkers).Single());
        Assert.Equal(2, context.Inputs<WorkerHintForScanV1>(ActivityNames.HintWorkers).Single().Workers);
    }

    [Fact]
    public async Task Run_EventCannotBeScanned_FailsWithoutOpeningAnything()
    {
        TestWorkflowContext context = World().Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => Prepared with { Clusters = [], Failure = "no pulses" });
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "no pulses"), await context.Start(Input));
        Assert.Equal("no pulses", Failure(context));
        Assert.True(LastUpdate(context).Complete);
        Assert.DoesNotContain(ActivityNames.OpenScan, context.CallNames);
        Assert.DoesNotContain(ActivityNames.AbortScan, context.CallNames);
    }

    [Theory]
    [InlineData(ActivityNames.PrepareEvent, false)]
    [InlineData(ActivityNames.OpenScan, true)]
    public async Task Run_LaunchBreaks_TriesThreeTimesThenFailsWithItsReason(string step, bool opened)
    {
        TestWorkflowContext context = World().Fail(step, "store away");
        Task<ScanOutcomeV1> run = context.Start(Input);
        for (int i = 0; i < 2; i++)
        {
            Assert.False(run.IsCompleted);
            Assert.Equal(TimeSpan.FromMinutes(5), context.Timers[^1]);
            Assert.Contains($"Launch {i + 1} of 3 failed: store away", context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last().Waiting);
            context.FireTimer();
        }

        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "The scan could not be launched, 3 times; the last time: store away"), await run);
        Assert.Equal(3, context.CallNames.Count(name => name == step));
        Assert.Equal(opened, context.CallNames.Contains(ActivityNames.AbortScan));
        Assert.True(LastUpdate(context).Complete);
        Assert.Contains(ActivityNames.LeaveBacklog, context.CallNames);
    }

    [Fact]
    public async Task Run_SecondLaunchSucceeds_ScansAndWaitsNoMore()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.OpenScan, "no scanner");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Answer<object>(ActivityNames.OpenScan, _ => null);
        context.FireTimer();
        Assert.Equal("", context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last(u => u.Waiting is not null).Waiting);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Run_AbortedBetweenLaunches_Stops()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.PrepareEvent, "store away");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        Assert.Equal(ScanPhase.Stopped, (await run).Phase);
    }

    [Theory]
    [InlineData(ActivityNames.PrepareEvent, false, false)]
    [InlineData(ActivityNames.OpenScan, true, false)]
    [InlineData(ActivityNames.DeployWorkers, true, true)]
    [InlineData(ActivityNames.HintWorkers, true, true)]
    public async Task Run_AbortedDuringAStep_StopsAfterItAndTakesBackWhatWasDone(string step, bool opened, bool deployed)
    {
        TestWorkflowContext context = World();
        object? answer = step switch
        {
            ActivityNames.PrepareEvent => Prepared,
            ActivityNames.DeployWorkers => new WorkersStartedV1(2),
            _ => null,
        };
        context.Answer<object>(step, _ =>
        {
            context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
            return answer;
        });
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Stopped, "aborted on request"), await context.Start(Input));
        Assert.Equal(opened, context.CallNames.Contains(ActivityNames.OpenScan));
        Assert.Equal(opened, context.CallNames.Contains(ActivityNames.AbortScan));
        Assert.Equal(deployed, context.CallNames.Contains(ActivityNames.DeployWorkers));
        Assert.Contains(ActivityNames.RemoveWorkers, context.CallNames);
        Assert.Contains(context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest), u => u is { Phase: ScanPhase.Aborting, EwmsDeactivated: Deactivated.Aborted });
    }

    [Fact]
    public async Task Run_AbortedWhileScanning_ClosesLedgerThenWorkers()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        Assert.Equal(ScanPhase.Stopped, (await run).Phase);
        Assert.Equal(
            [ActivityNames.UpdateManifest, ActivityNames.UpdateManifest, ActivityNames.AbortScan, ActivityNames.RemoveWorkers, ActivityNames.LeaveBacklog, ActivityNames.UpdateManifest, ActivityNames.Notify],
            context.CallNames.TakeLast(7));
        Assert.Equal(Deactivated.Aborted, context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last(u => u.EwmsDeactivated is not null).EwmsDeactivated);
    }

    [Fact]
    public async Task Run_ScannerReportsFailure_FailsWithItsReason()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, new ScanEndedV1("scan1", ScanActorState.Failed, "bad plan", 0, 0));
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "bad plan"), await run);
        Assert.Equal("bad plan", Failure(context));
    }

    [Fact]
    public async Task Run_WorkersKeepVanishing_ReplacesThemThreeTimesThenFails()
    {
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(0));
        Task<ScanOutcomeV1> run = context.Start(Input);
        for (int i = 0; i < 4; i++)
        {
            Assert.False(run.IsCompleted);
            context.FireTimer();
        }

        ScanOutcomeV1 outcome = await run;
        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Contains("4 times", outcome.Reason);
        Assert.Equal(
            ["scan1:start:0", "scan1:replace-1:0", "scan1:replace-2:0", "scan1:replace-3:0"],
            context.Inputs<WorkerDeploymentV1>(ActivityNames.DeployWorkers).Select(d => d.IdempotencyKey));
        Assert.Contains(ActivityNames.AbortScan, context.CallNames);
    }

    [Fact]
    public async Task Run_NoRoomForWorkersYet_AsksAgainWithoutCountingItAsALoss()
    {
        int asked = 0;
        TestWorkflowContext context = World()
            .Answer<WorkerDeploymentV1>(ActivityNames.DeployWorkers, _ => new WorkersStartedV1(++asked < 8 ? 0 : 1, asked == 1 ? "exceeded quota" : null))
            .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(asked < 8 ? 0 : 1));
        Task<ScanOutcomeV1> run = context.Start(Input);
        for (int i = 0; i < 8; i++) context.FireTimer();
        Assert.Equal(8, asked);
        Assert.All(context.Timers.Skip(2).SkipLast(1), pause => Assert.Equal(TimeSpan.FromSeconds(20), pause));
        string[] waiting = [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Select(u => u.Waiting).Where(w => w is not null).Skip(1).Select(w => w!)];
        Assert.Equal("There is no room for workers yet at local (exceeded quota); asked again at 2026-01-01 00:00:20 UTC.", waiting[0]);
        Assert.Equal((8, ""), (waiting.Length, waiting[^1]));
        Assert.Equal(TimeSpan.FromSeconds(40), context.Timers[^1]);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Run_LauncherCannotCount_LeavesTheWorkersAlone()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.CountWorkers, "launcher away");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.FireTimer();
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Single(context.Inputs<WorkerDeploymentV1>(ActivityNames.DeployWorkers));
    }

    [Fact]
    public async Task Run_NoPlaceCanStartWorkers_FailsAndClosesTheLedger()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.DeployWorkers, "no such program");
        ScanOutcomeV1 outcome = await context.Start(Input);
        Assert.Equal((ScanPhase.Failed, "No workers could be started: no such program"), (outcome.Phase, outcome.Reason));
        Assert.Contains(ActivityNames.AbortScan, context.CallNames);
        Assert.Contains(ActivityNames.RemoveWorkers, context.CallNames);
    }

    [Fact]
    public async Task Run_OneOfTwoPlacesFails_GoesOnWithTheOther()
    {
        TestWorkflowContext context = World()
            .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => Prepared with { Clusters = [new("local", 2), new("far", 40)] })
            .Answer<WorkerDeploymentV1>(ActivityNames.DeployWorkers, d => d.Cluster == "far" ? throw TestWorkflowContext.Failure("refused") : new WorkersStartedV1(2));
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal(2, context.Inputs<WorkerHintForScanV1>(ActivityNames.HintWorkers).Single().Workers);
        Assert.Equal(["local", "far"], context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers).Single().Clusters);
    }

    [Fact]
    public async Task Run_WorkersAdded_AreHintedWatchedAndRemoved()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "far", 2, "r1"));
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "local", 2, "r2"));
        context.FireTimer();
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal(["scan1:start:0", "scan1:add:r1", "scan1:add:r2"], context.Inputs<WorkerDeploymentV1>(ActivityNames.DeployWorkers).Select(d => d.IdempotencyKey));
        Assert.Equal([2, 4, 6], context.Inputs<WorkerHintForScanV1>(ActivityNames.HintWorkers).Select(h => h.Workers));
        Assert.Equal([new("local", 4), new("far", 2)], context.Inputs<WorkerPlacesV1>(ActivityNames.CountWorkers).Single().Clusters);
        Assert.Equal(["local", "far"], context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers).Single().Clusters);
    }

    [Fact]
    public async Task Run_AddedWorkersCannotStart_ScanGoesOn()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Fail(ActivityNames.DeployWorkers, "refused");
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "far", 2, "r1"));
        Assert.False(run.IsCompleted);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Contains("far", context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers).Single().Clusters);
    }

    [Fact]
    public async Task Run_RemovalFailsForGood_EndsAndSaysThatComputeLingers()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.RemoveWorkers, "launcher gone");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal((true, true), (LastUpdate(context).Complete, LastUpdate(context).LingeringCompute));
    }

    [Fact]
    public async Task Run_NotifyFails_OutcomeStands()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.Notify, "no broker");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Run_LongScan_ContinuesWithAFreshHistoryWhereItWas()
    {
        TestWorkflowContext first = World();
        Task<ScanOutcomeV1> run = first.Start(Input);
        int looks = 0;
        for (; first.Continued is null && looks < 100; looks++) first.FireTimer();
        await run;
        Assert.InRange(looks, 5, 20);
        Assert.True(first.Calls.Count < 60, $"{first.Calls.Count} activities in one history");
        Assert.Equal(TimeSpan.FromMinutes(10), first.Timers[^1]);
        Assert.DoesNotContain(ActivityNames.RemoveWorkers, first.CallNames);

        TestWorkflowContext second = World();
        run = second.Start(first.Continued!);
        Assert.Equal(TimeSpan.FromMinutes(10), second.Timers.Single());
        Assert.Empty(second.Calls);
        second.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal(["local"], second.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers).Single().Clusters);
    }

    [Fact]
    public async Task Run_ScanEndsDuringTheLastLook_IsNotLostToTheFreshHistory()
    {
        int looks = 0;
        TestWorkflowContext context = World();
        // Whichever look would be the last of this history, the end comes in the middle of it.
        context.Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ =>
        {
            if (++looks == 15) context.Raise(WorkflowEvents.ScanEnded, Finished);
            return new WorkersCountedV1(2);
        });
        Task<ScanOutcomeV1> run = context.Start(Input);
        while (!run.IsCompleted && looks < 30) context.FireTimer();
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal(15, looks);
        Assert.Null(context.Continued);
    }

    private static TestWorkflowContext World(LifecycleTermsV1? terms = null, bool permit = true) => new TestWorkflowContext { IsPermittedAtOnce = permit }
        .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => terms ?? Terms)
        .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => Prepared)
        .Answer<WorkerDeploymentV1>(ActivityNames.DeployWorkers, d => new WorkersStartedV1(d.Count))
        .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(2))
        .Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 2);

    private static string? Failure(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Single(u => u.Failure is not null).Failure;

    private static ManifestUpdateV1 LastUpdate(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last();
}
