using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>Workers of the fleet as processes, with real commands, against a running service.</summary>
[Collection(nameof(RunningService))]
public sealed class FleetWorkerTests(RunningService service) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FleetHttp _fleet = new(new(service.Address + "/"));
    private readonly string _batch = $"t{Guid.NewGuid():N}";

    public void Dispose()
    {
        _fleet.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Example_OfTheDocumentation_PrintsWhatTheCommandSaid()
    {
        using FleetWorker worker = Worker("first");
        (int exitCode, string id, string errors) = await service.RunAsync("task", "create", "--batch", _batch, "--", "echo", "hello");
        Assert.True(exitCode == 0, errors);
        await _fleet.UntilStatusAsync(long.Parse(id), "succeeded");
        Assert.Equal((0, "hello\n", ""), await service.RunAsync("task", "output", id.Trim()));
    }

    [Fact]
    public async Task Task_WithFilesAndBothStreams_IsStagedRunAndBroughtAway()
    {
        using FleetWorker worker = Worker("files");
        Directory.CreateDirectory(_folder["in"]);
        await File.WriteAllTextAsync(_folder["in/one.txt"], "first");
        long task = await _fleet.CreateAsync(_batch, "cat $INPUT/one.txt; echo bad >&2; ls $RESOURCE; mkdir $OUTPUT/deep; echo made >$OUTPUT/deep/it; mkfifo $OUTPUT/pipe; ln -s it $OUTPUT/deep/link; exit 3", new()
        {
            ["input"] = $"file://{_folder["in/one.txt"]}",
            ["resource"] = $"file://{_folder["in"]}/|mv:shared",
            ["output"] = $"file://{_folder["out"]}",
        });
        await _fleet.UntilStatusAsync(task, "failed");
        JsonElement execution = Assert.Single(await _fleet.ExecutionsAsync(task));
        Assert.Equal((3, "firstshared\n", "bad\n", "deep/it"), (
            execution.GetProperty("return_code").GetInt32(), execution.GetProperty("output").GetString(), execution.GetProperty("error").GetString(), execution.GetProperty("output_files").GetString()));
        Assert.Equal("made\n", await File.ReadAllTextAsync(_folder["out/deep/it"]));
        Assert.Equal(["it"], Directory.EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Worker_KilledAmidATask_ItsCommandDiesAndAnotherDoesTheTaskOnce()
    {
        using FleetWorker victim = Worker("victim");
        long task = await _fleet.CreateAsync(_batch, $"echo run >>{_folder["runs"]}; echo $$ >{_folder["pid"]}; if [ -e {_folder["go"]} ]; then echo done; else sleep 600; fi");
        await _fleet.UntilStatusAsync(task, "running");
        await Until.HoldsAsync(() => File.Exists(_folder["pid"]) && File.ReadAllText(_folder["pid"]).Length > 0, "the command runs");
        int command = int.Parse(await File.ReadAllTextAsync(_folder["pid"]));
        long first = (await _fleet.ExecutionsAsync(task))[0].GetProperty("execution_id").GetInt64();
        ProcessTable.Kill(victim.Id);
        await Until.HoldsAsync(() => !ProcessTable.IsRunning(command), "nobody does the task any more");
        await File.WriteAllTextAsync(_folder["go"], "");

        using FleetWorker survivor = Worker("survivor");
        await _fleet.UntilThereAsync("survivor");
        // Whoever runs the machines says so before the service would notice by itself.
        long row = (await _fleet.WorkerAsync("victim")).GetProperty("worker_id").GetInt64();
        await _fleet.SendAsync(HttpMethod.Put, $"workers/{row}", new { status = "evicted" });
        await _fleet.UntilStatusAsync(task, "succeeded");
        JsonElement[] attempts = await _fleet.ExecutionsAsync(task);
        Assert.Equal(["failed worker-evicted", "succeeded "], attempts.Select(a => $"{a.GetProperty("status").GetString()} {a.GetProperty("cause").GetString()}"));
        Assert.Equal(["run", "run"], await File.ReadAllLinesAsync(_folder["runs"]));
        using HttpResponseMessage late = await _fleet.Http.PutAsJsonAsync($"executions/{first}", new { status = "succeeded" });
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
    }

    [Fact]
    public async Task Worker_ToldToStopAmidTasks_LetsEndWhatEndsAndGivesBackTheRestAtNoCost()
    {
        using FleetWorker worker = Worker("leaver", ("SKYDRIVER_WORKER_CONCURRENCY", "2"));
        long polite = await _fleet.CreateAsync(_batch, "trap 'echo saved; exit 0' TERM; echo up; while :; do sleep 0.1; done");
        long stubborn = await _fleet.CreateAsync(_batch, "sleep 600");
        await _fleet.UntilStatusAsync(polite, "running");
        await _fleet.UntilStatusAsync(stubborn, "running");
        await FleetHttp.UntilAsync(async () => (await _fleet.ExecutionsAsync(polite))[0].GetProperty("output").GetString() == "up\n", "the first has its trap");
        worker.TerminateNow();
        Assert.True(await worker.ExitAsync() == 0, worker.Output);
        Assert.Equal(("succeeded", "pending"), (await _fleet.StatusAsync(polite), await _fleet.StatusAsync(stubborn)));
        Assert.Equal("up\nsaved\n", (await _fleet.ExecutionsAsync(polite))[0].GetProperty("output").GetString());
        Assert.Equal("worker-evicted", (await _fleet.ExecutionsAsync(stubborn))[0].GetProperty("cause").GetString());
        JsonElement row = await _fleet.WorkerAsync("leaver");
        Assert.Equal("evicted", row.GetProperty("status").GetString());
        Assert.True(JsonSerializer.Deserialize<JsonElement>(row.GetProperty("stats").GetString()!).GetProperty("stopping").GetBoolean());

        // The same worker comes back, and takes work again.
        using FleetWorker again = Worker("leaver");
        await _fleet.UntilStatusAsync(stubborn, "running");
        Assert.Equal(row.GetProperty("worker_id").GetInt64(), (await _fleet.WorkerAsync("leaver")).GetProperty("worker_id").GetInt64());
    }

    [Fact]
    public async Task Signals_ToARunningTask_StopItsProcessesLetThemGoOnAndEndThem()
    {
        using FleetWorker worker = Worker("signals");
        long task = await _fleet.CreateAsync(_batch, $"sleep 600 & echo $! >{_folder["pid"]}; wait");
        await _fleet.UntilStatusAsync(task, "running");
        await Until.HoldsAsync(() => File.Exists(_folder["pid"]) && File.ReadAllText(_folder["pid"]).Length > 0, "the command runs");
        int child = int.Parse(await File.ReadAllTextAsync(_folder["pid"]));
        long execution = (await _fleet.ExecutionsAsync(task))[0].GetProperty("execution_id").GetInt64(), row = (await _fleet.WorkerAsync("signals")).GetProperty("worker_id").GetInt64();
        await SignalAsync(20);
        await Until.HoldsAsync(() => ProcessTable.State(child) == 'T', "the child stands still");
        Assert.Equal("paused", await _fleet.StatusAsync(task));
        await SignalAsync(18);
        await Until.HoldsAsync(() => ProcessTable.State(child) == 'S', "the child goes on");
        Assert.Equal("running", await _fleet.StatusAsync(task));
        await SignalAsync(9);
        await Until.HoldsAsync(() => !ProcessTable.IsRunning(child), "the child is dead");
        await _fleet.UntilStatusAsync(task, "failed");
        Assert.Equal("killed", (await _fleet.ExecutionsAsync(task))[0].GetProperty("cause").GetString());

        Task SignalAsync(int signal) => _fleet.SendAsync(HttpMethod.Post, $"workers/{row}/signals", new { execution_id = execution, signal });
    }

    [Fact]
    public async Task Concurrency_RaisedWhileTasksWait_StartsThemAndLoweredStopsNone()
    {
        using FleetWorker worker = Worker("room", ("SKYDRIVER_WORKER_PREFETCH", "2"));
        long[] tasks = [await WaitForAsync(1), await WaitForAsync(2), await WaitForAsync(3)];
        // Staged side by side: whichever is ready first takes the room.
        await FleetHttp.UntilAsync(async () => (await StatusesAsync()).Order().SequenceEqual(["accepted", "accepted", "running"]), "one runs and two are staged");
        long row = (await _fleet.WorkerAsync("room")).GetProperty("worker_id").GetInt64();
        await _fleet.SendAsync(HttpMethod.Put, $"workers/{row}", new { concurrency = 3 });
        await FleetHttp.UntilAsync(async () => (await StatusesAsync()).All(status => status == "running"), "all run");
        await _fleet.SendAsync(HttpMethod.Put, $"workers/{row}", new { concurrency = 1, prefetch = 0 });
        await File.WriteAllTextAsync(_folder["go"], "");
        foreach (long task in tasks) await _fleet.UntilStatusAsync(task, "succeeded");

        Task<string[]> StatusesAsync() => Task.WhenAll(tasks.Select(_fleet.StatusAsync));
        Task<long> WaitForAsync(int number) => _fleet.CreateAsync(_batch, $"while ! [ -e {_folder["go"]} ]; do sleep 0.05; done; echo {number}");
    }

    [Fact]
    public async Task Restart_BySignal_EndsWhatRunsAndStartsAnewInTheSameProcess()
    {
        using FleetWorker worker = Worker("again");
        long task = await _fleet.CreateAsync(_batch, $"while ! [ -e {_folder["go"]} ]; do sleep 0.05; done; echo done");
        await _fleet.UntilStatusAsync(task, "running");
        long row = (await _fleet.WorkerAsync("again")).GetProperty("worker_id").GetInt64();
        await _fleet.SendAsync(HttpMethod.Post, $"workers/{row}/signals", new { signal = -2 });
        await worker.UntilSaidAsync("signal -2");
        await File.WriteAllTextAsync(_folder["go"], "");
        await _fleet.UntilStatusAsync(task, "succeeded");
        await Until.HoldsAsync(() => worker.Output.Split($"worker again is number {row} of the fleet").Length == 3, "it has declared itself twice");
        Assert.False(worker.HasExited);
        await _fleet.UntilStatusAsync(await _fleet.CreateAsync(_batch, "echo next"), "succeeded");
    }

    [Fact]
    public async Task Container_ByAnEngineOfTheSite_RunsWithTheTasksFoldersAndItsOutputComesBack()
    {
        // Stands for an engine: notes its words, then runs what comes behind the image.
        await File.WriteAllTextAsync(_folder["docker"], $"#!/bin/sh\n[ \"$1\" = run ] || exit 0\nprintf '%s\\n' \"$@\" >{_folder["words"]}\nwhile [ \"$1\" != img:1 ]; do shift; done; shift; exec \"$@\"\n");
        File.SetUnixFileMode(_folder["docker"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using FleetWorker worker = Worker("boxes", ("SKYDRIVER_CONTAINER_ENGINE", _folder["docker"]));
        long task = await _fleet.CreateAsync(_batch, "echo \"in $0\"", new() { ["container"] = "img:1", ["container_options"] = "--gpus 'all of them'" });
        await _fleet.UntilStatusAsync(task, "succeeded");
        JsonElement execution = Assert.Single(await _fleet.ExecutionsAsync(task));
        Assert.Equal(("in sh\n", $"skydriver-{execution.GetProperty("execution_id").GetInt64()}"), (execution.GetProperty("output").GetString(), execution.GetProperty("pid").GetString()));
        string[] words = await File.ReadAllLinesAsync(_folder["words"]);
        Assert.Contains("all of them", words);
        Assert.Contains(words, word => word.EndsWith("target=/resource,readonly", StringComparison.Ordinal));
    }

    private FleetWorker Worker(string name, params (string Name, string Value)[] environment) =>
        FleetWorker.Start(new(service.Address), name, _folder[$"work-{name}"], [("SKYDRIVER_BATCH", _batch), .. environment]);
}
