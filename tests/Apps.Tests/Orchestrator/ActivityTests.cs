using Dapr;
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
        StateDocuments documents = new(dapr, clock);
        scans = new(documents, clock);
        events = new(dapr, documents, new BlobWritings(dapr, documents, clock));
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
        UpdateManifest activity = new(scans, new ScanEventPublisher(dapr, clock));
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
    public async Task DeployWorkers_Retried_NotesTheTaskforceOnceAndTellsWorkersWhereToAsk()
    {
        await CreateScanAsync("dummy");
        dapr.OnBinding = (binding, operation, data) =>
        {
            DeployWorkersV1 request = (DeployWorkersV1)data!;
            Assert.Equal(("workers-local", "deploy", "scan1:start:0"), (binding, operation, request.IdempotencyKey));
            Assert.Equal(("http://api.test:8080", "scan1", "dummy"), (request.Env["SKYDRIVER_API"], request.Env["SKYDRIVER_SCAN_ID"], request.Env["SKYDRIVER_RECO_ALGO"]));
            return new WorkersDeployedV1(["a", "b"]);
        };
        DeployWorkers activity = new(new WorkerLaunchers(dapr), scans, Options);
        for (int i = 0; i < 2; i++) Assert.Equal(2, (await activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "scan1:start:0"))).Workers);
        ScanManifest manifest = (await scans.GetManifestAsync("scan1"))!;
        Assert.Equal(("local", 2), (Assert.Single(manifest.CondorClusters).Schedd, manifest.CondorClusters[0].Jobs));
        Assert.Single(manifest.TmsArgs);
    }

    [Fact]
    public async Task DeployWorkers_LauncherSaysNothing_Fails()
    {
        dapr.OnBinding = (_, _, _) => null;
        DeployWorkers activity = new(new WorkerLaunchers(dapr), scans, Options);
        InvalidOperationException fault = await Assert.ThrowsAsync<InvalidOperationException>(() => activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "k")));
        Assert.Contains("workers-local", fault.Message);
    }

    [Fact]
    public async Task CountWorkers_SeveralPlaces_CountsThoseThatMayStillWork()
    {
        dapr.OnBinding = (binding, operation, data) => operation == WorkerOperations.Logs ? new WorkerLogsV1([]) : new WorkerListV1(binding == "workers-local"
            ? [Worker("running"), Worker("exited", 3)]
            : [Worker("pending"), Worker("running"), Worker("exited", 0)]);
        WorkersCountedV1 count = await CountAsync(new("local", 1), new("far", 3));
        Assert.Equal(new WorkersCountedV1(3, AllFailed: false, "exit code 3 (1 times)"), count);
        WorkforceV1 noted = dapr.Read<WorkforceV1>(StateKeys.Workforce("scan1"))!;
        Assert.Equal((2, 2, 1, 1), (noted.NRunning, noted.Statuses["RUNNING"]["Running"], noted.Statuses["COMPLETED"]["FatalError"], noted.TopErrors["exit code 3"]));
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(137, 3, false)]     // killed from outside
    [InlineData(0, 1, false)]
    [InlineData(null, 1, false)]
    public async Task CountWorkers_AllExited_HaveFailedOnlyIfByThemselvesAndEverywhere(int? local, int far, bool failed)
    {
        dapr.OnBinding = (binding, operation, _) => operation == WorkerOperations.Logs ? new WorkerLogsV1([]) : new WorkerListV1(binding == "workers-local" ? [Worker("exited", local), Worker("exited", local)] : [Worker("exited", far)]);
        Assert.Equal(failed, (await CountAsync(new("local", 2), new("far", 1))).AllFailed);
        Assert.False((await CountAsync(new("local", 3), new("far", 1))).AllFailed);
    }

    [Fact]
    public async Task DeployWorkers_QuotaLeavesNoRoom_SaysSoInsteadOfFailing()
    {
        await CreateScanAsync("dummy");
        dapr.OnBinding = (_, _, _) => throw new DaprException("binding failed", new InvalidOperationException("pods is forbidden: exceeded quota: compute"));
        DeployWorkers activity = new(new WorkerLaunchers(dapr), scans, Options);
        Assert.Equal(new WorkersStartedV1(0, "pods is forbidden: exceeded quota: compute"), await activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "k")));
        dapr.OnBinding = (_, _, _) => throw new DaprException("binding failed");
        await Assert.ThrowsAsync<DaprException>(() => activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "k")));
    }

    [Fact]
    public async Task DeployWorkers_LauncherDeniesRoom_IsRecognisedByItsAnswerNotByWords()
    {
        await CreateScanAsync("dummy");
        DeployWorkers activity = new(Launchers, scans, Options);
        dapr.OnBinding = (_, _, _) => new WorkersDeployedV1([], Denied: new("quota", "the machine is full"));
        Assert.Equal(new WorkersStartedV1(0, "the machine is full"), await activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "k")));
        Assert.Empty((await scans.GetManifestAsync("scan1"))!.CondorClusters);
        dapr.OnBinding = (_, _, _) => new WorkersDeployedV1(["a"], new("cm.example.org", "sub-2.example.org", 90211), new("quota", "one more than fits"));
        Assert.Equal(new WorkersStartedV1(1), await activity.RunAsync(Context(), new("scan1", "dummy", "local", 2, "k", "wish-1")));
        Assert.Equal(new WorkerClusterV1("cm.example.org", "sub-2.example.org", 90211, 1, "wish-1"), Assert.Single((await scans.GetManifestAsync("scan1"))!.CondorClusters));
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
    public async Task RemoveWorkers_SeveralPlaces_AddsUp()
    {
        List<string> asked = [];
        dapr.OnBinding = (binding, operation, data) =>
        {
            if (operation == WorkerOperations.List) return new WorkerListV1([Worker("running") with { Id = binding }]);
            if (operation == WorkerOperations.Logs) return binding == "workers-far" ? throw new DaprException("it has none") : new WorkerLogsV1([new(binding, "out", "why it failed", false)]);
            asked.Add($"{binding} {operation} {((RemoveWorkersV1)data!).ScanId}");
            return new WorkersRemovedV1(2);
        };
        Assert.Equal(4, await new RemoveWorkers(Launchers, Logs).RunAsync(Context(), new("scan1", ["local", "far"], "done")));
        Assert.Equal(["workers-local remove scan1", "workers-far remove scan1"], asked);
        Assert.Equal("why it failed", Assert.Single(dapr.Read<WorkerLogsV1>(StateKeys.WorkerLogs("scan1"))!.Logs).Stderr);
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

    private WorkerLogKeeper Logs => new(Launchers, new StateDocuments(dapr, clock), NullLogger<WorkerLogKeeper>.Instance);

    private static OrchestratorOptions Options { get; } = new(new("http://api.test:8080/"), new(ScanEngine.Native, 3, 300, 300, 900, 172_800, 60), EnginePerRequest: true);

    private static WorkerInfoV1 Worker(string state, int? exitCode = null) => new("w", "scan1", state, null, exitCode);

    private Task<WorkersCountedV1> CountAsync(params ClusterRequestV1[] places) =>
        new CountWorkers(Launchers, Logs, new StateDocuments(dapr, clock)).RunAsync(Context(), new("scan1", places));

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
