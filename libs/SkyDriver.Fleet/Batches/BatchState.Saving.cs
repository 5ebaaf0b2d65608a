using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// To and from the durable form.
public sealed partial class BatchState
{
    /// <summary>Characters of a text that still fits into its chunk; so a chunk stays below half a megabyte.</summary>
    public const int MostInChunk = 1500;

    /// <param name="now">Workers have a full grace period from here on.</param>
    public static BatchState Load(string name, StoredBatch stored, DateTimeOffset now)
    {
        BatchState state = new(name) { Now = now, Ids = new(stored.Head.Ids), IsStopped = stored.Head.IsStopped };
        (state.ExternalPending, state.BacklogEnded, state.ScanEnded) = (stored.Head.ExternalPending, stored.Head.BacklogEnded, stored.Head.ScanEnded);
        foreach (RecruiterV1 recruiter in stored.Head.Recruiters) state.recruiters[recruiter.Rank] = recruiter;
        foreach ((long id, TaskState status) in stored.Head.Foreign) state.foreign[id] = status;
        foreach (StoredWorker worker in stored.Workers) state.Load(worker);
        foreach (StoredTask task in stored.Tasks.OrderBy(t => t.Id)) state.Load(task, stored.Texts);
        foreach (EdgeRow edge in stored.Edges)
            if (state.tasks.TryGetValue(edge.Task, out TaskRow? task)) state.Link(task, edge);
        foreach (SignalRow signal in stored.Signals) state.Keep(signal);
        foreach (WorkerRow worker in state.workers.Values) state.Seat(worker);
        foreach (long id in state.underWay.ToArray())
            if (state.tasks[id].Live is { } live && !state.workers.ContainsKey(live.WorkerId ?? 0)) state.Set(live, ExecutionState.Failed, Blame.Infrastructure, ExecutionCause.WorkerLost);
        // A crash between two transactions of one large turn may have left these behind.
        foreach (TaskRow task in state.tasks.Values)
            if (task.Status is TaskState.Waiting && task.Unmet == 0 || task.Status is TaskState.Pending && task.UseCache) state.Set(task, task.Situation);
        return state;
    }

    public StoredHead SaveHead() => new(
        Ids.Save(), IsStopped, ExternalPending, BacklogEnded, [.. recruiters.Values], new Dictionary<long, TaskState>(foreign),
        Chunks(tasks.Keys, TasksPerChunk), Chunks(edges.Keys, EdgesPerChunk), Chunks(signals.Keys, SignalsPerChunk), Chunks(workers.Keys, WorkersPerChunk), ScanEnded);

    /// <param name="apart">Called for each text that is too long for the chunk, with the id of its task or execution.</param>
    /// <returns>Empty when nothing is left of the chunk.</returns>
    public IReadOnlyList<StoredTask> SaveTasks(long chunk, Action<long, TaskText> apart) => [.. In(tasks, chunk, TasksPerChunk).Select(t => Save(t, apart))];

    public IReadOnlyList<EdgeRow> SaveEdges(long chunk) => [.. In(edges, chunk, EdgesPerChunk)];

    public IReadOnlyList<SignalRow> SaveSignals(long chunk) => [.. In(signals, chunk, SignalsPerChunk)];

    public IReadOnlyList<StoredWorker> SaveWorkers(long chunk) =>
        [.. In(workers, chunk, WorkersPerChunk).Select(w => new StoredWorker(w.ToWire(Name) with { Load = null, Memory = null, Stats = null, LastContactDate = null }, w.CarriedLoad, w.ReleasedTo))];

    private static IEnumerable<T> In<T>(IReadOnlyDictionary<long, T> rows, long chunk, int size)
    {
        for (long id = chunk * size; id < (chunk + 1) * size; id++)
            if (rows.TryGetValue(id, out T? row)) yield return row;
    }

    private static long[] Chunks(IEnumerable<long> ids, int size) => [.. ids.Select(id => id / size).Distinct().Order()];

    private static StoredTask Save(TaskRow task, Action<long, TaskText> apart)
    {
        bool isLong = task.Text.Size > MostInChunk;
        if (isLong) apart(task.Id, task.Text);
        return new(
            task.Id, isLong ? null : task.Text, task.Status, task.Held, task.Retry, task.Returns, task.DownloadTimeout, task.RunTimeout, task.UseCache,
            task.Created.UtcTicks, task.Modified.UtcTicks, task.StatusDate.UtcTicks,
            task.Latest is { } latest ? Save(task, latest, apart) : null, task.Former.Count > 0 ? [.. task.Former] : null);
    }

    private static StoredExecution Save(TaskRow task, ExecutionRow row, Action<long, TaskText> apart)
    {
        FrozenAs how = row.Frozen is null ? FrozenAs.Not : row.Frozen == task.Text ? FrozenAs.Task : row.Frozen.Size > MostInChunk ? FrozenAs.Apart : FrozenAs.Own;
        if (how is FrozenAs.Apart) apart(row.Id, row.Frozen!);
        return new(
            row.Id, row.WorkerId, row.Status, row.Pid, row.ReturnCode, row.OutputFiles, how is FrozenAs.Own ? row.Frozen : null, how, row.InputHash, row.OutputHash,
            row.Created.UtcTicks, row.Modified.UtcTicks, row.Accepted?.UtcTicks, row.RunStart?.UtcTicks, row.RunEnd?.UtcTicks, row.UploadEnd?.UtcTicks, row.Cause, row.Origin);
    }

    private void Load(StoredWorker stored)
    {
        WorkerV1 wire = stored.Row;
        States.TryParse(wire.Status, out WorkerStatus status);
        workers[wire.WorkerId] = new()
        {
            Id = wire.WorkerId,
            Name = wire.Name,
            Hostname = wire.Hostname,
            Status = status,
            Concurrency = wire.Concurrency,
            Prefetch = wire.Prefetch,
            Permanent = wire.Permanent,
            Flavor = wire.Flavor,
            Region = wire.Region,
            Provider = wire.Provider,
            LauncherId = wire.LauncherId,
            RecruiterRank = wire.RecruiterRank,
            TaskProperties = wire.TaskProperties,
            CarriedLoad = stored.CarriedLoad,
            Created = wire.CreationDate,
            Modified = wire.ModificationDate,
            FirstContact = wire.FirstContactDate,
            LastWork = wire.LastWorkDate,
            ReleasedTo = stored.ReleasedTo,
            Contact = Now,
        };
    }

    private void Load(StoredTask stored, IReadOnlyDictionary<long, TaskText> texts)
    {
        TaskRow task = new()
        {
            Id = stored.Id,
            Text = stored.Text ?? texts[stored.Id],
            Status = stored.Status,
            Held = stored.Held,
            Retry = stored.Retry,
            Returns = stored.Returns,
            DownloadTimeout = stored.DownloadTimeout,
            RunTimeout = stored.RunTimeout,
            UseCache = stored.UseCache,
            Created = Date(stored.Created),
            Modified = Date(stored.Modified),
            StatusDate = Date(stored.StatusDate),
            Former = [.. stored.Former ?? []],
        };
        tasks.Add(task.Id, task);
        order.Add(task.Id);
        counts[(int)task.Status]++;
        if (task.Status is TaskState.Pending) ready.Add(task.Id);
        foreach (long former in task.Former) executions[former] = task.Id;
        if (stored.Latest is { } latest) Load(task, latest, texts);
        if (task is { Status: TaskState.Pending, UseCache: true }) hopefuls.Enqueue(task.Id);
    }

    private void Load(TaskRow task, StoredExecution stored, IReadOnlyDictionary<long, TaskText> texts)
    {
        ExecutionRow row = new()
        {
            Id = stored.Id,
            TaskId = task.Id,
            WorkerId = stored.WorkerId,
            Status = stored.Status,
            Pid = stored.Pid,
            ReturnCode = stored.ReturnCode,
            OutputFiles = stored.OutputFiles,
            Frozen = stored.FrozenAs switch { FrozenAs.Not => null, FrozenAs.Task => task.Text, FrozenAs.Own => stored.Frozen, _ => texts[stored.Id] },
            InputHash = stored.InputHash,
            OutputHash = stored.OutputHash,
            Created = Date(stored.Created),
            Modified = Date(stored.Modified),
            Accepted = Date(stored.Accepted),
            RunStart = Date(stored.RunStart),
            RunEnd = Date(stored.RunEnd),
            UploadEnd = Date(stored.UploadEnd),
            Cause = stored.Cause,
            Origin = stored.Origin,
        };
        task.Latest = row;
        executions[row.Id] = task.Id;
        if (row.Status is ExecutionState.Succeeded && row.Origin is null) Remember(task, row);
        if (!row.Status.IsLive()) return;
        underWay.Add(task.Id);
        if (row.WorkerId is not { } id || !workers.TryGetValue(id, out WorkerRow? worker)) return;
        worker.Live.Add(row.Id);
        if (row.Status is ExecutionState.Running) worker.Running++;
    }

    private static DateTimeOffset Date(long ticks) => new(ticks, TimeSpan.Zero);

    private static DateTimeOffset? Date(long? ticks) => ticks is { } known ? Date(known) : null;
}
