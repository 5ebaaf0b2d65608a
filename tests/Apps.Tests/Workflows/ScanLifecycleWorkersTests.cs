using SkyDriver.Contracts;
using static SkyDriver.Apps.Tests.Workflows.LifecycleWorld;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>What the life cycle of a scan does about its workers, until none is left.</summary>
public sealed class ScanLifecycleWorkersTests
{
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
}
