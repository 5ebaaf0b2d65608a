using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>What the fleet itself keeps: where each worker is, and the jobs. Belongs to one writer; thrown away when a turn fails.</summary>
public sealed class FleetState
{
    public const int WorkersPerChunk = 100;

    /// <summary>One, as a job names all of its workers.</summary>
    public const int JobsPerChunk = 1;

    /// <summary>Jobs that are over and kept to be read.</summary>
    public const int MostOverJobs = 1000;

    private readonly SortedDictionary<long, WorkerEntry> workers = [];
    private readonly Dictionary<string, long> byLauncher = [];
    private readonly Dictionary<(string Name, string? Host), long> byName = [];
    private readonly SortedDictionary<long, JobRow> jobs = [];
    private readonly HashSet<long> open = [];
    private readonly HashSet<long> leaving = [];
    private readonly HashSet<(string Provider, string Batch)> launchedFor = [];
    private readonly HashSet<string> taken = [];
    private readonly NameBook names;
    private readonly HashSet<long> dirtyWorkers = [];
    private readonly HashSet<long> dirtyJobs = [];
    private long nextWorker;
    private long nextJob;

    public FleetState(string server, StoredFleet? stored = null)
    {
        foreach (WorkerEntry worker in stored?.Workers ?? []) Index(worker);
        foreach (JobRow job in stored?.Jobs ?? []) Index(job);
        (nextWorker, nextJob) = (stored?.Head.NextWorker ?? 1, stored?.Head.NextJob ?? 1);
        launchedFor.UnionWith(stored?.Head.LaunchedFor.Select(l => (l.Provider, l.Batch)) ?? []);
        names = new(server, workers.Values.Select(w => w.Name).Concat(open.SelectMany(id => jobs[id].Job.Args.Names ?? [])));
    }

    public IReadOnlyDictionary<long, WorkerEntry> Workers => workers;

    public IReadOnlyDictionary<long, JobRow> Jobs => jobs;

    public IEnumerable<JobRow> OpenJobs => open.Order().Select(id => jobs[id]);

    public IReadOnlyCollection<(string Provider, string Batch)> LaunchedFor => launchedFor;

    public IReadOnlyCollection<long> WorkerChunks => dirtyWorkers;

    public IReadOnlyCollection<long> JobChunks => dirtyJobs;

    public bool IsDirty { get; private set; }

    /// <summary>A destroy job is open for it.</summary>
    public bool IsLeaving(long worker) => leaving.Contains(worker);

    public WorkerEntry? FindByLauncher(string launcherId) => byLauncher.TryGetValue(launcherId, out long id) ? workers[id] : null;

    public WorkerEntry? FindByName(string name, string? host) => byName.TryGetValue((name, host), out long id) ? workers[id] : null;

    public WorkerEntry Add(Func<long, WorkerEntry> make)
    {
        WorkerEntry entry = make(nextWorker++);
        Put(entry);
        return entry;
    }

    public void Put(WorkerEntry entry)
    {
        if (workers.TryGetValue(entry.Id, out WorkerEntry? before)) Unindex(before);
        Index(entry);
        Touch(entry);
    }

    public void Remove(long id)
    {
        if (!workers.Remove(id, out WorkerEntry? entry)) return;
        Unindex(entry);
        names.Free(entry.Name);
        Touch(entry);
    }

    /// <summary>Workers of one provider to be deployed for a batch.</summary>
    public JobRow OrderDeployment(JobArgsV1 args, string? image, DateTimeOffset now)
    {
        string[] given = [.. Enumerable.Range(0, args.Number).Select(_ => names.Take())];
        launchedFor.Add((args.Provider, args.Batch));
        return Order(JobAction.Create, args with { Names = given }, now, image);
    }

    /// <summary>Workers of one place to be given back. A second job for the same one has failed as soon as it is made.</summary>
    /// <param name="going">At least one; all of one provider, region and batch.</param>
    public JobRow OrderRemoval(IReadOnlyList<WorkerEntry> going, DateTimeOffset now, string cause = ExecutionCause.WorkerDeleted)
    {
        long[] ids = [.. going.Select(w => w.Id)], before = [.. ids.Where(leaving.Contains)];
        WorkerEntry first = going[0];
        JobArgsV1 args = new(
            first.Batch, first.Provider ?? "", first.Region ?? "", first.Flavor ?? "", going.Count, RecruiterRank: first.RecruiterRank,
            Names: [.. going.Select(w => w.Name)], WorkerIds: ids, LauncherIds: [.. going.Select(w => w.LauncherId).OfType<string>()]);
        JobRow row = Order(JobAction.Destroy, args, now, null, cause);
        if (before.Length == 0) return row;
        row = JobRules.Fail(JobRules.Log(row, "Another job is taking this worker away already.", now), isFinal: true, now);
        Put(row);
        // The one that came first goes on.
        leaving.UnionWith(before);
        return row;
    }

    public void Put(JobRow row)
    {
        bool wasOpen = open.Contains(row.Job.JobId);
        Index(row);
        dirtyJobs.Add(row.Job.JobId / JobsPerChunk);
        IsDirty = true;
        if (!wasOpen || row.IsOpen) return;
        if (row.IsDeployment)
            foreach (string name in row.Job.Args.Names ?? [])
                if (!taken.Contains(name)) names.Free(name);
        Prune();
    }

    public void RemoveJob(long id)
    {
        if (!jobs.Remove(id, out JobRow? row)) return;
        open.Remove(id);
        if (!row.IsDeployment) leaving.ExceptWith(row.Job.Args.WorkerIds ?? []);
        dirtyJobs.Add(id / JobsPerChunk);
        IsDirty = true;
    }

    /// <summary>A name of an open deployment that no worker has yet; a new one when there is none.</summary>
    public string NameFor(JobRow job) => job.Job.Args.Names?.FirstOrDefault(n => !taken.Contains(n)) ?? names.Take();

    public StoredFleetHead SaveHead() => new(
        nextWorker, nextJob, [.. launchedFor.Order().Select(l => new LaunchedFor(l.Provider, l.Batch))],
        [.. workers.Keys.Select(id => id / WorkersPerChunk).Distinct()], [.. jobs.Keys.Select(id => id / JobsPerChunk).Distinct()]);

    public IReadOnlyList<WorkerEntry> SaveWorkers(long chunk) => [.. In(workers, chunk, WorkersPerChunk)];

    public IReadOnlyList<JobRow> SaveJobs(long chunk) => [.. In(jobs, chunk, JobsPerChunk)];

    /// <summary>Nothing was launched for it that could still be there.</summary>
    public void ForgetLaunches(string provider, string batch) => IsDirty |= launchedFor.Remove((provider, batch));

    public void Saved()
    {
        dirtyWorkers.Clear();
        dirtyJobs.Clear();
        IsDirty = false;
    }

    private static IEnumerable<T> In<T>(SortedDictionary<long, T> rows, long chunk, int size)
    {
        for (long id = chunk * size; id < (chunk + 1) * size; id++)
            if (rows.TryGetValue(id, out T? row)) yield return row;
    }

    private JobRow Order(string action, JobArgsV1 args, DateTimeOffset now, string? image, string? cause = null)
    {
        JobRow row = new(
            new() { JobId = nextJob++, Target = args.Names?.FirstOrDefault() ?? "", Action = action, Args = args, Status = JobStatus.Pending, CreationDate = now, ModificationDate = now },
            Image: image,
            Cause: cause);
        Put(row);
        return row;
    }

    private void Prune()
    {
        foreach (long id in jobs.Keys.Where(id => !open.Contains(id)).SkipLast(MostOverJobs).ToArray()) RemoveJob(id);
    }

    private void Index(WorkerEntry entry)
    {
        workers[entry.Id] = entry;
        taken.Add(entry.Name);
        byName[(entry.Name, entry.Hostname)] = entry.Id;
        if (entry.LauncherId is { } launcher) byLauncher[launcher] = entry.Id;
    }

    private void Unindex(WorkerEntry entry)
    {
        taken.Remove(entry.Name);
        byName.Remove((entry.Name, entry.Hostname));
        if (entry.LauncherId is { } launcher) byLauncher.Remove(launcher);
    }

    private void Index(JobRow row)
    {
        jobs[row.Job.JobId] = row;
        if (row.IsOpen) open.Add(row.Job.JobId);
        else open.Remove(row.Job.JobId);
        if (row.IsDeployment) return;
        if (row.IsOpen) leaving.UnionWith(row.Job.Args.WorkerIds ?? []);
        else leaving.ExceptWith(row.Job.Args.WorkerIds ?? []);
    }

    private void Touch(WorkerEntry entry)
    {
        dirtyWorkers.Add(entry.Id / WorkersPerChunk);
        IsDirty = true;
    }
}

public sealed record StoredFleetHead(long NextWorker, long NextJob, IReadOnlyList<LaunchedFor> LaunchedFor, IReadOnlyList<long> WorkerChunks, IReadOnlyList<long> JobChunks);

/// <summary>Workers were ordered from this provider for this batch; what it lists for the batch and nobody knows is an orphan.</summary>
public sealed record LaunchedFor(string Provider, string Batch);

public sealed record StoredFleet(StoredFleetHead Head, IReadOnlyList<WorkerEntry> Workers, IReadOnlyList<JobRow> Jobs);
