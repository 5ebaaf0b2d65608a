using System.Text.Json;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>What a client sees of a life cycle: <c>scan_state</c> after every write of the manifest, by the real activity on a real manifest.</summary>
public class ScanStatesTests
{
    private const string Prestartup = "PENDING__PRESTARTUP", Starting = "PENDING__WAITING_ON_SCANNER_SERVER_STARTUP",
        FirstPixel = "IN_PROGRESS__WAITING_ON_FIRST_PIXEL_RECO", Partial = "IN_PROGRESS__PARTIAL_RESULT_GENERATED", Final = "SCAN_HAS_FINAL_RESULT";

    private static readonly LifecycleTermsV1 Native = new(ScanEngine.Native, 3, 300, 300, 900, 172_800, 60);
    private static readonly LifecycleTermsV1 External = Native with { Engine = ScanEngine.External };
    private static readonly ScanEndedV1 Finished = new("scan1", ScanActorState.Finished, null, 768, 0);

    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly ScanStore scans;
    private readonly List<string> states = [];
    private TestWorkflowContext context = new();
    private Task<ScanOutcomeV1>? run;

    public ScanStatesTests()
    {
        SkippingClock clock = new();
        scans = new(new StateDocuments(dapr.Store, clock), clock);
    }

    [Fact]
    public async Task States_NormalScan_GoThroughAllToTheFinalResult()
    {
        await StartAsync(Native);
        await RunToPartialAsync();
        await FinishAsync(() => Raise(WorkflowEvents.ScanEnded, Finished));
        await run!;
        Assert.Equal([Prestartup, Starting, FirstPixel, Partial, Final], states);
        Assert.Equal((ScanPhase.Done, true, "FINISHED"), await EndAsync());
    }

    [Fact]
    public async Task States_AbortedInTheMiddle_KeepWhatWasReached()
    {
        await StartAsync(Native);
        await RunToPartialAsync();
        Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        await run!;
        Assert.Equal([Prestartup, Starting, FirstPixel, Partial, "ABORTED__PARTIAL_RESULT_GENERATED"], states);
        Assert.Equal((ScanPhase.Stopped, true, "ABORTED"), await EndAsync());
    }

    [Fact]
    public async Task States_AbortedInTheBacklog_WereNeverMoreThanPrestartup()
    {
        await StartAsync(Native);
        Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        await run!;
        Assert.Equal([Prestartup, "ABORTED__PRESTARTUP"], states);
    }

    [Fact]
    public async Task States_LaunchFailsForGood_ShowWhatIsWaitedForThenFailed()
    {
        await StartAsync(Native);
        context.Fail(ActivityNames.OpenScan, "no scanner");
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        Assert.Equal("Launch 1 of 3 failed: no scanner The next one is at 2026-01-01 00:05:00 UTC.", (await ManifestAsync()).Lifecycle.Waiting);
        while (!run!.IsCompleted) context.FireTimer();
        Assert.Equal([Prestartup, Starting, "FAILED__PRESTARTUP"], states);
        ScanManifest manifest = await ManifestAsync();
        Assert.Equal((null, "The scan could not be launched, 3 times; the last time: no scanner"), (manifest.Lifecycle.Waiting, manifest.Lifecycle.Failure));
        Assert.Equal((ScanPhase.Failed, true, "FINISHED"), await EndAsync());
    }

    [Fact]
    public async Task States_RescanThatReplaces_EndsTheOldAndRunsTheNew()
    {
        await StartAsync(Native);
        await RunToPartialAsync();
        // As the REST service does it: the new scan first, then the old one is aborted.
        ScanStatesTests again = new();
        await again.StartAsync(Native);
        await scans.UpdateManifestAsync("scan1", m => m with { IsDeleted = true, ReplacedByScanId = "scan2" });
        Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        await run!;
        await again.RunToPartialAsync();
        await again.FinishAsync(() => again.Raise(WorkflowEvents.ScanEnded, Finished));
        await again.run!;
        Assert.Equal([Prestartup, Starting, FirstPixel, Partial, "ABORTED__PARTIAL_RESULT_GENERATED"], states);
        Assert.Equal([Prestartup, Starting, FirstPixel, Partial, Final], again.states);
        Assert.Equal("scan2", (await ManifestAsync()).ReplacedByScanId);
    }

    [Fact]
    public async Task States_ExternalScanner_AreTheSameAndNothingIsStarted()
    {
        await StartAsync(External);
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        Assert.Contains("No scanner has reported yet", (await ManifestAsync()).Lifecycle.Waiting);
        await ProgressAsync("{}");
        Raise(WorkflowEvents.ScannerReported, new ScannerReportedV1("scan1"));
        Assert.Equal((ScanPhase.Scanning, (string?)null), ((await ManifestAsync()).Lifecycle.Phase, (await ManifestAsync()).Lifecycle.Waiting));
        await ProgressAsync("""{"processing_stats":{"rate":{"all recos":1}}}""");
        (context, run) = context.Restart();
        await FinishAsync(() => Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1")));
        await run!;
        Assert.Equal([Prestartup, Starting, FirstPixel, Partial, Final], states);
        Assert.Empty(context.CallNames.Intersect([ActivityNames.OpenScan, ActivityNames.AbortScan, ActivityNames.RecruitWorkers, ActivityNames.CountWorkers, ActivityNames.RemoveWorkers]));
        Assert.Equal((ScanPhase.Done, true, "FINISHED"), await EndAsync());
    }

    [Fact]
    public async Task States_ExternalScannerNeverReports_FailAfterItsDeadline()
    {
        await StartAsync(External);
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        Assert.Equal(TimeSpan.FromMinutes(15), context.Timers[^1]);
        context.FireTimer();
        Assert.Equal("No scanner gave a sign of life within 15 minutes.", (await run!).Reason);
        Assert.Equal([Prestartup, Starting, "FAILED__PRESTARTUP"], states);
    }

    [Fact]
    public async Task States_ExternalScannerGoesOnForEver_FailAfterTwoDays()
    {
        await StartAsync(External);
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        await ProgressAsync("{}");
        Raise(WorkflowEvents.ScannerReported, new ScannerReportedV1("scan1"));
        // Looked after by its reports all the time, and across restarts.
        for (int looks = 0; !run!.IsCompleted && looks < 15; looks++)
        {
            Assert.Equal(TimeSpan.FromHours(3), context.Timers[^1]);
            context.FireTimer();
        }

        ScanLifecycleInputV1 next = context.Continued!;
        Assert.True(context.Calls.Count < 40, $"{context.Calls.Count} activities in one history");
        context = Context(External, context.CurrentUtcDateTime);
        run = context.Start(next);
        context.FireTimer();
        Assert.Equal("The scan was not done 2 days after its launch.", (await run!).Reason);
        Assert.Equal([Prestartup, Starting, FirstPixel, "FAILED__WAITING_ON_FIRST_PIXEL_RECO"], states);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task States_ExternalScanAborted_StopAtOnce(bool reported)
    {
        await StartAsync(External);
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        if (reported) Raise(WorkflowEvents.ScannerReported, new ScannerReportedV1("scan1"));
        Raise(WorkflowEvents.Abort, new AbortRequestedV1("scan1", "aborted on request"));
        Assert.Equal(ScanPhase.Stopped, (await run!).Phase);
        Assert.StartsWith("ABORTED__", states[^1]);
    }

    [Fact]
    public async Task States_ResultComesWhileTheScanStillWaits_EndWithIt()
    {
        await StartAsync(External);
        await FinishAsync(() => Raise(WorkflowEvents.FinalResultStored, new ScannerReportedV1("scan1")));
        await run!;
        Assert.Equal([Prestartup, Final], states);
        Assert.Equal((ScanPhase.Done, true, "FINISHED"), await EndAsync());
    }

    private async Task StartAsync(LifecycleTermsV1 terms)
    {
        await scans.TryCreateAsync(
            new() { ScanId = "scan1", DockerTag = "t", RecoAlgo = "dummy", Nsides = [], RealOrSimulatedEvent = "simulated", RequestClusters = [], I3EventId = "e" },
            new() { ScanId = "scan1" });
        context = Context(terms);
        run = context.Start(new("scan1", "e", 0));
    }

    private TestWorkflowContext Context(LifecycleTermsV1 terms, DateTime? now = null)
    {
        UpdateManifest update = new(scans, new ScanEventPublisher(new(dapr), new SkippingClock()));
        bool native = terms.Engine == ScanEngine.Native;
        return new TestWorkflowContext(now) { IsPermittedAtOnce = false }
            .Answer<BacklogEntranceV1>(ActivityNames.EnterBacklog, _ => terms)
            .Answer<ScanReferenceV1>(ActivityNames.PrepareEvent, _ => new ScanPreparedV1("scan1", "dummy", native ? [new("local", 2)] : [], null, null))
            .Answer<WorkerPlacesV1>(ActivityNames.CountWorkers, _ => new WorkersCountedV1(2))
            .Answer<ScanReferenceV1>(ActivityNames.CheckScanner, _ => new ScannerStandingV1(IsLost: false, context.CurrentUtcDateTime))
            .Answer<WorkerRemovalV1>(ActivityNames.RemoveWorkers, _ => 0)
            .Answer<ManifestUpdateV1>(ActivityNames.UpdateManifest, input =>
            {
                Task written = update.RunAsync(null!, input);
                Assert.True(written.IsCompletedSuccessfully, "the store in memory makes nobody wait");
                Note(dapr.Read<ScanManifest>(StateKeys.Manifest("scan1"))!);
                return null;
            });
    }

    private async Task RunToPartialAsync()
    {
        Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1("scan1", 1));
        await ProgressAsync("{}");
        context.FireTimer();
        await ProgressAsync("""{"processing_stats":{"rate":{"all recos":1}}}""");
    }

    private async Task ProgressAsync(string progress) =>
        Note((await scans.UpdateManifestAsync("scan1", m => m with { Progress = JsonSerializer.Deserialize<JsonElement>(progress) }))!);

    /// <summary>The result is stored before anybody is told; a minute later the workers go.</summary>
    private async Task FinishAsync(Action tell)
    {
        Note((await scans.UpdateManifestAsync("scan1", m => m with { Lifecycle = m.Lifecycle with { HasFinalResult = true } }))!);
        tell();
        Assert.Equal(ScanPhase.FinalStored, (await ManifestAsync()).Lifecycle.Phase);
        context.FireTimer();
    }

    private void Raise(string name, object payload) => context.Raise(name, payload);

    private void Note(ScanManifest manifest)
    {
        string state = ScanState.Of(manifest);
        if (states.Count == 0 || states[^1] != state) states.Add(state);
    }

    private async Task<ScanManifest> ManifestAsync() => (await scans.GetManifestAsync("scan1"))!;

    private async Task<(string Phase, bool Complete, string? Deactivated)> EndAsync()
    {
        ScanManifest manifest = await ManifestAsync();
        return (manifest.Lifecycle.Phase, manifest.Complete, manifest.Lifecycle.EwmsDeactivated);
    }
}
