namespace SkyDriver.Fleet;

/// <summary>Parts of a batch's durable form that a turn changed.</summary>
public sealed class ChangeLog
{
    private readonly HashSet<long> tasks = [];
    private readonly HashSet<long> edges = [];
    private readonly HashSet<long> signals = [];
    private readonly HashSet<long> workers = [];

    /// <summary>Chunks of tasks, by id / <see cref="BatchState.TasksPerChunk"/>.</summary>
    public IReadOnlyCollection<long> TaskChunks => tasks;

    public IReadOnlyCollection<long> EdgeChunks => edges;

    public IReadOnlyCollection<long> SignalChunks => signals;

    public IReadOnlyCollection<long> WorkerChunks => workers;

    /// <summary>What is not in chunks: ids, recruiters, the batch itself.</summary>
    public bool Head { get; private set; }

    public bool Any => Head || tasks.Count + edges.Count + signals.Count + workers.Count > 0;

    internal void Task(long id) => tasks.Add(id / BatchState.TasksPerChunk);

    internal void Edge(long id) => edges.Add(id / BatchState.EdgesPerChunk);

    internal void Signal(long id) => signals.Add(id / BatchState.SignalsPerChunk);

    internal void Worker(long id) => workers.Add(id / BatchState.WorkersPerChunk);

    internal void Whole() => Head = true;

    public void Clear()
    {
        Head = false;
        foreach (HashSet<long> set in new[] { tasks, edges, signals, workers }) set.Clear();
    }
}

/// <summary>What a turn leaves to do in the world.</summary>
public sealed class TurnEffects
{
    /// <summary>Tasks that came into another status: the last one of each.</summary>
    public Dictionary<long, TaskState> Moved { get; } = [];

    /// <summary>Workers that came into another status; null: gone.</summary>
    public Dictionary<long, WorkerStatus?> Workers { get; } = [];

    /// <summary>Attempts that a newer one displaced; to be kept as records, before the turn is committed.</summary>
    public List<(ExecutionRow Execution, TaskText Text)> Displaced { get; } = [];

    /// <summary>Executions whose records and logs go, after the turn is committed.</summary>
    public List<long> Deleted { get; } = [];

    internal void TaskMoved(long id, TaskState to) => Moved[id] = to;

    internal void WorkerMoved(long id, WorkerStatus? to) => Workers[id] = to;

    public void Clear()
    {
        Moved.Clear();
        Workers.Clear();
        Displaced.Clear();
        Deleted.Clear();
    }
}
