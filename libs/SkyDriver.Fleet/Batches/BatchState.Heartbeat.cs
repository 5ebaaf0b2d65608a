using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// The exchange with a worker, in two steps: what it says, and, once the dispatcher has run, what it is told.
public sealed partial class BatchState
{
    private const int MostHeartbeatText = 8 << 10;

    /// <summary>Texts held at once when failures are counted, whatever workers write.</summary>
    private const int MostErrorKinds = 1000;

    /// <returns>False when the worker is not in this batch.</returns>
    public bool Hear(HeartbeatV1 beat, out IReadOnlyList<long> dropped)
    {
        dropped = [];
        if (!workers.TryGetValue(beat.WorkerId, out WorkerRow? worker)) return false;
        Hear(worker);
        (worker.Load, worker.Memory) = (Short(beat.Load) ?? worker.Load, beat.Memory ?? worker.Memory);
        if (beat.Stats is not null)
        {
            worker.Stats = Short(beat.Stats);
            HearErrors(worker);
        }

        Acknowledge(worker.Id, beat.AcknowledgedSignals ?? []);
        if (beat.Running is { } held) dropped = Reconcile(worker, held);
        Settle();
        return true;
    }

    /// <summary>The most frequent failures that the workers here tell of, with how often they came; all workers are heard, rare failures may not be.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> CountErrors(int most) => errors.Top(most);

    /// <summary>What a worker that was just heard is told.</summary>
    public HeartbeatReplyV1 Reply(long id, IReadOnlyList<long> dropped)
    {
        WorkerRow worker = workers[id];
        bool takes = worker is { Status: WorkerStatus.Running, ReleasedTo: null };
        List<AssignmentV1> assignments = [];
        List<long> held = [];
        foreach (long execution in worker.Live.Order())
        {
            TaskRow task = tasks[executions[execution]];
            ExecutionRow live = task.Latest!;
            if (live.Status is ExecutionState.Pending && takes && task.Status is not TaskState.Paused) assignments.Add(ToAssignment(task, live));
            else if (live.Status is ExecutionState.Accepted && (!takes || task.Status is TaskState.Paused)) held.Add(execution);
        }

        worker.ToldPeriod = WorkerRules.Period(workers.Count, isScanOver: ScanEnded is not null);
        return new(worker.ToWire(Name), assignments, SignalsFor(id), dropped, held, worker.ToldPeriod);
    }

    /// <summary>Live work of a worker.</summary>
    /// <param name="only">Null: accepted and running.</param>
    public FleetAnswer<IReadOnlyList<AssignmentV1>> ListWorkerExecutions(long worker, ExecutionState? only)
    {
        if (!workers.TryGetValue(worker, out WorkerRow? row)) return FleetAnswer.NotFound<IReadOnlyList<AssignmentV1>>(NoWorker(worker));
        IEnumerable<TaskRow> live = row.Live.Order().Select(id => tasks[executions[id]]);
        return FleetAnswer.Ok<IReadOnlyList<AssignmentV1>>(
            [.. live.Where(t => only is { } status ? t.Latest!.Status == status : t.Latest!.Status is ExecutionState.Accepted or ExecutionState.Running).Select(t => ToAssignment(t, t.Latest!))]);
    }

    private AssignmentV1 ToAssignment(TaskRow task, ExecutionRow live) => new(live.Id, live.Status.Name(), Name, task.Status.Name(), ToWire(task));

    /// <summary>Any word from it, of whatever kind.</summary>
    private void Hear(WorkerRow worker)
    {
        worker.Contact = Now;
        if (worker.FirstContact is null)
        {
            worker.FirstContact = Now;
            Changes.Worker(worker.Id);
        }

        if (worker.Status is WorkerStatus.Offline or WorkerStatus.Failed) Move(worker, IsStopped ? WorkerStatus.Paused : WorkerStatus.Running);
    }

    /// <summary>What it last told of counts while it serves this batch.</summary>
    private void HearErrors(WorkerRow worker) => errors.Report(worker.Id, worker.ReleasedTo is null ? WorkerStatsV1.Read(worker.Stats)?.Errors : null);

    /// <summary>Compares what the worker holds with what it should.</summary>
    /// <returns>What it holds and should not.</returns>
    private List<long> Reconcile(WorkerRow worker, IReadOnlyList<HeldExecutionV1> held)
    {
        List<long> dropped = [];
        HashSet<long> named = [];
        foreach (HeldExecutionV1 one in held)
        {
            if (worker.Live.Contains(one.ExecutionId))
            {
                named.Add(one.ExecutionId);
                CatchUp(tasks[executions[one.ExecutionId]].Latest!, one.Status);
            }
            else if (Ids.Owns(one.ExecutionId)) dropped.Add(one.ExecutionId);
        }

        foreach (long id in worker.Live.ToArray())
            if (!named.Contains(id)) Miss(tasks[executions[id]].Latest!);
        return dropped;
    }

    /// <summary>A report of a step may be lost; the heartbeat says it as well. Ends are told by reports only.</summary>
    private void CatchUp(ExecutionRow live, string status)
    {
        live.Missing = 0;
        if (!States.TryParse(status, out ExecutionState told) || told is not (ExecutionState.Accepted or ExecutionState.Running)) return;
        if (told > live.Status) Set(live, told);
    }

    /// <summary>Work that the worker has taken and does not know any more, as after its restart.</summary>
    private void Miss(ExecutionRow live)
    {
        if (live.Status is ExecutionState.Pending || ++live.Missing < WorkerRules.MissingBeats) return;
        if (live.Status is ExecutionState.Accepted) Set(live, ExecutionState.Pending);
        else Set(live, ExecutionState.Failed, Blame.Infrastructure, ExecutionCause.Vanished);
    }

    private static string? Short(string? text) => text is { Length: > MostHeartbeatText } ? text[..MostHeartbeatText] : text;
}
