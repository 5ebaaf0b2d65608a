using System.Net;
using System.Text.Json;
using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Activities;

namespace SkyDriver.Apps.Tests.Orchestrator;

/// <summary>The scan that takes the place of a lost one.</summary>
public class ReplaceScanTests
{
    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly SkippingClock clock = new();
    private readonly Orchestrator orchestrator = new();
    private readonly StateDocuments documents;
    private readonly ScanStore scans;
    private readonly ScanCatalog catalog;

    public ReplaceScanTests()
    {
        documents = new(dapr.Store, clock);
        scans = new(documents, clock);
        catalog = new(documents);
    }

    [Fact]
    public async Task Replace_LostScan_StartsTheSameOnceMoreAndLeadsItsUsersThere()
    {
        await CreateAsync("scan1");
        string next = (await ReplaceAsync("scan1")).NewScanId!;
        ScanRequestV1 request = (await scans.GetRequestAsync(next))!, first = (await scans.GetRequestAsync("scan1"))!;
        Assert.Equal(("scan1", "dummy", 8L << 30), (request.OriginalScanId, request.RecoAlgo, request.ScannerServerMemoryBytes));
        Assert.Equal("scan1", request.Classifiers["origin_scan_id"].GetString());
        Assert.Equal([next], first.RescanIds);
        ScanManifest manifest = (await scans.GetManifestAsync(next))!, lost = (await scans.GetManifestAsync("scan1"))!;
        Assert.Equal((ScanPhase.Requested, ScanEngine.External, false, 5), (manifest.Lifecycle.Phase, manifest.Lifecycle.Engine, manifest.Lifecycle.HasFinalResult, manifest.Priority));
        Assert.Equal(next, lost.ReplacedByScanId);
        Assert.Equal(next, manifest.EnvVars["SKYSCAN_SKYDRIVER_SCAN_ID"].Value);
        Assert.Contains(await scans.ScansOfEventAsync(1, 2), s => s.ScanId == next);
        Assert.Equal([$"/lifecycles/{next}"], orchestrator.Calls);
    }

    [Fact]
    public async Task Replace_BrokenOffAndRepeated_MakesOneScan()
    {
        await CreateAsync("scan1");
        orchestrator.IsDown = true;
        await Assert.ThrowsAsync<HttpRequestException>(() => ReplaceAsync("scan1"));
        Assert.Null((await scans.GetManifestAsync("scan1"))!.ReplacedByScanId);
        orchestrator.IsDown = false;
        string next = (await ReplaceAsync("scan1")).NewScanId!;
        Assert.Equal(next, (await ReplaceAsync("scan1")).NewScanId);
        Assert.Equal([next], (await scans.GetRequestAsync("scan1"))!.RescanIds);
        Assert.Equal([$"/lifecycles/{next}"], orchestrator.Calls);
    }

    [Fact]
    public async Task Replace_AgainAndAgain_StopsAfterThreeRunsMoreAndStartsAnewAfterTenHours()
    {
        await CreateAsync("scan1");
        string lost = "scan1";
        for (int i = 0; i < 3; i++) lost = (await ReplaceAsync(lost)).NewScanId!;
        ScanReplacedV1 refused = await ReplaceAsync(lost);
        Assert.Null(refused.NewScanId);
        Assert.Contains("4 times within 10 hours", refused.Refused);
        Assert.Equal(3, (await scans.GetRequestAsync("scan1"))!.RescanIds.Count);
        clock.Advance(TimeSpan.FromHours(11));
        Assert.NotNull((await ReplaceAsync(lost)).NewScanId);
    }

    [Theory]
    [InlineData(8L << 30, 16L << 30)]
    [InlineData(48L << 30, 64L << 30)]
    [InlineData(96L << 30, 96L << 30)]
    public async Task Replace_OutOfMemory_DoublesItUpToALimit(long before, long after)
    {
        await CreateAsync("scan1", memory: before);
        string next = (await ReplaceAsync("scan1", doubleMemory: true)).NewScanId!;
        Assert.Equal(after, (await scans.GetRequestAsync(next))!.ScannerServerMemoryBytes);
    }

    [Fact]
    public async Task Replace_DeletedScan_IsNotRepeated()
    {
        await CreateAsync("scan1");
        await scans.UpdateManifestAsync("scan1", m => m with { IsDeleted = true });
        Assert.Contains("deleted", (await ReplaceAsync("scan1")).Refused);
    }

    private Task<ScanReplacedV1> ReplaceAsync(string scanId, bool doubleMemory = false)
    {
        LifecycleClient lifecycles = new(new HttpClient(orchestrator) { BaseAddress = new("http://orchestrator.invalid") });
        return new ReplaceScan(scans, documents, catalog, lifecycles, new ScanEventPublisher(new(dapr), clock), clock).RunAsync(new Call(), new(scanId, doubleMemory));
    }

    private Task CreateAsync(string scanId, long memory = 8L << 30) => scans.TryCreateAsync(
        new()
        {
            ScanId = scanId,
            DockerTag = "latest",
            RecoAlgo = "dummy",
            Nsides = new() { ["8"] = 0 },
            RealOrSimulatedEvent = "simulated",
            RequestClusters = [],
            I3EventId = "e",
            Priority = 5,
            ScannerServerMemoryBytes = memory,
        },
        new()
        {
            ScanId = scanId,
            Timestamp = clock.GetUtcNow().ToUnixTimeSeconds(),
            EventMetadata = new(1, 2, "gfu-gold", 61003, true),
            EnvVars = new Dictionary<string, EnvironmentValueV1> { ["SKYSCAN_SKYDRIVER_SCAN_ID"] = new(scanId, null) },
            Progress = JsonSerializer.SerializeToElement(new { summary = "half-way" }),
            Lifecycle = new() { Phase = ScanPhase.Scanning, Engine = ScanEngine.External },
        });

    private sealed class Orchestrator : HttpMessageHandler
    {
        public bool IsDown { get; set; }

        public List<string> Calls { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsDown) throw new HttpRequestException("refused");
            Calls.Add(request.RequestUri!.AbsolutePath);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        }
    }

    private sealed class Call : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => new("test");

        public override string TaskExecutionKey => "key";

        public override string InstanceId => "scan1";
    }
}
