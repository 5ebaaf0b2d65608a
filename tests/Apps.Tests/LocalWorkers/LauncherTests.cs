using System.Text.Json;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Grpc.Protos.Reflection;

namespace SkyDriver.Apps.Tests.LocalWorkers;

/// <summary>Every test has a component, and so a pool of workers, of its own.</summary>
public sealed class LauncherTests(LauncherProcess launcher) : IClassFixture<LauncherProcess>
{
    private const string Sleeper = "exec sleep 600";

    [Theory]
    [InlineData("v1alpha")]
    [InlineData("v1")]
    public async Task Reflection_ListsTheOneServiceThatSidecarsLookFor(string version)
    {
        using GrpcDuplexCall<ServerReflectionResponse> call = launcher.Connection.Duplex(
            $"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser);
        await call.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        await call.CompleteAsync();
        List<string> services = [];
        await foreach (ServerReflectionResponse response in call.ReadAllAsync()) services.AddRange(response.ListServicesResponse.Service.Select(s => s.Name));
        Assert.Contains("dapr.proto.components.v1.OutputBinding", services);
    }

    [Fact]
    public async Task ListOperations_NamesAllThree()
    {
        await launcher.InitAsync("operations", Sleeper);
        ListOperationsResponse response = await launcher.Connection.UnaryAsync(
            LauncherProcess.Service + "ListOperations", new ListOperationsRequest(), ListOperationsResponse.Parser,
            metadata: new Dictionary<string, string> { ["x-component-instance"] = "operations" });
        Assert.Equal(["deploy", "list", "remove", "logs"], response.Operations);
    }

    [Fact]
    public async Task Init_SeveralFaults_SaysAllAtOnce()
    {
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => launcher.InitAsync("faulty", new Dictionary<string, string>
        {
            ["maxWorkers"] = "many",
            ["stopTimeout"] = "NaNs",
        }));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        foreach (string part in new[] { "faulty", "command must be", "maxWorkers is 'many'", "stopTimeout is 'NaNs'" }) Assert.Contains(part, fault.Status.Detail);
    }

    [Theory]
    [InlineData("sleep 5")]
    [InlineData("[]")]
    [InlineData("[\"\"]")]
    [InlineData("[1]")]
    public async Task Init_CommandIsNoListOfTexts_IsRefused(string command)
    {
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => launcher.InitAsync("command", new Dictionary<string, string> { ["command"] = command }));
        Assert.Contains("command must be", fault.Status.Detail);
    }

    [Fact]
    public async Task Invoke_BeforeInit_FailsAsPrecondition()
    {
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => launcher.ListAsync("never-initialised"));
        Assert.Equal(StatusCode.FailedPrecondition, fault.StatusCode);
    }

    [Fact]
    public async Task List_TwoPlacesOfOneLauncher_NamesThoseThatWereAskedForThere()
    {
        await launcher.InitAsync("places", Sleeper);
        foreach ((string place, int count) in new[] { ("here", 2), ("there", 1) })
            await launcher.InvokeAsync("places", "deploy", $$"""{"scan_id": "s", "count": {{count}}, "idempotency_key": "{{place}}", "place": "{{place}}"}""");
        Assert.Equal(["here", "here"], (await launcher.ListAsync("places", """{"scan_id": "s", "place": "here"}""")).Select(w => w.GetProperty("place").GetString()));
        Assert.Single(await launcher.ListAsync("places", """{"place": "there"}"""));
        JsonElement all = await launcher.InvokeAsync("places", "list", "{}");
        Assert.Equal((3, 0), (all.GetProperty("workers").GetArrayLength(), all.GetProperty("unreachable").GetArrayLength()));
        Assert.Equal(3, await launcher.RemoveAsync("places", """{"scan_id": "s"}"""));
    }

    [Theory]
    [InlineData("deploy", "", "cannot be read")]
    [InlineData("deploy", "[]", "cannot be read")]
    [InlineData("deploy", "null", "JSON object")]
    [InlineData("deploy", """{"scan_id": "s", "count": "two", "idempotency_key": "k"}""", "cannot be read")]
    [InlineData("deploy", """{"scan_id": "", "count": 0, "idempotency_key": " ", "env": {"A=B": "c", "D": null}}""", "scan_id;idempotency_key;count is 0;'A=B';'D'")]
    [InlineData("remove", "{}", "scan_id or ids")]
    [InlineData("start", "{}", "deploy, list, remove, logs")]
    [InlineData("logs", "{}", "scan_id or ids")]
    [InlineData("logs", """{"scan_id": "s", "tail_bytes": 0}""", "tail_bytes is 0")]
    public async Task Invoke_BadData_SaysEveryFaultAndStartsNothing(string operation, string data, string expected)
    {
        await launcher.InitAsync("bad-data", Sleeper);
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => launcher.InvokeAsync("bad-data", operation, data));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.All(expected.Split(';'), part => Assert.Contains(part, fault.Status.Detail));
        Assert.Empty(await launcher.ListAsync("bad-data"));
    }

    [Fact]
    public async Task Deploy_SameKeyAgain_AnswersWithTheSameWorkers()
    {
        await launcher.InitAsync("keys", Sleeper);
        string[] first = await launcher.DeployAsync("keys", "scan1", 2, "start");
        Assert.Equal(2, first.Distinct().Count());
        Assert.Equal(first, await launcher.DeployAsync("keys", "scan1", 2, "start"));
        Assert.Equal(2, (await launcher.ListAsync("keys")).Length);
        string[] other = [.. await launcher.DeployAsync("keys", "scan1", 1, "more"), .. await launcher.DeployAsync("keys", "scan2", 1, "start")];
        Assert.Equal(4, first.Union(other).Count());
        Assert.Equal(4, await launcher.RemoveAsync("keys", $$"""{"ids": {{JsonSerializer.Serialize(first.Union(other))}}}"""));
    }

    [Fact]
    public async Task Deploy_MoreThanThereIsRoomFor_StartsWhatFits()
    {
        await launcher.InitAsync("limit", Sleeper, maxWorkers: 2);
        Assert.Equal(2, (await launcher.DeployAsync("limit", "scan1", 2_000_000_000, "a")).Length);
        Assert.Empty(await launcher.DeployAsync("limit", "scan2", 1, "b"));
        Assert.Equal(2, await launcher.RemoveAsync("limit", """{"scan_id": "scan1"}"""));
        // The same request, which was told "none" before, finds room now.
        Assert.Single(await launcher.DeployAsync("limit", "scan2", 1, "b"));
        Assert.Equal(1, await launcher.RemoveAsync("limit", """{"scan_id": "scan2"}"""));
    }

    [Theory]
    [InlineData(1, "{}", 0)]
    [InlineData(1000, "{}", 1)]
    [InlineData(1, """{"SKYDRIVER_WORKER_SLOTS": "7"}""", 7)]
    public async Task Deploy_SlotsOfAWorker_AreItsShareOfTheProcessorsUnlessGiven(int asked, string environment, int slots)
    {
        string file = Path.Combine(launcher.Folder, $"slots-{asked}-{slots}"), name = Path.GetFileName(file);
        await launcher.InitAsync(name, $$"""printf '%s' "$SKYDRIVER_WORKER_SLOTS" > '{{file}}.new'; mv '{{file}}.new' '{{file}}'; exec sleep 600""", maxWorkers: 1);
        Assert.Single(await launcher.DeployAsync(name, "scan1", asked, "start", environment));
        await Until.HoldsAsync(() => File.Exists(file), "the worker wrote its slots");
        Assert.Equal((slots == 0 ? Environment.ProcessorCount : slots).ToString(), await File.ReadAllTextAsync(file));
        await launcher.RemoveAsync(name, """{"scan_id": "scan1"}""");
    }

    [Fact]
    public async Task Deploy_EnvironmentAndId_ReachTheWorker()
    {
        string file = Path.Combine(launcher.Folder, "environment");
        await launcher.InitAsync("environment", """printf '%s %s' "$COLOUR" "$SKYDRIVER_WORKER_ID" > "$OUT.new"; mv "$OUT.new" "$OUT"; exec sleep 600""");
        string[] workers = await launcher.DeployAsync("environment", "scan1", 1, "start", $$"""{"COLOUR": "deep blue", "OUT": "{{file}}", "SKYDRIVER_WORKER_ID": "forged"}""");
        await Until.HoldsAsync(() => File.Exists(file), "the worker wrote its environment");
        Assert.Equal($"deep blue {workers.Single()}", await File.ReadAllTextAsync(file));
        await launcher.RemoveAsync("environment", """{"scan_id": "scan1"}""");
    }

    [Fact]
    public async Task Deploy_CommandIsNotThere_SaysWhichAndKeepsNothing()
    {
        await launcher.InitAsync("missing", new Dictionary<string, string> { ["command"] = """["/nowhere/worker"]""" });
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => launcher.DeployAsync("missing", "scan1", 1, "start"));
        Assert.Equal(StatusCode.FailedPrecondition, fault.StatusCode);
        Assert.Contains("/nowhere/worker", fault.Status.Detail);
        Assert.Empty(await launcher.ListAsync("missing"));
    }

    [Fact]
    public async Task List_RunningAndEnded_ShowsStatePidAndExitCode()
    {
        await launcher.InitAsync("states", """[ "$ENDS" = yes ] && exit 3; exec sleep 600""");
        string running = (await launcher.DeployAsync("states", "scan1", 1, "a")).Single();
        string ended = (await launcher.DeployAsync("states", "scan2", 1, "b", """{"ENDS": "yes"}""")).Single();
        await Until.HoldsAsync(async () => State(await OneAsync("scan2")) == "exited", "the second worker ended");
        JsonElement gone = await OneAsync("scan2"), alive = await OneAsync("scan1");
        Assert.Equal((ended, 3, JsonValueKind.Null), (gone.GetProperty("id").GetString(), gone.GetProperty("exit_code").GetInt32(), gone.GetProperty("pid").ValueKind));
        Assert.Equal((running, "running", JsonValueKind.Null), (alive.GetProperty("id").GetString(), State(alive), alive.GetProperty("exit_code").ValueKind));
        Assert.True(LauncherProcess.IsAlive(alive.GetProperty("pid").GetInt32()));
        Assert.Equal(2, (await launcher.ListAsync("states", "")).Length);
        await launcher.InvokeAsync("states", "remove", $$"""{"ids": ["{{running}}", "{{ended}}", "never-was"]}""");
        Assert.Empty(await launcher.ListAsync("states"));

        async Task<JsonElement> OneAsync(string scan) => (await launcher.ListAsync("states", $$"""{"scan_id": "{{scan}}"}""")).Single();
        static string? State(JsonElement worker) => worker.GetProperty("state").GetString();
    }

    [Fact]
    public async Task Remove_WorkerListens_EndsWithoutBeingKilled()
    {
        string file = Path.Combine(launcher.Folder, "goodbye"), ready = Path.Combine(launcher.Folder, "listening");
        await launcher.InitAsync("gentle", """trap 'echo bye > "$OUT"; exit 0' TERM; : > "$READY"; while :; do sleep 0.05; done""");
        await launcher.DeployAsync("gentle", "scan1", 1, "start", $$"""{"OUT": "{{file}}", "READY": "{{ready}}"}""");
        await Until.HoldsAsync(() => File.Exists(ready), "the worker listens for the signal");
        Assert.Equal(1, await launcher.RemoveAsync("gentle", """{"scan_id": "scan1"}"""));
        Assert.Equal("bye\n", await File.ReadAllTextAsync(file));
        Assert.Equal(0, await launcher.RemoveAsync("gentle", """{"scan_id": "scan1"}"""));
    }

    [Fact]
    public async Task Remove_WorkerDoesNotListen_IsKilledWithItsChildren()
    {
        string file = Path.Combine(launcher.Folder, "stubborn");
        await launcher.InitAsync("stubborn", """trap '' TERM; sleep 600 & echo $! > "$OUT.new"; mv "$OUT.new" "$OUT"; wait""", stopTimeout: "0.1s");
        await launcher.DeployAsync("stubborn", "scan1", 1, "start", $$"""{"OUT": "{{file}}"}""");
        await Until.HoldsAsync(() => File.Exists(file), "the worker has a child");
        int child = int.Parse(await File.ReadAllTextAsync(file)), worker = (await launcher.ListAsync("stubborn")).Single().GetProperty("pid").GetInt32();
        Assert.True(LauncherProcess.IsAlive(child));
        Assert.Equal(1, await launcher.RemoveAsync("stubborn", """{"scan_id": "scan1"}"""));
        Assert.False(LauncherProcess.IsAlive(worker));
        await Until.HoldsAsync(() => !LauncherProcess.IsAlive(child), "the child ended with it");
    }

    [Fact]
    public async Task Init_Again_KeepsTheWorkers()
    {
        await launcher.InitAsync("again", Sleeper);
        string[] workers = await launcher.DeployAsync("again", "scan1", 1, "start");
        await launcher.InitAsync("again", Sleeper, maxWorkers: 1);
        Assert.Equal(workers, await launcher.DeployAsync("again", "scan1", 1, "start"));
        Assert.Empty(await launcher.DeployAsync("again", "scan1", 1, "more"));
        await launcher.RemoveAsync("again", """{"scan_id": "scan1"}""");
    }

    [Fact]
    public async Task Deploy_LessRoomThanAskedFor_SaysWhyByKind()
    {
        await launcher.InitAsync("denied", Sleeper, maxWorkers: 1);
        JsonElement answer = await launcher.InvokeAsync("denied", "deploy", """{"scan_id": "scan1", "count": 3, "idempotency_key": "a"}""");
        Assert.Equal("quota", answer.GetProperty("denied").GetProperty("kind").GetString());
        Assert.Contains("at most 1 workers", answer.GetProperty("denied").GetProperty("message").GetString());
        await launcher.RemoveAsync("denied", """{"scan_id": "scan1"}""");
    }

    [Fact]
    public async Task Logs_OfAWorkerThatWritesMuch_AreItsLastWords()
    {
        await launcher.InitAsync("logs", """i=0; while [ $i -lt 3000 ]; do echo "line é $i"; i=$((i+1)); done; echo broken >&2; echo end; exec sleep 600""");
        string worker = (await launcher.DeployAsync("logs", "scan1", 1, "a")).Single();
        JsonElement log = default;
        await Until.HoldsAsync(async () => (log = (await LogsAsync("""{"scan_id": "scan1", "tail_bytes": 50}""")).Single()).GetProperty("stdout").GetString()!.EndsWith("end\n"), "it wrote everything");
        Assert.Equal((worker, "broken\n", true), (log.GetProperty("id").GetString(), log.GetProperty("stderr").GetString(), log.GetProperty("is_truncated").GetBoolean()));
        Assert.DoesNotContain('\uFFFD', log.GetProperty("stdout").GetString()!);
        Assert.InRange(log.GetProperty("stdout").GetString()!.Length, 20, 50);
        Assert.False((await LogsAsync($$"""{"ids": ["{{worker}}"]}""")).Single().GetProperty("is_truncated").GetBoolean());
        Assert.Empty(await LogsAsync("""{"scan_id": "another"}"""));
        await launcher.RemoveAsync("logs", """{"scan_id": "scan1"}""");

        async Task<JsonElement[]> LogsAsync(string data) => [.. (await launcher.InvokeAsync("logs", "logs", data)).GetProperty("logs").EnumerateArray()];
    }

    [Fact]
    public async Task Kill_Launcher_TheNextOneTakesItsWorkersOverAndRemovesThem()
    {
        string folder = Directory.CreateTempSubdirectory("skydriver-workers-test-").FullName;
        await using LauncherProcess first = new(folder);
        await first.InitializeAsync();
        await first.InitAsync("pool", """[ "$ENDS" = yes ] && exit 3; sleep 600 & wait""");
        string[] alive = await first.DeployAsync("pool", "scan1", 2, "start");
        await first.DeployAsync("pool", "scan1", 1, "dead", """{"ENDS": "yes"}""");
        await Until.HoldsAsync(async () => (await first.ListAsync("pool")).Count(w => w.GetProperty("state").GetString() == "exited") == 1, "one worker ended");
        int[] processes = [.. (await first.ListAsync("pool")).Where(w => w.GetProperty("pid").ValueKind is JsonValueKind.Number).Select(w => w.GetProperty("pid").GetInt32())];
        await first.KillAsync();
        Assert.All(processes, pid => Assert.True(LauncherProcess.IsAlive(pid)));

        await using LauncherProcess second = new(folder);
        await second.InitializeAsync();
        await second.InitAsync("pool", Sleeper);
        Assert.Equal(alive.Order(StringComparer.Ordinal), (await second.ListAsync("pool")).Select(w => w.GetProperty("id").GetString()));
        // The same deployment again starts nothing: its workers are there.
        Assert.Equal(alive.Order(StringComparer.Ordinal), await second.DeployAsync("pool", "scan1", 2, "start"));
        Assert.DoesNotContain(Assert.Single(await second.DeployAsync("pool", "scan1", 1, "more")), alive);
        Assert.Equal(3, await second.RemoveAsync("pool", """{"scan_id": "scan1"}"""));
        Assert.All(processes, pid => Assert.False(LauncherProcess.IsAlive(pid)));
        Assert.Equal(0, await second.StopAsync());
        Assert.Empty(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Stop_WithWorkers_LeavesNeitherProcessNorSocket()
    {
        LauncherProcess own = new();
        await own.InitializeAsync();
        await own.InitAsync("own", Sleeper);
        await own.DeployAsync("own", "scan1", 2, "start");
        int[] workers = [.. (await own.ListAsync("own")).Select(w => w.GetProperty("pid").GetInt32())];
        Assert.All(workers, pid => Assert.True(LauncherProcess.IsAlive(pid)));
        Assert.Equal(0, await own.StopAsync());
        Assert.All(workers, pid => Assert.False(LauncherProcess.IsAlive(pid)));
        Assert.False(File.Exists(own.Socket));
        await own.DisposeAsync();
    }
}
