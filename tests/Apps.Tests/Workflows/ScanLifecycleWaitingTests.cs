using SkyDriver.Contracts;
using static SkyDriver.Apps.Tests.Workflows.LifecycleWorld;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A life cycle that waits: in the backlog, for a scanner, over many histories, until a deadline.</summary>
public sealed class ScanLifecycleWaitingTests
{
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
}
