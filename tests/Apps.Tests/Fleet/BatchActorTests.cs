using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>The actor of a batch: what a turn leaves behind, whenever the process dies.</summary>
public class BatchActorTests
{
    private readonly FleetWorld world = new(new() { MostLogBytes = 200_000 });

    [Fact]
    public async Task Task_FromCreationToItsEnd_SurvivesARestartBetweenAnyTwoTurns()
    {
        FleetTaskV1 first = await world.TaskAsync("b"), second = await world.TaskAsync("b", "next", first.TaskId);
        Assert.Equal(("pending", "waiting"), (first.Status, second.Status));
        world.Restart();
        WorkerV1 worker = await world.WorkerAsync("w", "b");
        world.Restart();
        AssignmentV1 given = Assert.Single((await world.BeatAsync(worker)).Assignments);
        Assert.Equal((first.TaskId, "assigned", "echo"), (given.Task.TaskId, given.TaskStatus, given.Task.Command));
        foreach (string status in new[] { "accepted", "running", "succeeded" })
        {
            world.Restart();
            Assert.Equal(200, (await world.ReportAsync("b", given.ExecutionId, status, status == "succeeded" ? 0 : null)).Status);
        }

        world.Restart();
        Assert.Equal([7, 3], (await world.Batch("b").GetTaskStatuses([first.TaskId, second.TaskId])).Statuses);
        Assert.Equal("succeeded", (await world.Batch("b").GetExecution(new(given.ExecutionId))).Value!.Status);
        Assert.Equal("b", await world.Directory.FindBatchAsync(given.ExecutionId));
        Assert.Equal((null, null), (await world.Directory.FindBatchAsync(7), await world.Directory.FindBatchAsync(900_000)));
    }

    [Fact]
    public async Task Create_WithAKey_IsDoneOnceEvenAfterARestart()
    {
        FleetCommand<CreateTasksV1> command = new(new([new() { Command = "a" }, new() { Command = "b" }]), "k");
        FleetAnswer<IReadOnlyList<FleetTaskV1>> made = await world.Batch("b").CreateTasks(command), again = await world.Batch("b").CreateTasks(command);
        world.Restart();
        FleetAnswer<IReadOnlyList<FleetTaskV1>> later = await world.Batch("b").CreateTasks(command);
        Assert.Equal((201, 201, 201), (made.Status, again.Status, later.Status));
        Assert.Equal(made.Value!.Select(t => t.TaskId), later.Value!.Select(t => t.TaskId));
        Assert.Equal(2, (await world.Batch("b").ListTasks(new())).Value!.Tasks.Count);
        Assert.Equal(409, (await world.Batch("b").CreateTasks(command with { Body = new([new() { Command = "other" }]) })).Status);
        Assert.Equal(400, (await world.Batch("b").CreateTasks(command with { Key = new('x', 200) })).Status);
        world.Clock.Advance(TimeSpan.FromHours(24));
        Assert.NotEqual(made.Value![0].TaskId, (await world.Batch("b").CreateTasks(command)).Value![0].TaskId);
    }

    [Fact]
    public async Task Turn_StoreFails_ChangesNothingAndTheRepeatIsAsIfNothingHadBeen()
    {
        FleetCommand<CreateTasksV1> command = new(new([new() { Command = "a" }]), "k");
        await world.TaskAsync("b");
        world.DiesAt = world.Steps + 1;
        await Assert.ThrowsAsync<ProcessDied>(() => world.Batch("b").CreateTasks(command));
        world.DiesAt = null;
        Assert.Single((await world.Batch("b").ListTasks(new())).Value!.Tasks);
        Assert.Equal(201, (await world.Batch("b").CreateTasks(command)).Status);
        Assert.Equal(2, (await world.Batch("b").ListTasks(new())).Value!.Tasks.Count);
    }

    [Fact]
    public async Task Turn_InALargeBatch_WritesOnlyTheChunkThatChanged()
    {
        for (int i = 0; i < 5; i++) await world.Batch("b").CreateTasks(new(new([.. Enumerable.Range(0, 1000).Select(_ => new TaskFieldsV1 { Command = new('x', 100), Status = "debug" })])));
        FleetTaskV1 task = (await world.Batch("b").ListTasks(new(After: 3000, Limit: 1))).Value!.Tasks[0];
        var state = world.StateOf(ActorTypes.Batch, "b");
        int keys = state.Keys.Count, saves = state.Saves;
        await world.Batch("b").UpdateTask(new(new(task.TaskId, new() { Name = "n" })));
        Assert.Equal((keys, saves + 1), (state.Keys.Count, state.Saves));
        Assert.InRange(keys, 50, 55);
        Assert.InRange(state.LargestSave, 0, 4 << 20);
        world.Restart();
        Assert.Equal("n", (await world.Batch("b").GetTask(task.TaskId)).Value!.Name);
        Assert.Equal(5000, (await world.Batch("b").Describe()).Value!.Tasks["debug"]);
        // A page says where the next one begins.
        TaskPageV1 page = (await world.Batch("b").ListTasks(new(Limit: 400, Names: ["n"]))).Value!;
        Assert.Equal((task.TaskId, null), (Assert.Single(page.Tasks).TaskId, page.Next));
        TaskPageV1 all = (await world.Batch("b").ListTasks(new(Limit: 400))).Value!;
        Assert.Equal((400, all.Tasks[^1].TaskId), (all.Tasks.Count, all.Next!.Value));
    }

    [Fact]
    public async Task LongTexts_AreKeptByThemselvesAndGoWithTheirTask()
    {
        string script = new('s', 50_000), second = new('t', 40_000);
        FleetTaskV1 task = await world.TaskAsync("b", script);
        WorkerV1 worker = await world.WorkerAsync("w", "b");
        long execution = (await world.BeatAsync(worker)).Assignments[0].ExecutionId;
        await world.ReportAsync("b", execution, "running");
        await world.Batch("b").UpdateTask(new(new(task.TaskId, new() { Command = second })));
        world.Restart();
        Assert.Equal((script, second), ((await world.Batch("b").GetExecution(new(execution))).Value!.Command, (await world.Batch("b").GetTask(task.TaskId)).Value!.Command));
        var state = world.StateOf(ActorTypes.Batch, "b");
        Assert.Equal(2, state.Keys.Count(k => k.StartsWith("text-", StringComparison.Ordinal)));
        await world.Batch("b").DeleteTask(task.TaskId);
        Assert.DoesNotContain(state.Keys, k => k.StartsWith("text-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Attempts_Former_StayReadableAndAreFenced()
    {
        WorkerV1 worker = await world.WorkerAsync("w", "b");
        await world.Batch("b").CreateTasks(new(new([new() { Command = "a", Name = "n", Retry = 1 }])));
        long first = (await world.BeatAsync(worker)).Assignments[0].ExecutionId;
        await world.ReportAsync("b", first, "running");
        await world.Batch("b").AppendLog(new(new(first, LogStream.Error, "why")));
        await world.ReportAsync("b", first, "failed", 3);
        long second = (await world.BeatAsync(worker)).Assignments[0].ExecutionId;
        world.Restart();
        ExecutionV1 former = (await world.Batch("b").GetExecution(new(first))).Value!;
        Assert.Equal(("failed", 3, "why", "a", false), (former.Status, former.ReturnCode, former.Error, former.Command, former.Latest));
        Assert.Equal(409, (await world.ReportAsync("b", first, "succeeded")).Status);
        Assert.Equal(409, (await world.Batch("b").AppendLog(new(new(first, LogStream.Error, "late")))).Status);
        Assert.Equal(404, (await world.ReportAsync("b", 999_999, "succeeded")).Status);
        async Task<string> ListAsync(ExecutionFilterV1 filter) => string.Join(' ', (await world.Batch("b").ListExecutions(filter)).Value!.Executions.Select(e => e.ExecutionId));
        Assert.Equal($"{first} {second}", await ListAsync(new()));
        Assert.Equal($"{second} {first}", await ListAsync(new(Reverse: true)));
        Assert.Equal($"{second}", await ListAsync(new(Latest: true)));
        Assert.Equal($"{first}", await ListAsync(new(Latest: false, Statuses: ["failed"])));
        Assert.Equal("", await ListAsync(new(TaskName: "other")));
        await world.Batch("b").Clean();
        Assert.Null(world.Dapr.Read<ExecutionV1>(StateKeys.FleetExecution(first)));
        Assert.DoesNotContain(world.Dapr.Keys, k => k.StartsWith("fleet/log/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_AppendedByOffset_ReplaysAreHarmlessAndTheCapIsShown()
    {
        WorkerV1 worker = await world.WorkerAsync("w", "b");
        await world.TaskAsync("b");
        long id = (await world.BeatAsync(worker)).Assignments[0].ExecutionId;
        async Task<FleetAnswer<LogLengthV1>> AppendAsync(string text, long? offset, string? key = null) => await world.Batch("b").AppendLog(new(new(id, "output", text, offset), key));
        Assert.Equal(5, (await AppendAsync("hello", 0)).Value!.Length);
        Assert.Equal(5, (await AppendAsync("hello", 0)).Value!.Length);
        Assert.Equal(7, (await AppendAsync("lo w", 3)).Value!.Length);
        FleetAnswer<LogLengthV1> gap = await AppendAsync("x", 9);
        Assert.Equal((409, 7), (gap.Status, gap.Value!.Length));
        world.Restart();
        Assert.Equal(9, (await AppendAsync("é", null, "k")).Value!.Length);
        Assert.Equal(9, (await AppendAsync("é", null, "k")).Value!.Length);
        Assert.Equal(10, (await AppendAsync("\0", null)).Value!.Length);
        LogsV1 read = (await world.Batch("b").ReadLogs(new(id, 1, null))).Value!;
        Assert.Equal(("hello wé ", null, 11L), (read.Output, read.Error, read.OutputNext!.Value));
        Assert.Equal("wé ", (await world.Batch("b").ReadLogs(new(id, 7, null))).Value!.Output);
        Assert.Equal(400, (await world.Batch("b").AppendLog(new(new(id, "other", "x")))).Status);
        // Over several chunks, and beyond the cap of 200 000.
        string large = new('q', 150_000);
        Assert.False((await AppendAsync(large, 10)).Value!.IsTruncated);
        Assert.True((await AppendAsync(large, 150_010)).Value!.IsTruncated);
        LogsV1 end = (await world.Batch("b").ReadLogs(new(id, 150_001, 1))).Value!;
        Assert.EndsWith("q\n[100010 more bytes were not kept]\n", end.Output);
        Assert.Equal((50_000, ""), (end.Output!.Count(c => c == 'q'), end.Error));
        ExecutionV1 shown = (await world.Batch("b").GetExecution(new(id, Trunc: 40))).Value!;
        Assert.Equal(40, shown.Output!.Length);
        // One write in place of all.
        await world.Batch("b").UpdateExecution(new(new(id, new() { Output = "new" })));
        Assert.Equal("new", (await world.Batch("b").GetExecution(new(id))).Value!.Output);
        Assert.Equal(1, world.Dapr.Keys.Count(k => k.StartsWith($"fleet/log/{id}/output/", StringComparison.Ordinal) && !k.EndsWith("head", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Watch_WhileSomebodyIsThere_AndEventsOfEachTurn()
    {
        await world.TaskAsync("b");
        Assert.DoesNotContain(world.Timers, t => t.Contains(" b ", StringComparison.Ordinal));
        WorkerV1 worker = await world.WorkerAsync("w", "b");
        Assert.Equal(["reminder b watch", "timer b watch"], world.Timers.Where(t => t.Contains(" b ", StringComparison.Ordinal)).Order());
        Assert.Contains(world.Dapr.Published, p => p.Topic == Topics.FleetTask && p.Json.Contains("assigned", StringComparison.Ordinal));
        Assert.Contains(world.Dapr.Published, p => p.Topic == Topics.FleetWorker && p.Json.Contains("running", StringComparison.Ordinal));
        await world.Fleet.DeleteWorker(worker.WorkerId);
        Assert.DoesNotContain("timer b watch", world.Timers);
        Assert.Contains(world.Dapr.Published, p => p.Json.Contains("gone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Heartbeats_Coalesced_AreOneTransaction()
    {
        WorkerV1[] workers = [await world.WorkerAsync("a", "b"), await world.WorkerAsync("c", "b")];
        await world.TaskAsync("b");
        await world.TaskAsync("b");
        var state = world.StateOf(ActorTypes.Batch, "b");
        int saves = state.Saves;
        HeartbeatAnswersV1 quiet = await world.Batch("b").Heartbeat(new([.. workers.Select(w => new HeartbeatV1(w.WorkerId, Running: [])), new(77)]));
        Assert.Equal([200, 200, 404], quiet.Answers.Select(a => a.Status));
        Assert.All(quiet.Answers.Take(2), a => Assert.Single(a.Value!.Assignments));
        Assert.Equal(saves, state.Saves);
        HeldExecutionV1[] held = [.. quiet.Answers.Take(2).Select(a => new HeldExecutionV1(a.Value!.Assignments[0].ExecutionId, "running"))];
        await world.Batch("b").Heartbeat(new([new(workers[0].WorkerId, Running: [held[0]]), new(workers[1].WorkerId, Running: [held[1]])]));
        Assert.Equal(saves + 1, state.Saves);
        Assert.Equal(2, (await world.Batch("b").Describe()).Value!.Tasks["running"]);
    }

    [Fact]
    public async Task Unknown_Batch_Is404()
    {
        Assert.Equal(404, (await world.Batch("x").Describe()).Status);
        Assert.Equal(404, (await world.Batch("x").Stop(new())).Status);
        Assert.Equal(404, (await world.Batch("x").GetStats()).Status);
        await world.TaskAsync("x");
        Assert.Equal(200, (await world.Batch("x").Stop(new(9))).Status);
        Assert.Equal(["x"], (await world.Fleet.ListBatches()).Select(b => b.Batch));
        await world.Batch("x").Clean();
        Assert.Empty(await world.Directory.ListBatchesAsync());
    }
}
