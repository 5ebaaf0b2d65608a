using SkyDriver.Contracts;
using static SkyDriver.Apps.Tests.Workflows.LifecycleWorld;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A scan from request to end: launch, abort, failure, and every process dying in between.</summary>
public sealed class ScanLifecycleTests
{
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
    public async Task Run_NotifyFails_OutcomeStands()
    {
        TestWorkflowContext context = World().Fail(ActivityNames.Notify, "no broker");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScanEnded, Finished);
        Assert.Equal(ScanPhase.Done, (await run).Phase);
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
}
