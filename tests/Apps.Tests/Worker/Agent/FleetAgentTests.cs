using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Client.Fleet;
using SkyDriver.Testing.Loopback;
using SkyDriver.Worker.Agent;
using SkyDriver.Worker.Agent.Staging;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Apps.Tests.Worker.Agent;

/// <summary>A worker of the fleet against a service that answers as it is told. Its time passes faster.</summary>
public sealed class FleetAgentTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("skydriver-agent-").FullName;
    private readonly FailureCount pixels = new(3);
    private LoopbackService service = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        service = await StartAsync();
        service.On("POST", "/workers/", Json(Row())).On("PUT", "/workers/7", Json(Row())).On("PUT", "/workers/7/heartbeat", Json(Reply()));
        http = new() { BaseAddress = service.Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await service.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Agent_NobodyKnowsIt_DeclaresItselfAgain()
    {
        service.On("PUT", "/workers/7/heartbeat", Json(Reply()), Error(404, "there is no such worker"), Json(Reply()));
        await RunUntilAsync(Agent(), () => Count("PUT /workers/7/heartbeat") >= 4);
        Assert.Equal(2, Count("POST /workers/"));
        JsonElement declared = JsonSerializer.Deserialize<JsonElement>(service.Asked[0].Body);
        Assert.Equal(("w", "job-1", "scan1", "running"), (
            declared.GetProperty("name").GetString(), declared.GetProperty("launcher_id").GetString(), declared.GetProperty("batch").GetString(), declared.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Agent_ServiceIsAway_GoesOnWhenItIsBackWithoutDeclaringItself()
    {
        service.On("PUT", "/workers/7/heartbeat", Json(Reply()), Error(503, "away"), Error(503, "away"), Error(500, "oops"), Error(401, "no"), Json(Reply()));
        await RunUntilAsync(Agent(), () => Count("PUT /workers/7/heartbeat") >= 7);
        Assert.Equal(1, Count("POST /workers/"));
    }

    [Fact]
    public async Task Agent_RowIsEvicted_LetsItRunAgain()
    {
        service.On("POST", "/workers/", Json(Row(status: "evicted")));
        await RunUntilAsync(Agent(), () => Count("PUT /workers/7/heartbeat") >= 1);
        Assert.Contains(service.Asked, asked => asked is { Line: "PUT /workers/7", Body: """{"status":"running"}""" });
    }

    [Fact]
    public async Task Agent_Signal_IsAcknowledgedUntilTheServiceHasHeardOfIt()
    {
        const string Signalled = """[{"signal_id": 5, "execution_id": null, "worker_id": 7, "signal": -1}]""";
        service.On("PUT", "/workers/7/heartbeat", Json(Reply(signals: Signalled)), Error(503, "away"), Json(Reply(signals: Signalled)), Json(Reply()));
        await RunUntilAsync(Agent(), () => Count("PUT /workers/7/heartbeat") >= 5);
        Assert.Equal(["[]", "[5]", "[5]", "[5]", "[]"], Beats().Take(5).Select(b => b.GetProperty("acknowledged_signals").GetRawText()));
    }

    [Fact]
    public async Task Agent_AnotherBatch_IsServedFromThenOn()
    {
        service.On("PUT", "/workers/7/heartbeat", Json(Reply()), Json(Reply(batch: "scan2")));
        FleetAgent agent = Agent();
        Task changed = agent.Changed;
        await RunUntilAsync(agent, () => Beats().Any(b => b.GetProperty("batch").GetString() == "scan2"));
        Assert.True(changed.IsCompleted);
        Assert.Equal("scan2", agent.Batch);
    }

    [Fact]
    public async Task Agent_PixelsFailInARow_PausesItselfSaysWhyAndGoesOnWhenItIsLetTo()
    {
        service.On("PUT", "/workers/7/heartbeat", Json(Reply()), Json(Reply(status: "paused")), Json(Reply(status: "paused")), Json(Reply()));
        FleetAgent agent = Agent();
        for (int i = 0; i < 3; i++) pixels.Failed("InvalidOperationException: no table");
        await RunUntilAsync(agent, () => Count("PUT /workers/7/heartbeat") >= 6);
        Assert.Contains(service.Asked, asked => asked is { Line: "PUT /workers/7", Body: """{"status":"paused"}""" });
        JsonElement[] stats = [.. Beats().Select(b => JsonSerializer.Deserialize<JsonElement>(b.GetProperty("stats").GetString()!))];
        Assert.Equal("3 failures in a row, the last: InvalidOperationException: no table", stats[0].GetProperty("quarantine").GetString());
        Assert.Equal(3, stats[0].GetProperty("errors").GetProperty("InvalidOperationException: no table").GetInt32());
        Assert.Equal(JsonValueKind.Null, stats[^1].GetProperty("quarantine").ValueKind);
        Assert.Null(agent.Quarantine);
    }

    [Fact]
    public async Task Agent_InQuarantine_RefusesWork()
    {
        const string Work = """[{"execution_id": 1500, "status": "pending", "batch": "scan1", "taskstatus": "assigned", "task": {"task_id": 1, "command": "x", "status": "assigned", "batch": "scan1"}}]""";
        service.On("PUT", "/workers/7/heartbeat", Json(Reply(assignments: Work))).On("PUT", "/executions/1500", Json("""{"execution_id": 1500, "task_id": 1, "status": "refused"}"""));
        for (int i = 0; i < 3; i++) pixels.Failed("x");
        await RunUntilAsync(Agent(), () => Count("PUT /executions/1500") >= 1);
        Assert.Equal("""{"status":"refused"}""", service.Asked.First(asked => asked.Line == "PUT /executions/1500").Body);
    }

    [Fact]
    public async Task Agent_ToldToStop_GivesBackWhatItHasAndSaysSo()
    {
        FleetAgent agent = Agent(TimeProvider.System);
        await RunUntilAsync(agent, () => Count("PUT /workers/7/heartbeat") >= 1);
        await agent.StopAsync();
        Asked[] last = [.. service.Asked.TakeLast(2)];
        Assert.Equal(["PUT /workers/7", "PUT /workers/7/heartbeat"], last.Select(asked => asked.Line));
        Assert.Equal("""{"status":"evicted"}""", last[0].Body);
        Assert.True(JsonSerializer.Deserialize<JsonElement>(Beats()[^1].GetProperty("stats").GetString()!).GetProperty("stopping").GetBoolean());
    }

    private FleetAgent Agent(TimeProvider? time = null)
    {
        TimeProvider clock = time ?? new FastClock();
        AgentOptions options = new() { Api = service.Address, Batch = "scan1", LauncherId = "job-1", Name = "w", Folder = folder };
        WorkerToken token = new(null);
        FileStores stores = new(new LocalStore(), new HttpStore(http), S3Store.FromEnvironment());
        SharedFiles shared = new(folder, stores);
        FleetWorkerClient fleet = new(http, token, TimeProvider.System);
        TaskTools tools = new(fleet, new(folder), new(stores, shared, clock), new(), new(3), options, clock, NullLogger.Instance);
        return new(fleet, options, token, tools, shared, pixels, clock, NullLogger<FleetAgent>.Instance);
    }

    private static async Task RunUntilAsync(FleetAgent agent, Func<bool> condition)
    {
        using CancellationTokenSource stop = new();
        Task run = agent.RunAsync(stop.Token);
        await Until.HoldsAsync(() => condition() || run.IsCompleted, "it has said enough");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private int Count(string line) => service.Asked.Count(asked => asked.Line == line);

    private JsonElement[] Beats() => [.. service.Asked.Where(asked => asked.Line == "PUT /workers/7/heartbeat").Select(asked => JsonSerializer.Deserialize<JsonElement>(asked.Body))];

    private static string Row(string batch = "scan1", string status = "running") => $$"""{"worker_id": 7, "name": "w", "status": "{{status}}", "batch": "{{batch}}", "concurrency": 1}""";

    private static string Reply(string batch = "scan1", string status = "running", string signals = "[]", string assignments = "[]") =>
        $$"""{"worker": {{Row(batch, status)}}, "assignments": {{assignments}}, "signals": {{signals}}, "dropped": [], "held": [], "period_seconds": 5}""";

    /// <summary>Waits take a hundredth of their time.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / 100, period);
    }
}
