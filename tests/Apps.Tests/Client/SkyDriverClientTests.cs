using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Testing.Loopback;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Apps.Tests.Client;

public sealed class SkyDriverClientTests : IAsyncLifetime
{
    private readonly PausesSkipped clock = new(TimeSpan.FromSeconds(30));
    private LoopbackService service = null!;

    public async ValueTask InitializeAsync() => service = await StartAsync();

    public ValueTask DisposeAsync() => service.DisposeAsync();

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Launch_ServiceSaysLater_TriesAgainWithTheSameKeyAndBody(int status)
    {
        service.On("POST", "/scan", Error(status, "later"), Error(status, "later"), Manifest("scan1"));
        ScanManifest manifest = await Client().LaunchAsync(Scan());
        Assert.Equal("scan1", manifest.ScanId);
        Assert.Equal(3, service.Asked.Count);
        Assert.Single(service.Asked.Select(a => a.Body).Distinct());
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(service.Asked.Select(a => a.Header("Idempotency-Key")).Distinct()));
        using JsonDocument body = JsonDocument.Parse(service.Asked[0].Body);
        Assert.Equal("""[["local",2]]""", body.RootElement.GetProperty("request_clusters").GetRawText());
        Assert.False(body.RootElement.TryGetProperty("priority", out _));
        Assert.False(body.RootElement.TryGetProperty("classifiers", out _));
    }

    [Fact]
    public async Task Launch_AnswerGotLost_MakesOneScanWithTheGivenKey()
    {
        service.On("POST", "/scan", Break, Manifest("scan1"));
        await Client().LaunchAsync(Scan(), "key-1");
        Assert.Equal(["key-1", "key-1"], service.Asked.Select(a => a.Header("Idempotency-Key")));
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Thu, 01 Jan 2026 00:00:20 GMT", 20)]
    public async Task Get_ServiceNamesATime_NotAskedBeforeIt(string retryAfter, int seconds)
    {
        service.On("GET", "/scan/s/manifest", Error(503, "overloaded", retryAfter), Manifest("s"));
        await Client().GetManifestAsync("s");
        Assert.InRange(clock.Pauses.Max(), TimeSpan.FromSeconds(seconds - 0.5), TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task Get_ServiceNamesATimeBeyondPatience_FailsAtOnce()
    {
        service.On("GET", "/scan/s/manifest", Error(503, "overloaded", "3600"));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("s"));
        Assert.Equal((503, "overloaded", 1), (fault.StatusCode, fault.Message, service.Asked.Count));
    }

    [Fact]
    public async Task GetManifest_ConnectionBreaks_TriesAgain()
    {
        service.On("GET", "/scan/scan1/manifest", Break, Break, Manifest("scan1"));
        Assert.Equal("scan1", (await Client().GetManifestAsync("scan1")).ScanId);
        Assert.Equal(3, service.Asked.Count);
    }

    [Fact]
    public async Task GetManifest_ServiceStaysAway_GivesUpWhenPatienceIsUsedUp()
    {
        service.On("GET", "/scan/scan1/manifest", Error(503, "overloaded"));
        DateTimeOffset start = clock.GetUtcNow();
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.Equal((503, "overloaded"), (fault.StatusCode, fault.Message));
        Assert.InRange(clock.GetUtcNow() - start, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        Assert.InRange(service.Asked.Count, 5, 20);
    }

    [Fact]
    public async Task GetManifest_NobodyListens_SaysWhereAndWhatHelps()
    {
        SkyDriverClient client = Client();
        await service.StopAsync();
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => client.GetManifestAsync("scan1"));
        Assert.True(fault.IsUnreachable);
        Assert.Contains("http://127.0.0.1", fault.Message);
        Assert.Contains("skydriver up", fault.Message);
        Assert.False(await client.IsReadyAsync());
    }

    [Fact]
    public async Task GetManifest_ServiceNeverAnswers_CountsAsUnreachable()
    {
        service.On("GET", "/scan/scan1/manifest", NeverAnswer);
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client(o => o with { AttemptTimeout = TimeSpan.FromSeconds(1), Patience = TimeSpan.Zero }).GetManifestAsync("scan1"));
        Assert.True(fault.IsUnreachable);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(422)]
    public async Task Launch_ServiceRefuses_IsNotRepeatedAndSaysWhy(int status)
    {
        service.On("POST", "/scan", Error(status, "'nsides': must be type 'object' (dict)"));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().LaunchAsync(Scan(), "key-1"));
        Assert.Equal((status, "'nsides': must be type 'object' (dict)"), (fault.StatusCode, fault.Message));
        Assert.Single(service.Asked);
    }

    [Fact]
    public async Task GetManifest_ErrorIsAPage_SaysTheStatus()
    {
        service.On("GET", "/scan/scan1/manifest", (context, _) => { context.Response.StatusCode = 418; return context.Response.WriteAsync("<html>" + new string('x', 1 << 20)); });
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.StartsWith("418", fault.Message);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task GetManifest_SuccessIsNoManifest_SaysSo(string body)
    {
        service.On("GET", "/scan/scan1/manifest", Json(body));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.Contains("is a SkyDriver service there", fault.Message);
    }

    [Fact]
    public async Task GetManifest_Cancelled_Stops()
    {
        service.On("GET", "/scan/scan1/manifest", NeverAnswer);
        using CancellationTokenSource cancelled = new();
        Task asking = Client().GetManifestAsync("scan1", cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Token_Refused_IsRenewedOnceAndTheCallRepeated()
    {
        service.On("GET", "/scan/s/manifest", (context, asked) => (asked.Header("Authorization") == "Bearer new" ? Manifest("s") : Error(401, "authentication failed"))(context, asked));
        Tokens tokens = new("old", "new");
        await Client(o => o with { Tokens = tokens }).GetManifestAsync("s");
        Assert.Equal(["Bearer old", "Bearer new"], service.Asked.Select(a => a.Header("Authorization")));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client(o => o with { Tokens = new FixedToken("bad") }).GetManifestAsync("s"));
        Assert.True(fault.IsUnauthorized);
        Assert.DoesNotContain("bad", fault.Message);
        Assert.Equal(3, service.Asked.Count);
    }

    [Fact]
    public async Task Surface_EachCall_AsksTheDocumentedRouteAndReadsItsAnswer()
    {
        service.On("GET", "/scan/s/status", Json("""{"scan_state": "FAILED__PRESTARTUP", "is_deleted": false, "ewms_deactivated": null, "scan_complete": false, "scanner_server_logs": {"url": null}, "ewms_workforce": {"workflow_id": "s", "statuses": {"RUNNING": {"Tasking": 3}}, "n_running": 3, "top_errors": {}}, "failure": "no quota"}"""))
            .On("GET", "/scan/s/logs", Json("""{"scanner_server": {"url": null, "text": "line"}}"""))
            .On("GET", "/scan/s/ewms/workforce", Json("""{"workflow_id": "s", "statuses": {}, "n_running": 0, "top_errors": {"boom": 2}}"""))
            .On("GET", "/scan/s/i3-event", Json("""{"i3_event": {"a": 1}}"""))
            .On("GET", "/scan-request/s", Json("""{"scan_id": "s", "docker_tag": "3.5.2", "reco_algo": "dummy", "nsides": {"8": 0}, "real_or_simulated_event": "real", "request_clusters": [["local", 2]], "i3_event_id": "e"}"""))
            .On("GET", "/scans", Json("""{"event_id": 2, "scan_ids": ["s", "t"]}"""))
            .On("GET", "/scans/backlog", Json("""{"entries": [{"scan_id": "s", "timestamp": 1.5, "priority": 7, "pending_timestamp": null, "next_attempt": 1}]}"""))
            .On("POST", "/scans/find", Json("""{"manifests": [{"scan_id": "s", "priority": 4}]}"""))
            .On("POST", "/scan/s/actions/rescan", Manifest("t"))
            .On("POST", "/scan/s/actions/add-workers", Json("""{"taskforce_uuid": "u", "n_workers": 5}"""))
            .On("DELETE", "/scan/manifest/s", Manifest("s"));
        SkyDriverClient client = Client();
        ScanStatus status = await client.GetStatusAsync("s");
        Assert.Equal(("FAILED__PRESTARTUP", "no quota", 3), (status.ScanState, status.Failure, status.Workforce!.NRunning));
        Assert.Equal("line", (await client.GetLogsAsync("s")).Text);
        Assert.Equal(2, (await client.GetWorkforceAsync("s")).TopErrors["boom"]);
        Assert.Equal("""{"a": 1}""", (await client.GetEventAsync("s")).GetRawText());
        Assert.Equal(new ClusterRequestV1("local", 2), Assert.Single((await client.GetRequestAsync("s")).RequestClusters));
        Assert.Equal(["s", "t"], await client.FindByEventAsync(1, 2, isReal: true));
        Assert.Equal(7, Assert.Single(await client.GetBacklogAsync()).Priority);
        Assert.Equal(4, Assert.Single(await client.FindAsync(new() { Filter = new JsonObject { ["priority"] = 4 }, Projection = ["priority"], Limit = 3 })).Priority);
        Assert.Equal("t", (await client.RescanAsync("s", abortFirst: true, replace: true)).ScanId);
        Assert.Equal("u", (await client.AddWorkersAsync("s", 5, "local")).TaskforceUuid);
        await client.AbortAsync("s");
        Assert.Contains("GET /scans?run_id=1&event_id=2&is_real_event=True", service.Asked.Select(a => a.Line));
        Assert.Equal("""{"filter":{"priority":4},"manifest_projection":["priority","scan_id"],"limit":3}""", service.Asked.Single(a => a.Path == "/scans/find").Body);
        Asked rescan = service.Asked.Single(a => a.Path.EndsWith("rescan", StringComparison.Ordinal));
        Assert.Equal("""{"abort_first":true,"replace_scan":true}""", rescan.Body);
        Assert.NotNull(rescan.Header("Idempotency-Key"));
        Assert.Equal("""{"n_workers":5,"cluster_location":"local"}""", service.Asked.Single(a => a.Path.EndsWith("add-workers", StringComparison.Ordinal)).Body);
        Assert.Equal("DELETE /scan/manifest/s", service.Asked[^1].Line);
    }

    [Fact]
    public async Task Result_Lazy_FetchedWhenAskedAndOnlyWhenNewer()
    {
        service.On("GET", "/scan/s/result",
            Json("{}"),
            Tagged("W/\"1\"", """{"scan_id": "s", "skyscan_result": {"nside-8": [1]}, "is_final": false}"""),
            (context, _) => { context.Response.StatusCode = 304; return Task.CompletedTask; },
            Tagged("W/\"2\"", """{"scan_id": "s", "skyscan_result": {"nside-8": [2]}, "is_final": true}"""));
        using LazyScanResult result = Client().Result("s");
        Assert.Empty(service.Asked);
        Assert.Null(await result.GetAsync());
        ScanResultDocument first = (await result.GetAsync())!;
        Assert.Equal("""{"nside-8": [1]}""", first.SkyscanResult.GetRawText());
        Assert.Same(first, await result.GetAsync());
        Assert.True((await result.GetAsync())!.IsFinal);
        Assert.True((await result.GetAsync())!.IsFinal);
        Assert.Equal([null, null, "W/\"1\"", "W/\"1\""], service.Asked.Select(a => a.Header("If-None-Match")));
    }

    [Fact]
    public async Task Download_ConnectionBreaksInTheMiddle_StartsOverAndIsWhole()
    {
        string document = $$"""{"scan_id": "s", "skyscan_result": "{{new string('x', 300_000)}}", "is_final": true}""";
        service.On("GET", "/scan/s/result", BreakAfter(document[..200_000]), Json(document));
        using MemoryStream target = new();
        Assert.True(await Client().DownloadResultAsync("s", target));
        Assert.Equal(document, Encoding.UTF8.GetString(target.ToArray()));
        service.On("GET", "/scan/t/result", Json("{}"));
        using MemoryStream none = new();
        Assert.False(await Client().DownloadResultAsync("t", none));
        Assert.Equal(0, none.Length);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(503, false)]
    public async Task IsReady_IsTrueForOkOnly(int status, bool ready)
    {
        service.On("GET", "/healthz/ready", Error(status, ""));
        Assert.Equal(ready, await Client().IsReadyAsync());
    }

    private SkyDriverClient Client(Func<SkyDriverClientOptions, SkyDriverClientOptions>? change = null)
    {
        SkyDriverClientOptions options = new() { Clock = clock };
        return new(new HttpClient { BaseAddress = service.Address }, change is null ? options : change(options));
    }

    internal static Func<HttpContext, Asked, Task> Manifest(string scanId) => Json(JsonSerializer.Serialize(new ScanManifest { ScanId = scanId }, ContractJson.Options));

    internal static LaunchScan Scan() => new()
    {
        RequestClusters = [new("local", 2)],
        RecoAlgo = "dummy",
        Event = JsonSerializer.SerializeToElement(new { value = 1 }),
        Nsides = new() { ["8"] = 0 },
        RealOrSimulated = "simulated",
    };

    private static Func<HttpContext, Asked, Task> Tagged(string tag, string json) => (context, asked) =>
    {
        context.Response.Headers.ETag = tag;
        return Json(json)(context, asked);
    };

    private static Func<HttpContext, Asked, Task> BreakAfter(string text) => async (context, _) =>
    {
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    private sealed class Tokens(string first, string next) : IBearerTokens
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(refused is null ? first : next);
    }
}
