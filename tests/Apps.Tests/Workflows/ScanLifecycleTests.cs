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
                ActivityNames.UpdateManifest, ActivityNames.PrepareEvent, ActivityNames.OpenScan, ActivityNames.UpdateManifest, ActivityNames.RecruitWorkers, ActivityNames.HintWorkers,
                ActivityNames.FreeWorkers, ActivityNames.UpdateManifest, ActivityNames.UpdateManifest, ActivityNames.RemoveWorkers, ActivityNames.LeaveBacklog, ActivityNames.UpdateManifest, ActivityNames.Notify,
            ],
            context.CallNames);
        ManifestUpdateV1[] updates = [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest)];
        Assert.Equal([ScanPhase.Backlogged, ScanPhase.Launching, ScanPhase.Scanning, ScanPhase.FinalStored, ScanPhase.TearingDown, ScanPhase.Done], updates.Select(u => u.Phase));
        Assert.Equal((Deactivated.Finished, 3L), (updates[4].EwmsDeactivated, updates[4].SetAside));
        Assert.Equal((true, (bool?)null, (string?)null), (updates[5].Complete, updates[5].LingeringCompute, updates[5].Failure));
        RecruitWorkersV1 wanted = context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers).Single();
        Assert.Equal(("scan1", "dummy", 0), (wanted.ScanId, wanted.RecoAlgo, wanted.Added.Count));
        Assert.Equal([new("local", 2)], wanted.Clusters);
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
    [InlineData(ActivityNames.RecruitWorkers, true, true)]
    [InlineData(ActivityNames.HintWorkers, true, true)]
    public async Task Run_AbortedDuringAStep_StopsAfterItAndTakesBackWhatWasDone(string step, bool opened, bool deployed)
    {
        TestWorkflowContext context = World();
        object? answer = step switch
        {
            ActivityNames.PrepareEvent => Prepared,
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
        Assert.Equal(deployed, context.CallNames.Contains(ActivityNames.RecruitWorkers));
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
            [ActivityNames.FreeWorkers, ActivityNames.UpdateManifest, ActivityNames.AbortScan, ActivityNames.RemoveWorkers, ActivityNames.LeaveBacklog, ActivityNames.UpdateManifest, ActivityNames.Notify],
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
    public async Task Run_WorkersVanishAndCome_TellsTheScanHowManyThereAre()
    {
        int[] counts = [0, 1, 1, 2];
        int looks = 0;
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(counts[looks++], Ordered: 1));
        Task<ScanOutcomeV1> run = context.Start(Input);
        while (looks < counts.Length) context.FireTimer();
        Assert.Equal([2, 1, 2], context.Inputs<WorkerHintForScanV1>(ActivityNames.HintWorkers).Select(h => h.Workers));
        Assert.Equal([5, 10, 20, 40, 80], context.Timers.Skip(2).Select(t => t.TotalSeconds));
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Single(context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers));
    }

    [Fact]
    public async Task Run_LaunchersFail_SaysSoAtTheFirstLookAndUntilTheyDoNot()
    {
        Queue<WorkersCountedV1> counts = new([new(0, Ordered: 2, Trouble: "connection refused"), new(0, Ordered: 2, Trouble: "connection refused"), new(0, Ordered: 2, Trouble: "no such host"), new(2)]);
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => counts.Dequeue());
        Task<ScanOutcomeV1> run = context.Start(Input);
        while (counts.Count > 0) context.FireTimer();
        string[] told = [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Select(u => u.Waiting).OfType<string>().TakeLast(3)];
        Assert.Equal(["No workers could be started yet at local (connection refused); it is tried again.", "No workers could be started yet at local (no such host); it is tried again.", ""], told);
        // Soon, as long as there are none.
        Assert.Equal([5, 10, 10, 10], context.Timers.Skip(2).Take(4).Select(t => t.TotalSeconds));
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Run_NoRoomForWorkersYet_SaysSoUntilThereIs()
    {
        int looks = 0;
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => ++looks < 4 ? new WorkersCountedV1(0, Denied: "exceeded quota") : new(1));
        Task<ScanOutcomeV1> run = context.Start(Input);
        while (looks < 5) context.FireTimer();
        Assert.Equal([5, 20, 20, 20, 40, 80], context.Timers.Skip(2).Select(t => t.TotalSeconds));
        string[] waiting = [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Select(u => u.Waiting).Where(w => w is not null).Skip(1).Select(w => w!)];
        Assert.Equal(["There is no room for workers yet at local (exceeded quota); asked again every 20 seconds.", ""], waiting);
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
        Assert.Single(context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers));
    }

    [Fact]
    public async Task Run_NoPlaceCanStartWorkers_FailsAndClosesTheLedger()
    {
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(0, Fault: "no such program"));
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.FireTimer();
        ScanOutcomeV1 outcome = await run;
        Assert.Equal((ScanPhase.Failed, "No workers could be started: no such program"), (outcome.Phase, outcome.Reason));
        Assert.Contains(ActivityNames.AbortScan, context.CallNames);
        Assert.Contains(ActivityNames.RemoveWorkers, context.CallNames);
    }

    [Fact]
    public async Task Run_FleetCannotBeAsked_FailsWithTheReason()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.RecruitWorkers, "the fleet is away");
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "the fleet is away"), await context.Start(Input));
        Assert.Contains(ActivityNames.RemoveWorkers, context.CallNames);
    }

    [Fact]
    public async Task Run_WorkersTakeTheirTimeToGo_IsCompleteWhenTheyAreGone()
    {
        int asked = 0;
        TestWorkflowContext context = World().Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => ++asked < 4 ? 2 : 0);
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(run.IsCompleted);
            Assert.NotEqual(true, LastUpdate(context).Complete);
            context.FireTimer();
        }

        await run;
        Assert.Equal((true, (bool?)null, 4), (LastUpdate(context).Complete, LastUpdate(context).LingeringCompute, asked));
        Assert.Equal([0.5, 1, 2], context.Timers.TakeLast(3).Select(t => t.TotalSeconds));
    }

    [Fact]
    public async Task Run_WorkersDoNotGoForAnHour_EndsAndSaysThatComputeLingers()
    {
        TestWorkflowContext context = World().Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 2);
        Task<ScanOutcomeV1> run = context.Start(Input);
        DateTime ended = context.CurrentUtcDateTime;
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        while (!run.IsCompleted) context.FireTimer();
        Assert.Equal((true, true), (LastUpdate(context).Complete, LastUpdate(context).LingeringCompute));
        Assert.InRange((context.CurrentUtcDateTime - ended).TotalMinutes, 50, 70);
    }

    [Fact]
    public async Task Run_WorkersAdded_AreHintedWatchedAndRemoved()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "far", 2, "r1"));
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "local", 2, "r2"));
        context.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "local", 2, "r2"));   // the same wish again
        context.FireTimer();
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Equal(["", "r1", "r1 r2"], context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers).Select(r => string.Join(' ', r.Added.Select(a => a.RequestId))));
        Assert.Equal([2, 4, 6, 2], context.Inputs<WorkerHintForScanV1>(ActivityNames.HintWorkers).Select(h => h.Workers));
        Assert.Equal([new("local", 4), new("far", 2)], context.Inputs<WorkerPlacesV1>(ActivityNames.CountWorkers).Single().Clusters);
        Assert.Equal(["local", "far"], context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers).Single().Clusters);
    }

    [Fact]
    public async Task Run_AddedWorkersCannotStart_ScanGoesOn()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Fail(ActivityNames.RecruitWorkers, "refused");
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
        Assert.Equal(TimeSpan.FromMinutes(3), first.Timers[^1]);
        Assert.DoesNotContain(ActivityNames.RemoveWorkers, first.CallNames);

        TestWorkflowContext second = World();
        run = second.Start(first.Continued!);
        Assert.Equal(TimeSpan.FromMinutes(3), second.Timers.Single());
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

    [Fact]
    public async Task Run_Backlogged_StartsNothingUntilThePermit()
    {
        TestWorkflowContext context = World(permit: false);
        Task<ScanOutcomeV1> run = context.Start(Input with { Priority = 7 });
        context.FireTimer();
        // An hour later it makes sure that the backlog still has it.
        Assert.Equal([TimeSpan.FromHours(1), TimeSpan.FromHours(1)], context.Timers);
        Assert.Equal([ActivityNames.UpdateManifest, ActivityNames.EnterBacklog, ActivityNames.EnterBacklog], context.CallNames);
        Assert.Equal(new BacklogEntranceV1("scan1", 7), context.Inputs<BacklogEntranceV1>(ActivityNames.EnterBacklog).First());
        context.Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        context.Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 2));
        Assert.Equal("scan1", context.Inputs<string>(ActivityNames.TakePermit).Single());
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Single(context.Inputs<ScanReferenceV1>(ActivityNames.OpenScan));
    }

    [Fact]
    public async Task Run_AbortedInTheBacklog_LeavesItAndStartsNothing()
    {
        TestWorkflowContext context = World(permit: false);
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        Assert.Equal(ScanPhase.Stopped, (await run).Phase);
        Assert.Equal(["scan1"], context.Inputs<string>(ActivityNames.LeaveBacklog));
        Assert.Empty(context.CallNames.Intersect([ActivityNames.TakePermit, ActivityNames.PrepareEvent, ActivityNames.AbortScan, ActivityNames.RemoveWorkers]));
    }

    [Fact]
    public async Task Run_BacklogGivesItUp_FailsWithItsReasonEvenIfAPermitCameToo()
    {
        TestWorkflowContext context = World(permit: false);
        context.Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        context.Raise(WorkflowEvents.LaunchRefused, new LaunchRefusedV1("scan1", "let go 3 times"));
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "let go 3 times"), await context.Start(Input));
        Assert.DoesNotContain(ActivityNames.PrepareEvent, context.CallNames);
    }

    [Fact]
    public async Task Run_LongInTheBacklog_WaitsOnWithAFreshHistory()
    {
        TestWorkflowContext first = World(permit: false);
        Task<ScanOutcomeV1> run = first.Start(Input);
        for (int hours = 0; first.Continued is null && hours < 100; hours++) first.FireTimer();
        Assert.Equal(ScanPhase.Backlogged, (await run).Phase);
        TestWorkflowContext second = World(permit: false);
        run = second.Start(first.Continued!);
        Assert.Equal([ActivityNames.EnterBacklog], second.CallNames);
        second.Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        second.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Fact]
    public async Task Run_ScannerGivesNoSignOfLife_IsLaunchedAgainAfterItsDeadline()
    {
        TestWorkflowContext context = World().Answer<object>(ActivityNames.OpenScan, _ => TestWorkflowContext.NoAnswer);
        Task<ScanOutcomeV1> run = context.Start(Input);
        Assert.Equal(TimeSpan.FromMinutes(15), context.Timers[^1]);
        context.FireTimer();
        Assert.Contains("no sign of life within 15 minutes", context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last().Waiting);
        for (int i = 0; i < 4; i++) context.FireTimer();
        Assert.Contains("no sign of life", (await run).Reason);
        Assert.Equal(3, context.CallNames.Count(name => name == ActivityNames.OpenScan));
        Assert.Contains(ActivityNames.AbortScan, context.CallNames);
    }

    [Fact]
    public async Task Run_ScanTakesTooLong_FailsAtItsDeadlineAcrossHistories()
    {
        TestWorkflowContext context = World(Terms with { ScanSeconds = 7200 });
        Task<ScanOutcomeV1> run = context.Start(Input);
        DateTime deadline = context.CurrentUtcDateTime.AddHours(2);
        for (int looks = 0; looks < 100; looks++)
        {
            if (run.IsCompleted && context.Continued is { } next) run = (context = World(Terms, now: context.CurrentUtcDateTime)).Start(next);
            if (run.IsCompleted) break;
            context.FireTimer();
        }

        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "The scan was not done 2 hours after its launch."), await run);
        Assert.Equal(deadline, context.CurrentUtcDateTime);
    }

    [Fact]
    public async Task Run_AllWorkersFailEverywhere_FailsWithTheirErrors()
    {
        TestWorkflowContext context = World().Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(0, AllFailed: true, "exit code 3 (2 times)"));
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.FireTimer();
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "All workers failed at every place: exit code 3 (2 times)"), await run);
        Assert.Single(context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_FinalResult_WorkersLingerUntilItIsReadOrAMinuteIsOver(bool read)
    {
        TestWorkflowContext context = World(Terms with { TeardownSeconds = 60 });
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(TimeSpan.FromSeconds(60), context.Timers[^1]);
        Assert.DoesNotContain(ActivityNames.RemoveWorkers, context.CallNames);
        (context, run) = context.Restart();
        Assert.False(run.IsCompleted);
        if (read) context.Raise(WorkflowEvents.FinalResultRead, new ScannerReportedV1("scan1"));
        else context.FireTimer();
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Single(context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers));
    }

    [Theory]
    [InlineData(ScanPhase.Stopped)]
    [InlineData(ScanPhase.Failed)]
    public async Task Run_EndsWithoutAFinalResult_WorkersDoNotLinger(string phase)
    {
        TestWorkflowContext context = World(Terms with { TeardownSeconds = 60 });
        Task<ScanOutcomeV1> run = context.Start(Input);
        if (phase == ScanPhase.Stopped) context.Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        else context.Raise(WorkflowEvents.ScanEnded, new ScanEndedV1("scan1", ScanActorState.Failed, "bad plan", 0, 0));
        Assert.Equal(phase, (await run).Phase);
    }

    [Fact]
    public async Task Run_FinalResultComesFromOutside_EndsANativeScanToo()
    {
        TestWorkflowContext context = World();
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1"));
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Done, null), await run);
        Assert.Contains(ActivityNames.AbortScan, context.CallNames);
        Assert.Contains(ActivityNames.RemoveWorkers, context.CallNames);
    }

    [Fact]
    public async Task Run_ComputeLingers_IsSweptEveryHourUntilItIsGone()
    {
        TestWorkflowContext first = World().Fail(ActivityNames.RemoveWorkers, "launcher gone");
        Task<ScanOutcomeV1> run = first.Start(Input);
        first.Raise(WorkflowEvents.ScanEnded, Finished);
        await run;
        TestWorkflowContext second = World().Fail(ActivityNames.RemoveWorkers, "launcher gone");
        run = second.Start(first.Continued!);
        Assert.Equal([TimeSpan.FromHours(1)], second.Timers);
        second.FireTimer();
        Assert.Equal(1, second.Continued!.Lingering!.Rounds);
        TestWorkflowContext third = World();
        run = third.Start(second.Continued!);
        third.FireTimer();
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Null(third.Continued);
        Assert.Equal(new ManifestUpdateV1("scan1", LingeringCompute: false), LastUpdate(third));
    }

    [Fact]
    public async Task Run_ComputeLingersForAWeek_IsLeftToTheOperator()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.RemoveWorkers, "launcher gone");
        Task<ScanOutcomeV1> run = context.Start(Input with { Terms = Terms, Prepared = Prepared, Admitted = true, Lingering = new(ScanPhase.Done, null, Rounds: 83) });
        context.FireTimer();
        await run;
        Assert.Null(context.Continued);
    }

    [Fact]
    public async Task Run_ProcessDiesAfterEveryStep_DoesEveryStepOnce()
    {
        foreach (bool restart in new[] { false, true })
        {
            TestWorkflowContext context = World(Terms with { TeardownSeconds = 60 }, permit: false);
            int counts = 0, opens = 0;
            context.Answer<ScanReferenceV1>(ActivityNames.OpenScan, _ => ++opens == 1 ? throw TestWorkflowContext.Failure("no scanner") : null);
            context.Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(++counts == 2 ? 0 : 1, Ordered: 1));
            Task<ScanOutcomeV1> run = context.Start(Input);
            Action<TestWorkflowContext>[] script =
            [
                c => c.FireTimer(),
                c => c.Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1)),
                c => c.FireTimer(),
                c => c.FireTimer(),
                c => c.Raise(WorkflowEvents.AddWorkers, new AddWorkersV1("scan1", "far", 2, "r1")),
                c => c.FireTimer(),
                c => c.FireTimer(),
                c => c.Raise(WorkflowEvents.ScanEnded, Finished),
                c => c.FireTimer(),
            ];
            foreach (Action<TestWorkflowContext> step in script)
            {
                Assert.False(run.IsCompleted);
                if (restart) (context, run) = context.Restart();
                step(context);
            }

            Assert.Equal(ScanPhase.Done, (await run).Phase);
            Assert.Equal((3, 2), (counts, opens));
            Assert.Equal([0, 1], context.Inputs<RecruitWorkersV1>(ActivityNames.RecruitWorkers).Select(d => d.Added.Count));
            Assert.Single(context.Inputs<string>(ActivityNames.TakePermit));
            Assert.Single(context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers));
        }
    }

    private static TestWorkflowContext World(LifecycleTermsV1? terms = null, bool permit = true, DateTime? now = null) =>
        new TestWorkflowContext(now) { IsPermittedAtOnce = permit }
        .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => terms ?? Terms)
        .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => Prepared)
        .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(2))
        .Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false))
        .Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 0);

    private static string? Failure(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Single(u => u.Failure is not null).Failure;

    private static ManifestUpdateV1 LastUpdate(TestWorkflowContext context) => context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Last();
}
