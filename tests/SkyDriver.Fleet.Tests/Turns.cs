using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>A batch with ids at hand, and short ways to bring it somewhere.</summary>
internal sealed class Turns
{
    public static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private long block = 1;

    public Turns(string name = "b")
    {
        State = new(name) { Now = Start };
        Refill();
    }

    public BatchState State { get; private set; }

    public void Refill(int each = 4000)
    {
        foreach (IdKind kind in Enum.GetValues<IdKind>())
            for (int missing = State.Ids.Missing(kind, each); missing > 0; missing--) State.Ids.Give(kind, block++ * FleetIds.PerBlock);
    }

    public void Pass(double seconds) => State.Now += TimeSpan.FromSeconds(seconds);

    public TaskRow Task(string? status = null, int retry = 0, long[]? needs = null, string command = "echo", int? download = null, int? run = null, bool cache = false)
    {
        TaskFieldsV1 fields = new() { Command = command, Status = status, Retry = retry, RequiredTaskIds = needs, DownloadTimeout = download, RunTimeout = run, UseCache = cache };
        FleetAnswer<IReadOnlyList<long>> made = State.CreateTasks(new([fields]));
        Assert.True(made.IsOk, made.Message);
        return State.FindTask(made.Value[0])!;
    }

    public WorkerRow Worker(long id = 1, int concurrency = 1, int prefetch = 0, string status = "running", bool contacted = true)
    {
        State.AdoptWorker(new(new() { WorkerId = id, Name = $"w{id}", Batch = State.Name, Status = status, Concurrency = concurrency, Prefetch = prefetch, CreationDate = State.Now }, contacted));
        return State.FindWorker(id)!;
    }

    public FleetAnswer<ExecutionV1> Report(ExecutionRow execution, string? status, int? code = null) =>
        State.UpdateExecution(new(execution.Id, new() { Status = status, ReturnCode = code }));

    public FleetAnswer<FleetTaskV1> Put(TaskRow task, string status) => State.UpdateTask(new(task.Id, new() { Status = status }));

    /// <summary>A task in this status, by the way that leads there in life; worker 1 has what is live.</summary>
    public TaskRow In(TaskState status, int retry = 0)
    {
        if (State.FindWorker(1) is null) Worker();
        if (!status.IsUnderWay())
        {
            if (status is not TaskState.Waiting) return Task(status.Name(), retry);
            return Task(retry: retry, needs: [Task("debug").Id]);
        }

        TaskRow task = Task(retry: retry);
        State.Dispatch(1);
        if (status is TaskState.Accepted or TaskState.Running) Report(task.Live!, "accepted");
        if (status is TaskState.Running) Report(task.Live!, "running");
        return task;
    }

    /// <summary>As after a crash: only what was saved is there.</summary>
    public void Restart()
    {
        StoredHead head = State.SaveHead();
        Dictionary<long, TaskText> texts = [];
        StoredTask[] tasks = [.. head.TaskChunks.SelectMany(c => State.SaveTasks(c, (id, text) => texts[id] = text))];
        StoredBatch stored = new(
            head, tasks, [.. head.EdgeChunks.SelectMany(State.SaveEdges)], [.. head.SignalChunks.SelectMany(State.SaveSignals)],
            [.. head.WorkerChunks.SelectMany(State.SaveWorkers)], texts);
        string json = System.Text.Json.JsonSerializer.Serialize(stored, System.Text.Json.JsonSerializerOptions.Web);
        State = BatchState.Load(State.Name, System.Text.Json.JsonSerializer.Deserialize<StoredBatch>(json, System.Text.Json.JsonSerializerOptions.Web)!, State.Now);
    }
}
