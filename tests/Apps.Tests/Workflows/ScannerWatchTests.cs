using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A scanner that is lost: when that is so, and what becomes of its scan.</summary>
public class ScannerWatchTests
{
    private static readonly ScanLifecycleInputV1 Input = new("scan1", "event1", Priority: 0);
    private static readonly LifecycleTermsV1 Native = new(ScanEngine.Native, 3, 300, 300, 900, 172_800, 0);
    private static readonly LifecycleTermsV1 External = Native with { Engine = ScanEngine.External, ScannerSilenceSeconds = 7200 };

    private DateTime lastSign = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task Native_LedgerIsLost_AnotherScanTakesItsPlace()
    {
        TestWorkflowContext context = World(Native).Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: true));
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.FireTimer();
        Assert.Equal(new ScanOutcomeV1("scan1", ScanPhase.Failed, "The scanner has lost the scan. Scan scan2 takes its place."), await run);
        Assert.Equal(new ReplaceScanV1("scan1"), Assert.Single(context.Inputs<ReplaceScanV1>(ActivityNames.ReplaceScan)));
        Assert.Single(context.Inputs<WorkerRemovalV1>(ActivityNames.RemoveWorkers));
    }

    [Fact]
    public async Task Native_ScannerDoesNotAnswer_TheScanWaitsForItAndGoesOn()
    {
        TestWorkflowContext context = World(Native).Fail(ActivityNames.CheckScanner, "no host for the actor.");
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.FireTimer();
        (context, run) = context.Restart();
        context.FireTimer();
        Assert.Contains("no host for the actor. The scan goes on", Assert.Single(Waits(context), w => w != ""));
        context.Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false));
        context.FireTimer();
        context.FireTimer();
        Assert.Equal("", Waits(context)[^1]);
        Assert.Equal(2, Waits(context).Count(w => w == ""));   // the launch said it once, too
        context.Raise(WorkflowEvents.ScanEnded, new ScanEndedV1("scan1", ScanActorState.Finished, null, 768, 0));
        Assert.Equal(ScanPhase.Done, (await run).Phase);
        Assert.Empty(context.Inputs<ReplaceScanV1>(ActivityNames.ReplaceScan));
    }

    [Fact]
    public async Task External_FallsSilent_AnotherScanTakesItsPlaceTwoHoursAfterItsLastWord()
    {
        (TestWorkflowContext context, Task<ScanOutcomeV1> run) = StartExternal();
        Assert.Equal(TimeSpan.FromHours(2), context.Timers[^1]);
        lastSign = context.CurrentUtcDateTime.AddMinutes(100);
        context.FireTimer();
        Assert.Equal(TimeSpan.FromMinutes(100), context.Timers[^1]);
        (context, run) = context.Restart();
        context.FireTimer();
        Assert.Equal("The scanner said nothing for 2 hours. Scan scan2 takes its place.", (await run).Reason);
        Assert.Equal(lastSign.AddHours(2), context.CurrentUtcDateTime);
        Assert.Contains(context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest), u => u.EwmsDeactivated == Deactivated.Finished);   // which a late scanner sees
    }

    [Fact]
    public async Task External_NobodyCanLook_IsNoSilence()
    {
        (TestWorkflowContext context, Task<ScanOutcomeV1> run) = StartExternal();
        context.Fail(ActivityNames.CheckScanner, "store away");
        context.FireTimer();
        Assert.Equal(TimeSpan.FromMinutes(1), context.Timers[^1]);
        Assert.False(run.IsCompleted);
        context.Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1"));
        Assert.Equal(ScanPhase.Done, (await run).Phase);
    }

    [Theory]
    [InlineData("OOMKilled", 137, true, true)]
    [InlineData("Evicted", null, true, false)]
    [InlineData("Error", 143, true, false)]
    [InlineData("CrashLoopBackOff", null, true, false)]
    [InlineData("Error", 1, false, false)]
    [InlineData(null, null, false, false)]
    public async Task External_ServerIsGone_IsReplacedOnlyWhenItWasKilledFromOutside(string? reason, int? exitCode, bool replaced, bool doubled)
    {
        (TestWorkflowContext context, Task<ScanOutcomeV1> run) = StartExternal();
        context.Raise(WorkflowEvents.ServerLost, new ServerLostV1("scan1", reason, exitCode));
        ScanOutcomeV1 outcome = await run;
        Assert.Equal(ScanPhase.Failed, outcome.Phase);
        Assert.Contains(reason ?? "no reason", outcome.Reason);
        ReplaceScanV1[] asked = [.. context.Inputs<ReplaceScanV1>(ActivityNames.ReplaceScan)];
        Assert.Equal(replaced ? [new("scan1", doubled)] : [], asked);
    }

    [Fact]
    public async Task External_ReplacedTooOften_FailsAndSaysSo()
    {
        (TestWorkflowContext context, Task<ScanOutcomeV1> run) = StartExternal();
        context.Answer<ReplaceScanV1>(ActivityNames.ReplaceScan, _ => new ScanReplacedV1(null, "It ran 3 times."));
        context.Raise(WorkflowEvents.ServerLost, new ServerLostV1("scan1", "Evicted", null));
        Assert.Equal("The scanner's server is gone (Evicted). It ran 3 times.", (await run).Reason);
    }

    private (TestWorkflowContext Context, Task<ScanOutcomeV1> Run) StartExternal()
    {
        TestWorkflowContext context = World(External).Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false, lastSign));
        Task<ScanOutcomeV1> run = context.Start(Input);
        context.Raise(WorkflowEvents.ScannerReported, new ScannerReportedV1("scan1"));
        return (context, run);
    }

    private static string[] Waits(TestWorkflowContext context) => [.. context.Inputs<ManifestUpdateV1>(ActivityNames.UpdateManifest).Select(u => u.Waiting).OfType<string>()];

    private static TestWorkflowContext World(LifecycleTermsV1 terms) => new TestWorkflowContext()
        .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => terms)
        .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => new ScanPreparedV1("scan1", "dummy", terms.Engine == ScanEngine.Native ? [new("local", 2)] : [], null, null))
        .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(2))
        .Answer<ReplaceScanV1>(ActivityNames.ReplaceScan, _ => new ScanReplacedV1("scan2"))
        .Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 0);
}
