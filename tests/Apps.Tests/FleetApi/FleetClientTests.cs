using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SkyDriver.Apps.Tests.Client;
using SkyDriver.Client;
using SkyDriver.Client.Fleet;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Testing.Loopback;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>The client keeps the order of its writes and the promise that each happens once, whatever the service does.</summary>
public sealed class FleetClientTests : IAsyncLifetime
{
    /// <summary>Short enough for the clock to skip, also when the pauses have grown.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly PausesSkipped clock = new(TimeSpan.FromSeconds(15));
    private LoopbackService service = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        service = await StartAsync();
        http = new() { BaseAddress = service.Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await service.DisposeAsync();
    }

    [Fact]
    public async Task Create_ServiceIsAwayForLong_IsSentOnceItIsBackWithOneKey()
    {
        service.On("POST", "/tasks/", [.. Enumerable.Repeat(Error(503, "away"), 40), Break, One(5)]);
        await using FleetClient client = new(http, new() { Clock = clock });
        Pending<FleetTaskV1> task = client.TaskCreateAsync(new() { Command = "echo" }, "b");
        Assert.Equal(5, (await task).TaskId);
        Assert.False(task.IsPending);
        Assert.Equal(5, task.Value.TaskId);
        Assert.Equal(42, service.Asked.Count);
        Assert.Single(service.Asked.Select(a => a.Header("Idempotency-Key")).Distinct());
        Assert.All(service.Asked, a => Assert.Equal("""{"command":"echo","batch":"b"}""", a.Body));
        Assert.All(clock.Pauses, pause => Assert.InRange(pause, TimeSpan.FromSeconds(3.75), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Writes_ChainedIdsAndAFaultBetween_KeepTheirOrderAndFailByThemselves()
    {
        service.On("POST", "/tasks/", Error(503, "away"), One(5), Error(400, "no"), One(6)).On("PUT", "/tasks/5", One(5)).On("POST", "/workers/7/signals", Json("""{"signal_id": 1, "execution_id": 9, "worker_id": 7, "signal": 9}"""));
        await using FleetClient client = new(http, new() { Clock = clock });
        Pending<FleetTaskV1> first = client.TaskCreateAsync(new() { Command = "a" }), refused = client.TaskCreateAsync(new() { Command = "b" });
        Pending<FleetTaskV1> changed = client.TaskUpdateAsync(first, new() { Retry = 2, Cleared = ["name"] }), last = client.TaskCreateAsync(new() { Command = "c" }, required: [first, 3L]);
        Pending<FleetTaskV1> orphan = client.TaskDeleteAsync(refused);
        Pending<SignalV1> signal = client.WorkerCreateSignalAsync(7, 9L, FleetSignal.Kill);
        Assert.Equal(9, (await signal).ExecutionId);
        Assert.Equal((5, 6), ((await changed).TaskId, (await last).TaskId));
        Assert.Equal((400, "no"), await FaultAsync(refused));
        Assert.Equal((400, "no"), await FaultAsync(orphan));
        Assert.Equal(
            ["POST /tasks/ {\"command\":\"a\"}", "POST /tasks/ {\"command\":\"a\"}", "POST /tasks/ {\"command\":\"b\"}", "PUT /tasks/5 {\"retry\":2,\"name\":null}", "POST /tasks/ {\"command\":\"c\",\"required_task_ids\":[5,3]}", "POST /workers/7/signals {\"execution_id\":9,\"signal\":9}"],
            service.Asked.Select(a => $"{a.Line} {a.Body}"));
        Assert.Equal(0, client.QueueLength);
    }

    [Fact]
    public async Task Read_AfterAQueuedWrite_SeesIt()
    {
        service.On("POST", "/tasks/", Error(503, "away"), Error(503, "away"), One(5)).On("GET", "/tasks/", Json("[]"));
        await using FleetClient client = new(http, new() { Clock = clock });
        _ = client.TaskCreateAsync(new() { Command = "a" });
        Assert.Empty(await client.TasksAsync(new() { Statuses = ["failed"], Batches = ["b"] }));
        Assert.Equal(["POST", "POST", "POST", "GET"], service.Asked.Select(a => a.Method));
        Assert.Equal("""{"batch":["b"],"status":["failed"]}""", service.Asked[^1].Body);
    }

    [Fact]
    public async Task Write_NotAsynchronous_StillJoinsAQueueThatIsNotEmpty()
    {
        TaskCompletionSource go = new();
        service.On("POST", "/tasks/", async (context, asked) =>
        {
            await go.Task;
            await One(5)(context, asked);
        }).On("DELETE", "/tasks/8", One(8));
        await using FleetClient client = new(http, new() { Clock = clock });
        Pending<FleetTaskV1> queued = client.TaskCreateAsync(new() { Command = "a" });
        Pending<FleetTaskV1> direct = client.TaskDeleteAsync(8, asynchronous: false);
        Assert.True(queued.IsPending && direct.IsPending);
        Assert.Equal(2, client.QueueLength);
        go.SetResult();
        await direct;
        Assert.Equal(["POST", "DELETE"], service.Asked.Select(a => a.Method));
    }

    [Fact]
    public async Task Ping_QueueIsNotEmpty_IsSentAtOnce()
    {
        TaskCompletionSource go = new();
        service.On("POST", "/tasks/", async (context, asked) =>
        {
            await go.Task;
            await One(5)(context, asked);
        }).On("PUT", "/workers/7/ping", Json(JsonSerializer.Serialize(Samples.Worker(), ContractJson.Options)));
        await using FleetClient client = new(http, new() { Clock = clock });
        Pending<FleetTaskV1> queued = client.TaskCreateAsync(new() { Command = "a" });
        Assert.Equal("w", (await client.WorkerPingAsync(7, memory: 4.5)).Name);
        Assert.True(queued.IsPending);
        go.SetResult();
        await queued;
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(500)]
    public async Task Get_ServiceRefuses_IsSaidAndNotTriedAgain(int status)
    {
        service.On("GET", "/tasks/5", Error(status, "no"));
        await using FleetClient client = new(http, new() { Clock = clock });
        SkyDriverException refused = await Assert.ThrowsAsync<SkyDriverException>(() => client.TaskGetAsync(5));
        Assert.Equal((status, "no", 1), (refused.StatusCode, refused.Message, service.Asked.Count));
    }

    [Fact]
    public async Task Join_FailedTask_IsStartedAnewAsOftenAsSaidAndThenCounted()
    {
        service.On("GET", "/tasks/status", Statuses("[5, 6, 6]"), Statuses("[7, 6, 2]"), Statuses("[7, 6, 7]")).On("PUT", "/tasks/*", One(2));
        await using FleetClient client = new(http, new() { Clock = clock });
        List<FleetJoined> seen = [];
        FleetJoined joined = await client.JoinAsync([1, 2, 3], new() { Retry = 1, Poll = Soon }, new Told(seen));
        Assert.Equal(new Dictionary<string, int> { ["succeeded"] = 2, ["failed"] = 1 }, joined.Counts);
        Assert.Equal([2], joined.Failed);
        Assert.Equal(new Dictionary<string, int> { ["running"] = 1, ["pending"] = 2 }, seen[0].Counts);
        Assert.Equal(["PUT /tasks/2 {\"status\":\"pending\"}", "PUT /tasks/3 {\"status\":\"pending\"}"], service.Asked.Where(a => a.Method == "PUT").Select(a => $"{a.Line} {a.Body}"));
        Assert.Equal(2, service.Asked.Where(a => a.Method == "PUT").Select(a => a.Header("Idempotency-Key")).Distinct().Count());
    }

    [Fact]
    public async Task Join_TaskWaitsForOneThatFailedForGood_EndsAsBlocked()
    {
        service.On("GET", "/tasks/status", Json("""{"statuses": [6, 1, 7, -1], "blocked": [false, true, false, false]}"""));
        await using FleetClient client = new(http, new() { Clock = clock });
        FleetJoined joined = await client.JoinAsync([1, 2, 3, 4], new() { Retry = 0, Poll = Soon });
        Assert.Equal(new Dictionary<string, int> { ["failed"] = 1, ["blocked"] = 1, ["succeeded"] = 1, ["gone"] = 1 }, joined.Counts);
        Assert.Equal((1, 2), (joined.Failed.Single(), joined.Blocked.Single()));
        FleetJoinException thrown = await Assert.ThrowsAsync<FleetJoinException>(() => client.JoinAsync([1, 2, 3, 4], new() { Retry = 0, Check = true, Poll = Soon }));
        Assert.Contains("1 blocked", thrown.Message);
    }

    [Fact]
    public async Task Join_BlockedByATaskThatIsStartedAnew_GoesOn()
    {
        service.On("GET", "/tasks/status", Json("""{"statuses": [6, 1], "blocked": [false, true]}"""), Statuses("[7, 1]"), Statuses("[7, 7]")).On("PUT", "/tasks/1", One(1));
        await using FleetClient client = new(http, new() { Clock = clock });
        Assert.True((await client.JoinAsync([1, 2], new() { Poll = Soon })).AllSucceeded);
    }

    [Fact]
    public async Task Join_WaitingAndPausedTasks_AreNotDone()
    {
        service.On("GET", "/tasks/status", Statuses("[1, 0]"), Statuses("[8, 0]"), Statuses("[7, 7]"));
        await using FleetClient client = new(http, new() { Clock = clock });
        Assert.True((await client.JoinAsync([1, 2], new() { Poll = Soon })).AllSucceeded);
        Assert.Equal(3, service.Asked.Count);
    }

    [Fact]
    public async Task Join_NoTasks_IsRefused()
    {
        await using FleetClient client = new(http);
        await Assert.ThrowsAsync<ArgumentException>(() => client.JoinAsync([]));
    }

    [Theory]
    [InlineData("plain-1.5_a/b:c", "plain-1.5_a/b:c")]
    [InlineData("", "''")]
    [InlineData("two words", "'two words'")]
    [InlineData("$HOME `id` \"x\" \\ *", "'$HOME `id` \"x\" \\ *'")]
    [InlineData("it's", "'it'\"'\"'s'")]
    public void Quote_Argument_IsOneArgumentForAShell(string argument, string quoted) => Assert.Equal(quoted, ShellText.Quote(argument));

    [Fact]
    public async Task Join_QuotedText_ComesBackFromARealShell()
    {
        string[] arguments = ["a", "", "it's 'q'", "$(id) `id` \\ \"", "new\nline", "-n", "ü€"];
        string command = ShellText.Wrap("printf '%s\\0' " + ShellText.Join(arguments), "/bin/sh", out bool hasQuotes);
        Assert.True(hasQuotes);
        System.Diagnostics.ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(start)!;
        string printed = await shell.StandardOutput.ReadToEndAsync();
        Assert.Equal(arguments, printed.Split('\0')[..^1]);
    }

    [Fact]
    public void AsJson_Record_IsWhatTheServiceSent()
    {
        JsonObject task = Samples.Task(5).AsJson();
        Assert.Equal((5, "2026-11-21T13:00:00.000000+00:00"), ((int)task["task_id"]!, (string)task["creation_date"]!));
    }

    private static Func<HttpContext, Asked, Task> One(long id) => Json(JsonSerializer.Serialize(Samples.Task(id), ContractJson.Options));

    private static Func<HttpContext, Asked, Task> Statuses(string statuses) =>
        Json($$"""{"statuses": {{statuses}}, "blocked": {{JsonSerializer.Serialize(JsonSerializer.Deserialize<int[]>(statuses)!.Select(_ => false))}}}""");

    private static async Task<(int, string)> FaultAsync(Pending<FleetTaskV1> write)
    {
        SkyDriverException refused = await Assert.ThrowsAsync<SkyDriverException>(() => write.AsTask());
        return (refused.StatusCode, refused.Message);
    }

    private sealed class Told(List<FleetJoined> seen) : IProgress<FleetJoined>
    {
        public void Report(FleetJoined value) => seen.Add(value);
    }
}
