using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// The batch as a whole: stop and go, what it is, recruiters, work from outside.
public sealed partial class BatchState
{
    public FleetAnswer<FleetResultV1> Stop(int? signal)
    {
        if (WhyNotSignal(signal) is { } why) return FleetAnswer.Refused<FleetResultV1>(why);
        IsStopped = true;
        Changes.Whole();
        foreach (WorkerRow worker in workers.Values)
            if (worker.Status is WorkerStatus.Running) Move(worker, WorkerStatus.Paused);
        SignalRunning(signal);
        return FleetAnswer.Ok(FleetResultV1.Ok);
    }

    /// <summary>Wakes paused workers only: one that is away, has failed or is evicted is no better for being told to run.</summary>
    public FleetAnswer<FleetResultV1> Go(int? signal)
    {
        if (WhyNotSignal(signal) is { } why) return FleetAnswer.Refused<FleetResultV1>(why);
        IsStopped = false;
        Changes.Whole();
        foreach (WorkerRow worker in workers.Values)
            if (worker.Status is WorkerStatus.Paused) Move(worker, WorkerStatus.Running);
        SignalRunning(signal);
        return FleetAnswer.Ok(FleetResultV1.Ok);
    }

    public void PauseAll()
    {
        Stop(null);
        foreach (TaskRow task in UnderWay())
        {
            if (task.Live is { Status: ExecutionState.Running } running) Send(task, running, FleetSignal.Pause);
            else if (task.Live is { Status: ExecutionState.Accepted }) Pause(task);
        }

        Settle();
    }

    public void ResumeAll()
    {
        Go(null);
        foreach (TaskRow task in UnderWay())
            if (task is { Status: TaskState.Paused, Live: { Status: ExecutionState.Running } running }) Send(task, running, FleetSignal.Resume);
        foreach (TaskRow task in tasks.Values)
            if (task.Status is TaskState.Paused) Resume(task);
        Settle();
    }

    public void SetExternalPending(long count)
    {
        // A count that was taken before the end may arrive after it.
        if (ScanEnded is not null || count == ExternalPending) return;
        if (count == 0) BacklogEnded = Now;
        ExternalPending = count;
        Changes.Whole();
    }

    public BatchV1 Describe() => new(
        Name,
        FleetTaskStatus.All.Select((name, i) => (name, counts[i])).Where(c => c.Item2 > 0).ToDictionary(c => c.name, c => c.Item2),
        [.. workers.Values.Where(w => w.ReleasedTo is null).Select(w => w.Name)],
        ExternalPending);

    /// <summary>Durations of newest attempts: hours by status, seconds by phase.</summary>
    public BatchStatsV1 Stats()
    {
        Dictionary<string, List<double?>> hours = [], seconds = new() { ["download"] = [], ["run"] = [], ["upload"] = [] };
        foreach (TaskRow task in Rows)
        {
            if (!hours.TryGetValue(task.Status.Name(), out List<double?>? list)) hours[task.Status.Name()] = list = [];
            ExecutionRow? latest = task.Latest;
            list.Add(latest is null ? null : (latest.Modified - latest.Created).TotalHours);
            if (latest is null) continue;
            Add("download", latest.Accepted, latest.RunStart);
            Add("run", latest.RunStart, latest.RunEnd);
            Add("upload", latest.RunEnd, latest.UploadEnd);
        }

        return new(Name, hours.ToDictionary(h => h.Key, h => Sum(h.Value)), seconds.ToDictionary(s => s.Key, s => Sum(s.Value)));

        void Add(string phase, DateTimeOffset? from, DateTimeOffset? to)
        {
            if (from is { } begin && to is { } end) seconds[phase].Add((end - begin).TotalSeconds);
        }

        static DurationStatsV1 Sum(List<double?> values) => new(values.Count, values.Min(), values.Max(), values.Average());
    }

    public IReadOnlyList<RecruiterV1> Recruiters => [.. recruiters.Values];

    /// <summary>Makes one, or replaces the one of this rank.</summary>
    public FleetAnswer<RecruiterV1> PutRecruiter(RecruiterV1 recruiter)
    {
        List<string> faults = [];
        RecruiterRules.Check(recruiter, faults);
        if (recruiter.Batch != Name) faults.Add($"batch '{recruiter.Batch}' is not '{Name}'.");
        if (faults.Count > 0) return FleetAnswer.Refused<RecruiterV1>(string.Join(' ', faults));
        recruiters[recruiter.Rank] = recruiter;
        Changes.Whole();
        return FleetAnswer.Created(recruiter);
    }

    public FleetAnswer<RecruiterV1> UpdateRecruiter(UpdateRecruiterV1 request)
    {
        if (!recruiters.TryGetValue(request.Rank, out RecruiterV1? before)) return FleetAnswer.NotFound<RecruiterV1>(NoRecruiter(request.Rank));
        FleetAnswer<RecruiterV1> put = PutRecruiter(RecruiterRules.Apply(before, request.Fields));
        return put.IsOk ? FleetAnswer.Ok(put.Value) : put;
    }

    public FleetAnswer<RecruiterV1> DeleteRecruiter(int rank)
    {
        if (!recruiters.Remove(rank, out RecruiterV1? before)) return FleetAnswer.NotFound<RecruiterV1>(NoRecruiter(rank));
        Changes.Whole();
        return FleetAnswer.Ok(before);
    }

    /// <summary>Recruiters of a scan's clusters, in their order; a repeat makes no other.</summary>
    public FleetAnswer<IReadOnlyList<RecruiterV1>> RecruitForScan(ScanRecruitmentV1 request)
    {
        if (ScanEnded is not null) return FleetAnswer.Conflict<IReadOnlyList<RecruiterV1>>($"Scan {Name} is over; nobody is hired for it.");
        IReadOnlyList<RecruiterV1> plan = ScanRecruiting.Plan(Name, request);
        List<string> faults = [];
        foreach (RecruiterV1 recruiter in plan) RecruiterRules.Check(recruiter, faults);
        if (faults.Count > 0) return FleetAnswer.Refused<IReadOnlyList<RecruiterV1>>(string.Join(' ', faults.Distinct()));
        foreach (RecruiterV1 recruiter in plan) recruiters[recruiter.Rank] = recruiter;
        Changes.Whole();
        return FleetAnswer.Ok(plan);
    }

    /// <summary>Nobody is hired any more, and the workers are free. Again is no error.</summary>
    public void EndScan()
    {
        if (ScanEnded is not null) return;
        SetExternalPending(0);
        recruiters.Clear();
        ScanEnded = Now;
        Changes.Whole();
    }

    private void SignalRunning(int? signal)
    {
        if (signal is { } number)
        {
            foreach (TaskRow task in UnderWay())
                if (task.Live is { Status: ExecutionState.Running } live) Send(task, live, number);
        }

        Settle();
    }

    private TaskRow[] UnderWay() => [.. underWay.Order().Select(id => tasks[id])];

    private static string? WhyNotSignal(int? signal) =>
        signal is null || FleetSignal.ForExecutions.Contains(signal.Value) ? null : $"signal {signal} is not for executions; use one of {string.Join(", ", FleetSignal.ForExecutions)}.";

    private string NoRecruiter(int rank) => $"Batch '{Name}' has no recruiter of rank {rank}.";
}
