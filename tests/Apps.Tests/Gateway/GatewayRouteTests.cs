using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapr;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Api.Gateway;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>The gateway's routes in front of a scan that a test plays.</summary>
public sealed class GatewayRouteTests : ApiHarness
{
    private const string Want = """{"worker": "w1", "slots": 2, "wait": 1}""";
    private const string Long = """{"worker": "w1", "slots": 2, "wait": 60}""";

    private readonly FakeScan scan = new();

    public GatewayRouteTests() => Actors.ByType[ActorTypes.Scan] = scan;

    [Fact]
    public async Task Work_ThereIsSome_AnswersWithTheBatchAndItsLease()
    {
        scan.Work.Enqueue(Batch(7));
        using HttpResponseMessage answer = await PostAsync("work", Want);
        Assert.Equal((HttpStatusCode.OK, MessageTypes.Protobuf), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(("7", "60"), (answer.Headers.GetValues(GatewayNames.LeaseHeader).Single(), answer.Headers.GetValues(GatewayNames.LeaseSecondsHeader).Single()));
        Assert.Equal(Batch(7), PixelBatchV1.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync()));
        Assert.Equal(new WorkWantedV1("w1", 2), scan.Wanted[0]);
    }

    [Fact]
    public async Task Work_NoneInTime_IsNoContent()
    {
        using HttpResponseMessage answer = await PostAsync("work", Want);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Fact]
    public async Task Work_ComesWhileWorkersWait_IsHandedOutOnce()
    {
        Task<HttpResponseMessage>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => PostAsync("work", Long))];
        await Until.HoldsAsync(() => scan.Wanted.Count >= 20, "the scan is asked");
        scan.OnLease = () =>
        {
            for (int n = 1; n <= 20; n++) scan.Work.Enqueue(Batch(n));
            scan.OnLease = null;
        };
        HttpResponseMessage[] answers = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"{n}"), answers.Select(a => a.Headers.GetValues(GatewayNames.LeaseHeader).Single()).OrderBy(n => n.Length).ThenBy(n => n, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Work_WorkerHangsUp_ItsBatchIsGivenBack()
    {
        using CancellationTokenSource hangUp = new();
        TaskCompletionSource asked = new(), gone = new();
        bool first = true;
        scan.OnLease = () =>
        {
            if (!first) return;
            first = false;
            asked.SetResult();
            gone.Task.GetAwaiter().GetResult();
            scan.Work.Enqueue(Batch(3));
        };
        // Not over HTTP: when a server notices that a client is gone is up to the system.
        Task<WorkFound> call = Services.GetRequiredService<WorkLines>().WaitAsync("scan1", new("w1", 2), TimeSpan.FromMinutes(1), hangUp.Token);
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await hangUp.CancelAsync();
        Assert.Null((await call).Lease);
        gone.SetResult();
        await Until.HoldsAsync(() => scan.HasTended(t => t is { WorkerId: "w1", Slots: 2 } && t.GivenBack.SequenceEqual([3L])), "the batch is given back");
    }

    [Fact]
    public async Task Recos_LeaseHeld_AreTakenAgainAndAgain()
    {
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage answer = await RecosAsync(Found(5));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal([Found(5), Found(5)], scan.Settled);
    }

    [Fact]
    public async Task Recos_NextWanted_AnswersWithItAsLongAsThereIsOne()
    {
        scan.Work.Enqueue(Batch(8));
        using HttpResponseMessage more = await RecosAsync(Found(5), "?next=true");
        Assert.Equal((HttpStatusCode.OK, MessageTypes.Protobuf), (more.StatusCode, more.Content.Headers.ContentType?.MediaType));
        Assert.Equal(("8", "60"), (more.Headers.GetValues(GatewayNames.LeaseHeader).Single(), more.Headers.GetValues(GatewayNames.LeaseSecondsHeader).Single()));
        Assert.Equal(Batch(8), PixelBatchV1.Parser.ParseFrom(await more.Content.ReadAsByteArrayAsync()));

        using HttpResponseMessage last = await RecosAsync(Found(8), "?next=true");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (last.StatusCode, last.Content.Headers.ContentType?.MediaType));
        Assert.False(last.Headers.Contains(GatewayNames.LeaseHeader));
        Assert.Equal([Found(5), Found(8)], scan.Settled);
    }

    [Fact]
    public async Task Recos_NextNotWanted_LeavesTheWorkToOthers()
    {
        scan.Work.Enqueue(Batch(8));
        using HttpResponseMessage answer = await RecosAsync(Found(5));
        Assert.False(answer.Headers.Contains(GatewayNames.LeaseHeader));
        Assert.Single(scan.Work);
    }

    [Fact]
    public async Task Line_AskedInVain_IsAskedAgainWhenNudgedAndNotBefore()
    {
        WorkLines lines = new(Actors, new GatewayOptions(TimeSpan.FromSeconds(25), 100), new StandingClock(), NullLogger<WorkLines>.Instance);
        Task<WorkFound> waits = lines.WaitAsync("scan1", new("w1", 2), TimeSpan.FromHours(1), CancellationToken.None);
        await Until.HoldsAsync(() => scan.Wanted.Count == 1, "the scan is asked once");
        scan.Work.Enqueue(Batch(9));
        lines.Nudge("nobody");
        Assert.False(waits.IsCompleted);
        lines.Nudge("scan1");
        Assert.Equal(9, (await waits.WaitAsync(TimeSpan.FromMinutes(1))).Lease?.Number);
        Assert.Equal(2, scan.Wanted.Count);
    }

    [Fact]
    public async Task Recos_LeaseOver_IsConflict()
    {
        scan.Over.Add(5);
        using HttpResponseMessage answer = await RecosAsync(Found(5));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Empty(scan.Settled);
    }

    [Fact]
    public async Task Recos_NotWhatTheyShouldBe_NeverReachTheScan()
    {
        RecoBatchV1 wrong = new() { ScanId = "other", WorkerId = new string('x', 200), BatchNumber = 0 };
        using HttpResponseMessage faults = await RecosAsync(wrong);
        Assert.Equal(HttpStatusCode.BadRequest, faults.StatusCode);
        foreach (string name in new[] { "'scan_id'", "'worker_id'", "'batch_number'" }) Assert.Contains(name, await faults.Content.ReadAsStringAsync());

        using HttpResponseMessage garbage = await SendBytesAsync([0xFF, 0xFF, 0xFF, 1]);
        Assert.Equal(HttpStatusCode.BadRequest, garbage.StatusCode);
        using HttpResponseMessage huge = await SendBytesAsync(new byte[(512 << 10) + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.StatusCode);
        Assert.Empty(scan.Settled);
    }

    [Fact]
    public async Task Hello_LeasesHeld_RenewsThemAndNamesThoseThatAreOver()
    {
        scan.Over.Add(4);
        JsonElement answer = await OkAsync(HttpMethod.Post, "/worker/scan1/hello", """{"worker": "w1", "slots": 2, "held": [3, 4]}""");
        Assert.Equal([4], answer.GetProperty("over").EnumerateArray().Select(n => n.GetInt64()));
        Assert.Equal(60, answer.GetProperty("lease_seconds").GetDouble());
        Assert.True(scan.HasTended(t => t.Held.SequenceEqual([3L, 4L]) && t.GivenBack.Count == 0));
    }

    [Fact]
    public async Task Release_Leases_GoBack()
    {
        await OkAsync(HttpMethod.Post, "/worker/scan1/release", """{"worker": "w1", "slots": 2, "leases": [3, 4]}""");
        Assert.True(scan.HasTended(t => t.GivenBack.SequenceEqual([3L, 4L]) && t.Held.Count == 0));
    }

    [Theory]
    [InlineData(ScanActorState.Finished)]
    [InlineData(ScanActorState.Aborted)]
    [InlineData(ScanActorState.Failed)]
    public async Task EveryRoute_ScanIsOver_IsGone(string state)
    {
        scan.State = state;
        scan.Over.Add(5);
        Assert.Equal("the scan is over", await RefusedAsync(HttpStatusCode.Gone, HttpMethod.Post, "/worker/scan1/work", Want));
        await RefusedAsync(HttpStatusCode.Gone, HttpMethod.Post, "/worker/scan1/hello", """{"worker": "w1", "slots": 2}""");
        using HttpResponseMessage recos = await RecosAsync(Found(5));
        Assert.Equal(HttpStatusCode.Gone, recos.StatusCode);
    }

    [Fact]
    public async Task Scan_NotOpenYet_WaitsUnlessItIsUnknownOrDeleted()
    {
        scan.State = ScanActorState.NotOpen;
        await RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Post, "/worker/nobody/hello", """{"worker": "w1", "slots": 2}""");
        string id = await LaunchedAsync();
        await OkAsync(HttpMethod.Post, $"/worker/{id}/hello", """{"worker": "w1", "slots": 2}""");
        await OkAsync(HttpMethod.Delete, $"/scan/{id}");
        await RefusedAsync(HttpStatusCode.Gone, HttpMethod.Post, $"/worker/{id}/hello", """{"worker": "w1", "slots": 2}""");
    }

    [Fact]
    public async Task Work_ScanIsAway_IsUnavailableAndThenComes()
    {
        scan.Away = new DaprException("no scanner");
        await RefusedAsync(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/worker/scan1/work", Want);
        scan.Away = null;
        scan.Work.Enqueue(Batch(1));
        using HttpResponseMessage answer = await PostAsync("work", Long);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Arguments_Wrong_AreAllNamed()
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/worker/scan1/work", """{"worker": "a b", "slots": 1000, "wait": -1}""");
        foreach (string name in new[] { "'worker'", "'slots'", "'wait'" }) Assert.Contains(name, reason);
        reason = await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/worker/scan1/hello", """{"held": ["x"]}""");
        foreach (string name in new[] { "'worker'", "'slots'", "'held'" }) Assert.Contains(name, reason);
        await RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Post, "/worker/scan1/release", """{"worker": "w1", "slots": 1}""");
        Assert.Empty(scan.Wanted);
        Assert.Empty(scan.Tended);
    }

    private static PixelBatchV1 Batch(long number) => new() { ScanId = "scan1", BatchNumber = number, RecoAlgo = "dummy", Variations = { new PixelVariationV1 { Nside = 1, Ipix = 2 } } };

    private static RecoBatchV1 Found(long number) => new() { ScanId = "scan1", WorkerId = "w1", BatchNumber = number, Recos = { new RecoV1 { Nside = 1, Ipix = 2, Llh = 3 } } };

    private Task<HttpResponseMessage> PostAsync(string action, string body) =>
        Http.PostAsync($"/worker/scan1/{action}", new StringContent(body, Encoding.UTF8, "application/json"));

    private Task<HttpResponseMessage> RecosAsync(RecoBatchV1 found, string query = "") => SendBytesAsync(found.ToByteArray(), query);

    private Task<HttpResponseMessage> SendBytesAsync(byte[] body, string query = "") =>
        Http.PostAsync("/worker/scan1/recos" + query, new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(MessageTypes.Protobuf) } });

    /// <summary>No pause ever ends.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
