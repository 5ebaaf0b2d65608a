using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// Workers: taken in, changed, released to another batch, removed, watched.
public sealed partial class BatchState
{
    /// <summary>Takes a worker in. One that is here stays as it is, unless it was about to leave.</summary>
    public FleetAnswer<WorkerV1> AdoptWorker(AdoptWorkerV1 request)
    {
        WorkerV1 wire = request.Worker;
        if (workers.TryGetValue(wire.WorkerId, out WorkerRow? known) && known.ReleasedTo is null)
        {
            if (request.Contacted) Hear(known);
            return FleetAnswer.Ok(known.ToWire(Name));
        }

        if (!States.TryParse(wire.Status, out WorkerStatus status)) return FleetAnswer.Refused<WorkerV1>(UnknownStatus(wire.Status));
        WorkerRow worker = known ?? new() { Id = wire.WorkerId, Name = wire.Name, Created = wire.CreationDate, FirstContact = wire.FirstContactDate, LastWork = wire.LastWorkDate };
        (worker.Name, worker.Hostname, worker.Flavor, worker.Region, worker.Provider) = (wire.Name, wire.Hostname, wire.Flavor, wire.Region, wire.Provider);
        (worker.Concurrency, worker.Prefetch, worker.Permanent, worker.LauncherId) = (wire.Concurrency, wire.Prefetch, wire.Permanent, wire.LauncherId);
        (worker.RecruiterRank, worker.TaskProperties, worker.CarriedLoad) = (wire.RecruiterRank, wire.TaskProperties, request.CarriedLoad);
        (worker.ReleasedTo, worker.Modified, worker.Contact) = (null, Now, Now);
        workers[worker.Id] = worker;
        HearErrors(worker);
        Move(worker, IsStopped && status is WorkerStatus.Running ? WorkerStatus.Paused : status, isNew: true);
        if (request.Contacted) Hear(worker);
        return known is null ? FleetAnswer.Created(worker.ToWire(Name)) : FleetAnswer.Ok(worker.ToWire(Name));
    }

    /// <summary>No new work; what is only staged goes back, what runs goes on.</summary>
    public FleetAnswer<WorkerV1> ReleaseWorker(ReleaseWorkerV1 request)
    {
        if (!workers.TryGetValue(request.WorkerId, out WorkerRow? worker)) return FleetAnswer.NotFound<WorkerV1>(NoWorker(request.WorkerId));
        worker.ReleasedTo = request.To;
        HearErrors(worker);
        worker.Modified = Now;
        Changes.Worker(worker.Id);
        foreach (long id in worker.Live.ToArray())
            if (executions.TryGetValue(id, out long task) && tasks[task].Latest is { } live && live.Status is not ExecutionState.Running) Return(live);
        WorkerV1 wire = worker.ToWire(Name);
        if (worker.Live.Count == 0) Forget(worker);
        Seat(worker);
        Settle();
        return FleetAnswer.Ok(wire);
    }

    public FleetAnswer<WorkerV1> UpdateWorker(UpdateWorkerV1 request)
    {
        if (!workers.TryGetValue(request.WorkerId, out WorkerRow? worker)) return FleetAnswer.NotFound<WorkerV1>(NoWorker(request.WorkerId));
        WorkerFieldsV1 fields = request.Fields;
        List<string> faults = [];
        WorkerFields.Check(fields, faults);
        if (faults.Count > 0) return FleetAnswer.Refused<WorkerV1>(string.Join(' ', faults));
        WorkerStatus? to = States.TryParse(fields.Status, out WorkerStatus wanted) ? wanted : null;
        if (worker.Status is WorkerStatus.Evicted && to is not (null or WorkerStatus.Running or WorkerStatus.Evicted))
            return FleetAnswer.Conflict<WorkerV1>($"Worker {worker.Id} is evicted; only running may follow.");
        (worker.Name, worker.Hostname) = (fields.Name ?? worker.Name, fields.Hostname ?? worker.Hostname);
        (worker.Flavor, worker.Region, worker.Provider) = (fields.Flavor ?? worker.Flavor, fields.Region ?? worker.Region, fields.Provider ?? worker.Provider);
        (worker.Concurrency, worker.Prefetch, worker.Permanent) = (fields.Concurrency ?? worker.Concurrency, fields.Prefetch ?? worker.Prefetch, fields.Permanent ?? worker.Permanent);
        worker.Modified = Now;
        Changes.Worker(worker.Id);
        if (to is WorkerStatus.Evicted && worker.Status is not WorkerStatus.Evicted) TakeBack(worker, Blame.Eviction, ExecutionCause.WorkerEvicted);
        if (to is { } status) Move(worker, status);
        else Seat(worker);
        Settle();
        return FleetAnswer.Ok(worker.ToWire(Name));
    }

    /// <summary>Pauses a worker that is to be given back, unless there is work for it after all.</summary>
    public FleetAnswer<WorkerV1> RetireWorker(long id)
    {
        if (!workers.TryGetValue(id, out WorkerRow? worker)) return FleetAnswer.NotFound<WorkerV1>(NoWorker(id));
        if (worker.Live.Count > 0 || ready.Count > 0 || ExternalPending > 0) return FleetAnswer.Conflict<WorkerV1>($"Worker {id} is not idle: batch '{Name}' has work for it.");
        Move(worker, WorkerStatus.Paused);
        return FleetAnswer.Ok(worker.ToWire(Name));
    }

    /// <summary>Its row goes: what runs has failed, what does not has been refused.</summary>
    public void RemoveWorker(long id, string cause)
    {
        if (!workers.TryGetValue(id, out WorkerRow? worker)) return;
        TakeBack(worker, cause is ExecutionCause.WorkerLost ? Blame.Infrastructure : Blame.Task, cause);
        foreach (SignalV1 signal in SignalsFor(id)) Drop(signals[signal.SignalId]);
        if (workers.ContainsKey(id)) Forget(worker);
        Effects.WorkerMoved(id, null);
        Settle();
    }

    public void TellCarried(CarriedWorkV1 work)
    {
        if (!workers.TryGetValue(work.WorkerId, out WorkerRow? worker) || (worker.CarriedLoad == work.Load && worker.TaskProperties == work.TaskProperties)) return;
        (worker.CarriedLoad, worker.TaskProperties) = (work.Load, work.TaskProperties);
        Changes.Worker(worker.Id);
        Seat(worker);
    }

    /// <summary>What time alone brings about: workers away and lost, limits of tasks passed, pauses after a refusal over.</summary>
    public void Tick()
    {
        foreach (WorkerRow worker in workers.Values.ToArray())
        {
            if (worker.RefusedUntil <= Now && worker is { Seat: null, Status: WorkerStatus.Running }) Seat(worker);
            if (worker.FirstContact is null) continue;
            if (worker.Status is WorkerStatus.Running && WorkerRules.IsSilent(Now - worker.Contact, worker.ToldPeriod)) Move(worker, WorkerStatus.Offline);
            if (IsLost(worker)) TakeBack(worker, Blame.Infrastructure, ExecutionCause.WorkerLost, isLost: true);
        }

        foreach (long id in underWay.ToArray())
            if (tasks[id] is { Live: { } live } task) CheckTime(task, live);
        Settle();
    }

    public BatchDigestV1 Digest() => new(
        Name, IsQuiet, Count(TaskState.Pending), ExternalPending, BacklogEnded, [.. recruiters.Values],
        [.. workers.Values.Select(w => new WorkerDigestV1(w.Id, w.Status.Name(), w.Concurrency, w.Live.Count, w.Running, w.Modified, w.FirstContact, w.LastWork, IsLost(w), w.ReleasedTo))],
        Foreign,
        ScanEnded);

    /// <summary>Executions of each worker by status: the newest attempt of each task.</summary>
    public IReadOnlyList<WorkerTasksV1> CountWorkerTasks() =>
    [
        .. tasks.Values.Select(t => t.Latest).Where(e => e?.WorkerId is not null).CountBy(e => (e!.WorkerId!.Value, e.Status))
            .OrderBy(c => c.Key).Select(c => new WorkerTasksV1(c.Key.Value, c.Key.Status.Name(), c.Value)),
    ];

    private bool IsLost(WorkerRow worker) => worker.FirstContact is not null && WorkerRules.IsLost(Now - worker.Contact);

    private void CheckTime(TaskRow task, ExecutionRow live)
    {
        // A paused task's clock stands still: nothing of it is at work.
        if (task.Status is TaskState.Paused) return;
        TimeSpan since = Now - task.StatusDate;
        if (task.Status is TaskState.Accepted && task.DownloadTimeout is { } download && since.TotalSeconds > download) Overdue(live, ExecutionCause.DownloadTimeout);
        else if (task.Status is TaskState.Running && task.RunTimeout is { } run && since.TotalSeconds > run) Overdue(live, ExecutionCause.RunTimeout);
        else if (task.Status is TaskState.Assigned && since > WorkerRules.AssignedAtMost) Set(live, ExecutionState.Refused);
    }

    private void Overdue(ExecutionRow live, string cause)
    {
        Post(live.WorkerId!.Value, live.Id, FleetSignal.Kill);
        Set(live, ExecutionState.Failed, Blame.Task, cause);
    }

    /// <summary>Ends everything that a worker has in hand.</summary>
    /// <param name="isLost">Nobody knows what became of it, so that staged work has failed like running work.</param>
    private void TakeBack(WorkerRow worker, Blame blame, string cause, bool isLost = false)
    {
        foreach (long id in worker.Live.ToArray())
        {
            ExecutionRow live = tasks[executions[id]].Latest!;
            if (live.Status is ExecutionState.Running || isLost) Set(live, ExecutionState.Failed, blame, cause);
            else Set(live, ExecutionState.Refused, cause: cause);
        }
    }

    /// <summary>Staged work goes back without a cost; whoever stages it is told to stop.</summary>
    private void Return(ExecutionRow live)
    {
        if (live.Status is ExecutionState.Accepted) Post(live.WorkerId!.Value, live.Id, FleetSignal.Kill);
        Set(live, ExecutionState.Refused);
    }

    /// <summary>The only place where the status of a worker changes.</summary>
    private void Move(WorkerRow worker, WorkerStatus to, bool isNew = false)
    {
        if (worker.Status != to || isNew)
        {
            (worker.Status, worker.Modified) = (to, Now);
            Changes.Worker(worker.Id);
            Changes.Whole();
            Effects.WorkerMoved(worker.Id, to);
        }

        Seat(worker);
    }

    private void Forget(WorkerRow worker)
    {
        workers.Remove(worker.Id);
        errors.Report(worker.Id, null);
        Changes.Worker(worker.Id);
        Changes.Whole();
        Seat(worker);
    }

    private static string UnknownStatus(string? status) => $"status '{status}' is not known; use one of {string.Join(", ", FleetWorkerStatus.All)}.";
}
