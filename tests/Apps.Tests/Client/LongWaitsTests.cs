using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Testing.Loopback;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Apps.Tests.Client;

/// <summary>What goes on for longer than one call: streams, watches, the queue of writes, waiting for many scans.</summary>
public sealed class LongWaitsTests : IAsyncLifetime
{
    private readonly PausesSkipped clock = new(TimeSpan.FromSeconds(30));
    private LoopbackService service = null!;

    public async ValueTask InitializeAsync() => service = await StartAsync();

    public ValueTask DisposeAsync() => service.DisposeAsync();

    [Fact]
    public async Task Listen_ConnectionLostAgainAndAgain_EveryEventOnceInOrder()
    {
        // A connection that is reset takes along what was not read from it yet.
        TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        service.On("GET", "/scan/s/events",
            Events(read.Task, Event(1, "phase"), Event(2, "progress")),
            Error(503, "restarting"),
            Events(Task.CompletedTask),
            Events(breaksAfter: null, Event(2, "progress"), Event(3, "progress")),
            Events(breaksAfter: null, Event(4, "ended")));
        List<ScanEvent> seen = [];
        await foreach (ScanEvent one in Client().ListenAsync("s"))
        {
            seen.Add(one);
            if (one.Id == 2) read.SetResult();
        }

        Assert.Equal([1, 2, 3, 4], seen.Select(e => e.Id));
        Assert.Equal("ended", seen[^1].Event!.Kind);
        Assert.Equal([null, "2", "2", "2", "3"], service.Asked.Select(a => a.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task Listen_SomeWereMissedForGood_SaysSo()
    {
        service.On("GET", "/events", Events(breaksAfter: null, "id: 9\nevent: reset\ndata: {}\n\n", Event(10, "phase")));
        List<ScanEvent> seen = await Client().ListenToAllAsync(after: 3).Take(2).ToListAsync();
        Assert.Equal([(9, "reset"), (10, "phase")], seen.Select(e => (e.Id, e.Kind)));
        Assert.Equal("3", service.Asked[0].Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Listen_ConnectionIsSilentForTooLong_IsTakenUpAgain()
    {
        service.On("GET", "/scan/s/events", async (context, asked) => { await Events(breaksAfter: null, Event(1, "phase"))(context, asked); await NeverAnswer(context, asked); }, Events(breaksAfter: null, Event(2, "ended")));
        List<ScanEvent> seen = await Client(o => o with { StreamSilence = TimeSpan.FromSeconds(20) }).ListenAsync("s").ToListAsync();
        Assert.Equal(2, seen[^1].Id);
    }

    [Fact]
    public async Task Listen_ServiceRefusesOrStaysAway_Ends()
    {
        service.On("GET", "/scan/s/events", Error(404, "unknown scan"));
        Assert.True((await Assert.ThrowsAsync<SkyDriverException>(() => Client().ListenAsync("s").ToListAsync().AsTask())).IsNotFound);
        service.On("GET", "/scan/s/events", Error(503, "away"));
        await Assert.ThrowsAsync<SkyDriverException>(() => Client(o => o with { AwayPatience = TimeSpan.FromMinutes(1) }).ListenAsync("s").ToListAsync().AsTask());
    }

    [Fact]
    public async Task Watch_ConnectionLostAndScanReplaced_GoesOnToTheEnd()
    {
        service.On("GET", "/scan/s/manifest", Show(new() { ScanId = "s" }), Break, Error(503, "away"), Show(new() { ScanId = "s", ReplacedByScanId = "t" }));
        service.On("GET", "/scan/t/manifest", Show(new() { ScanId = "t", Complete = true }));
        List<ScanSight> sights = await Client().WatchAsync("s").ToListAsync();
        Assert.Equal([false, true, true, false, false], sights.Select(s => s.Lost is not null));
        Assert.Equal("s", sights[1].Manifest!.ScanId);
        Assert.Equal("t", sights[^1].Manifest!.ScanId);
    }

    [Fact]
    public async Task Watch_StreamBreaks_EveryEventOnceInOrderAndTheStreamGoesOnWhereItBroke()
    {
        TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool hasEnded = false;
        service.On("GET", "/scan/s/manifest", (context, asked) => Show(new() { ScanId = "s", Complete = Volatile.Read(ref hasEnded) })(context, asked));
        service.On("GET", "/scan/s/events",
            Events(read.Task, Event(1, "phase"), Event(2, "progress")),
            (context, asked) =>
            {
                Volatile.Write(ref hasEnded, true);
                return Events(breaksAfter: null, Event(2, "progress"), Event(3, "ended"))(context, asked);
            });
        List<long> seen = [];
        // A poll this long never comes on the test's clock: only the stream can end the watch.
        await foreach (ScanSight sight in Client().WatchAsync("s", new() { Poll = TimeSpan.FromDays(1) }))
        {
            seen.AddRange(sight.News.Select(e => e.Id));
            if (seen is [.., 2]) read.TrySetResult();
        }

        Assert.Equal([1, 2], seen.Take(2));
        Assert.Equal([null, "2"], service.Asked.Where(a => a.Path.EndsWith("events", StringComparison.Ordinal)).Select(a => a.Header("Last-Event-ID")));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Watch_FinalResultStored_EndsThereOrWithTheWorkers(bool untilComplete, int looks)
    {
        service.On("GET", "/scan/s/manifest", Show(new() { ScanId = "s", Lifecycle = new() { HasFinalResult = true } }), Show(Final("s")));
        Assert.Equal(looks, (await Client().WatchAsync("s", new() { UntilComplete = untilComplete }).ToListAsync()).Count);
    }

    [Fact]
    public async Task Queue_ServiceAway_WritesArriveInOrderEachOnceWhenItIsBack()
    {
        ConcurrentQueue<string> done = new();
        service.On("POST", "/scan", Break, Error(503, "starting"), Answer("launch", "s1"), Error(400, "bad nsides"), Answer("launch", "s3"));
        service.On("DELETE", "/scan/manifest/s1", Answer("abort", "s1")).On("POST", "/scan/s3/actions/rescan", Answer("rescan", "s4"));
        await using WriteQueue queue = new(Client());
        Pending<ScanManifest> first = queue.Launch(SkyDriverClientTests.Scan()), abort = queue.Abort(first), bad = queue.Launch(SkyDriverClientTests.Scan()), ofBad = queue.Abort(bad), third = queue.Launch(SkyDriverClientTests.Scan()), again = queue.Rescan(third);
        await queue.FlushAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(["launch s1", "abort s1", "launch s3", "rescan s4"], done);
        Assert.Equal("s4", (await again).ScanId);
        Assert.Equal("bad nsides", (await Assert.ThrowsAsync<SkyDriverException>(bad.AsTask)).Message);
        Assert.Equal("bad nsides", (await Assert.ThrowsAsync<SkyDriverException>(ofBad.AsTask)).Message);
        Assert.False((await abort).ScanId == "" || abort.IsPending);
        string?[] keys = [.. service.Asked.Where(a => a.Path == "/scan").Select(a => a.Header("Idempotency-Key"))];
        Assert.Single(keys.Take(3).Distinct());
        Assert.Equal(3, keys.Distinct().Count());

        Func<HttpContext, Asked, Task> Answer(string what, string scanId) => (context, asked) =>
        {
            done.Enqueue($"{what} {scanId}");
            return SkyDriverClientTests.Manifest(scanId)(context, asked);
        };
    }

    [Fact]
    public async Task Queue_ServiceNeverComesBack_WriteFailsAndQueueEnds()
    {
        service.On("POST", "/scan", Error(503, "away"));
        await using WriteQueue queue = new(Client(o => o with { AwayPatience = TimeSpan.FromMinutes(2) }));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(queue.Launch(SkyDriverClientTests.Scan()).AsTask);
        Assert.Equal(503, fault.StatusCode);
        await Until.HoldsAsync(() => queue.Length == 0, "the write is given up");
    }

    [Fact]
    public async Task Queue_FullOrClosed_RefusesAndNothingHangs()
    {
        service.On("POST", "/scan", NeverAnswer);
        WriteQueue queue = new(Client(), capacity: 1);
        Pending<ScanManifest> sent = queue.Launch(SkyDriverClientTests.Scan());
        await Until.HoldsAsync(() => service.Asked.Count == 1, "the first write is sent");
        Pending<ScanManifest> waiting = queue.Launch(SkyDriverClientTests.Scan());
        Assert.Throws<InvalidOperationException>(() => queue.Launch(SkyDriverClientTests.Scan()));
        Assert.Equal(2, queue.Length);
        await queue.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(sent.AsTask);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(waiting.AsTask);
    }

    [Fact]
    public async Task Join_ManyScans_EndsWhenAllHaveAndRepeatsTheFailed()
    {
        Dictionary<string, Queue<ScanManifest>> scans = new()
        {
            ["good"] = new([new() { ScanId = "good" }, Final("good")]),
            ["old"] = new([new() { ScanId = "old", ReplacedByScanId = "new" }]),
            ["new"] = new([Final("new")]),
            ["bad"] = new([Failed("bad")]),
            ["bad2"] = new([new() { ScanId = "bad2" }, Failed("bad2")]),
        };
        service.On("POST", "/scans/find", (context, asked) =>
        {
            string[] ids = [.. JsonDocument.Parse(asked.Body).RootElement.GetProperty("filter").GetProperty("scan_id").GetProperty("$in").EnumerateArray().Select(e => e.GetString()!)];
            object[] found = [.. ids.Where(scans.ContainsKey).Select(id => scans[id].Count > 1 ? scans[id].Dequeue() : scans[id].Peek())];
            return Json($$"""{"manifests": {{JsonSerializer.Serialize(found, ContractJson.Options)}}}""")(context, asked);
        });
        service.On("POST", "/scan/bad/actions/rescan", SkyDriverClientTests.Manifest("bad2"));
        IReadOnlyList<JoinedScan> ended = await Client().JoinAsync(["good", "old", "bad", "never", "good"], new() { Rescans = 1 });
        Assert.Equal([("good", "good", true), ("old", "new", true), ("bad", "bad2", false), ("never", "never", false)], ended.Select(e => (e.ScanId, e.CurrentScanId, e.Succeeded)));
        Assert.Equal("no quota", ended[2].Failure);
        Assert.Contains("does not know", ended[3].Failure);
        Assert.Equal("join-bad-1", service.Asked.Single(a => a.Path.EndsWith("rescan", StringComparison.Ordinal)).Header("Idempotency-Key"));
    }

    [Fact]
    public async Task Join_ScansGoOnForEver_TimesOut()
    {
        service.On("POST", "/scans/find", Json("""{"manifests": [{"scan_id": "s"}]}"""));
        List<int> open = [];
        await Assert.ThrowsAsync<TimeoutException>(() => Client().JoinAsync(["s"], new() { Timeout = TimeSpan.FromMinutes(3) }, new Reports(open)));
        Assert.InRange(open.Count, 10, 40);
    }

    private SkyDriverClient Client(Func<SkyDriverClientOptions, SkyDriverClientOptions>? change = null)
    {
        SkyDriverClientOptions options = new() { Clock = clock };
        return new(new HttpClient { BaseAddress = service.Address }, change is null ? options : change(options));
    }

    private static ScanManifest Final(string id) => new() { ScanId = id, Complete = true, Lifecycle = new() { HasFinalResult = true } };

    private static ScanManifest Failed(string id) => new() { ScanId = id, Complete = true, Lifecycle = new() { Phase = ScanPhase.Failed, Failure = "no quota" } };

    private static Func<HttpContext, Asked, Task> Show(ScanManifest manifest) => Json(JsonSerializer.Serialize(manifest, ContractJson.Options));

    private static string Event(int id, string kind) => $$"""
        id: {{id}}
        event: {{kind}}
        data: {"scan_id": "s", "kind": "{{kind}}", "timestamp": {{id}} }


        """;

    private static Func<HttpContext, Asked, Task> Events(Task? breaksAfter, params string[] events) => async (context, _) =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("retry: 2000\n\n:\n\n");
        foreach (string text in events) await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
        if (breaksAfter is null) return;
        await breaksAfter;
        context.Abort();
    };

    private sealed class Reports(List<int> open) : IProgress<IReadOnlyList<JoinedScan>>
    {
        public void Report(IReadOnlyList<JoinedScan> value) => open.Add(value.Count(s => !s.HasEnded));
    }
}
