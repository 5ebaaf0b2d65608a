using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Orchestrator;

public class ActivityTests
{
    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly SkippingClock clock = new();
    private readonly ScanStore scans;
    private readonly EventStore events;

    public ActivityTests()
    {
        StateDocuments documents = new(dapr.Store, clock);
        scans = new(documents, clock);
        events = new(dapr.Store, documents, new BlobWritings(dapr.Store, documents, clock));
    }

    [Fact]
    public async Task PrepareEvent_Good_NotesWhatAndHowAndIndexesTheScan()
    {
        ScanReferenceV1 scan = await CreateScanAsync("dummy");
        ScanPreparedV1 prepared = await PrepareAsync(scan);
        Assert.Null(prepared.Failure);
        Assert.Equal(("dummy", new ClusterRequestV1("local", 2)), (prepared.RecoAlgo, Assert.Single(prepared.Clusters)));
        ScanManifest manifest = (await scans.GetManifestAsync("scan1"))!;
        Assert.Equal((1L, 1L, false), (manifest.EventMetadata!.RunId, manifest.EventMetadata.EventId, manifest.EventMetadata.IsRealEvent));
        Assert.Equal(["8", "64"], manifest.ScanMetadata!.NsideProgression.Keys);
        await PrepareAsync(scan);
        Assert.Equal(new ScanOfEventV1("scan1", false, 5), Assert.Single(await scans.ScansOfEventAsync(1, 1)));
    }

    [Fact]
    public async Task PrepareEvent_EventIsGone_SaysSo() =>
        Assert.Contains("not in the store", (await PrepareAsync((await CreateScanAsync("dummy")) with { I3EventId = "none" })).Failure);

    [Fact]
    public async Task PrepareEvent_AlgorithmUnknown_ExplainsIt() =>
        Assert.Contains("dummi", (await PrepareAsync(await CreateScanAsync("dummi"))).Failure);

    [Fact]
    public async Task PrepareEvent_EventCannotBeRead_SaysWhy()
    {
        ScanReferenceV1 scan = await CreateScanAsync("dummy");
        string broken = await events.SaveAsync("{\"value\": {}}"u8.ToArray());
        ScanPreparedV1 prepared = await PrepareAsync(scan with { I3EventId = broken });
        Assert.NotNull(prepared.Failure);
        Assert.Empty(prepared.Clusters);
    }

    [Fact]
    public async Task UpdateManifest_Repeated_ChangesTheManifestOnce()
    {
        await CreateScanAsync("dummy");
        UpdateManifest activity = new(scans, new ScanEventPublisher(new(dapr), clock));
        ManifestUpdateV1 update = new("scan1", Phase: ScanPhase.Done, Complete: true, SetAside: 2);
        await activity.RunAsync(Context(), update);
        ScanManifest first = (await scans.GetManifestAsync("scan1"))!;
        Assert.Equal((ScanPhase.Done, true, 2L, false), (first.Lifecycle.Phase, first.Complete, first.Lifecycle.SetAside, first.Lifecycle.LingeringCompute));
        clock.Advance(TimeSpan.FromMinutes(1));
        await activity.RunAsync(Context(), update);
        Assert.Equal(first.LastUpdated, (await scans.GetManifestAsync("scan1"))!.LastUpdated);
        await activity.RunAsync(Context(), new("scan1", LingeringCompute: true));
        Assert.Equal(ScanPhase.Done, (await scans.GetManifestAsync("scan1"))!.Lifecycle.Phase);
        Assert.All(dapr.Published, message => Assert.Equal(Topics.ScanEvents, message.Topic));
    }

    [Fact]
    public async Task PrepareEvent_ExternalScannerWithAnAlgorithmOfItsOwn_IsNoFailureAndStartsNothing()
    {
        ScanPreparedV1 prepared = await PrepareAsync((await CreateScanAsync("millipede_of_theirs")) with { Engine = ScanEngine.External });
        Assert.Null(prepared.Failure);
        Assert.Empty(prepared.Clusters);
        ScanManifest manifest = (await scans.GetManifestAsync("scan1"))!;
        Assert.Equal(1, manifest.EventMetadata!.RunId);
        Assert.Null(manifest.ScanMetadata);
    }

    [Fact]
    public async Task PrepareEvent_ScannerReportedAnotherEvent_LeavesItAndIndexesThat()
    {
        ScanReferenceV1 scan = await CreateScanAsync("dummy");
        await scans.UpdateManifestAsync("scan1", m => m with { EventMetadata = new(7, 8, "GFU", 1, true), Lifecycle = m.Lifecycle with { EventMetadataReported = true } });
        await PrepareAsync(scan with { Engine = ScanEngine.External });
        Assert.Equal(7, (await scans.GetManifestAsync("scan1"))!.EventMetadata!.RunId);
        Assert.Single(await scans.ScansOfEventAsync(7, 8));
        Assert.Empty(await scans.ScansOfEventAsync(1, 1));
    }

    [Fact]
    public async Task WorkerLogs_OfMoreThanAreKept_PreferThoseThatFailedAndStaySmall()
    {
        dapr.OnBinding = (_, _, data) => new WorkerLogsV1([.. ((WorkerLogsRequestV1)data!).Ids!.Select(id => new WorkerLogV1(id, new string('\u0001', 100_000), "", false))]);
        WorkerInfoV1[] workers = [.. Enumerable.Range(0, 50).Select(i => Worker(i == 49 ? "exited" : "running", i == 49 ? 3 : null) with { Id = $"w{i:00}" })];
        await Logs.KeepAsync("local", "scan1", workers);
        await Logs.KeepAsync("local", "scan1", [Worker("running") with { Id = "late" }]);
        WorkerLogsV1 kept = dapr.Read<WorkerLogsV1>(StateKeys.WorkerLogs("scan1"))!;
        Assert.Equal(["late", "w49", "w00"], kept.Logs.Select(l => l.Id).Take(3));
        Assert.True(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(kept).Length < StateKeys.MaxValueBytes);
    }

    private WorkerLaunchers Launchers => new(dapr);

    private WorkerLogKeeper Logs => new(Launchers, new StateDocuments(dapr.Store, clock), NullLogger<WorkerLogKeeper>.Instance);

    private static WorkerInfoV1 Worker(string state, int? exitCode = null) => new("w", "scan1", state, null, exitCode);

    private Task<ScanPreparedV1> PrepareAsync(ScanReferenceV1 scan) => new PrepareEvent(scans, events).RunAsync(Context(), scan);

    private async Task<ScanReferenceV1> CreateScanAsync(string algorithm)
    {
        string eventId = await events.SaveAsync(await File.ReadAllBytesAsync(Path.Combine(TestPaths.Repository, "examples", "track.json")));
        ScanRequestV1 request = new()
        {
            ScanId = "scan1",
            DockerTag = "latest",
            RecoAlgo = algorithm,
            Nsides = new() { ["8"] = 0, ["64"] = 12 },
            RealOrSimulatedEvent = "simulated",
            RequestClusters = [new("local", 2)],
            I3EventId = eventId,
        };
        await scans.TryCreateAsync(request, new ScanManifest { ScanId = "scan1", Timestamp = 5 });
        return new("scan1", eventId);
    }

    private static WorkflowActivityContext Context() => new Call();

    private sealed class Call : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => new("test");

        public override string TaskExecutionKey => "key";

        public override string InstanceId => "scan1";
    }
}
