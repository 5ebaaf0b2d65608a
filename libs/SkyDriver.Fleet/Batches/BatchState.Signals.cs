using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// Signals lie in a mailbox until the worker has named them as done: an answer that is lost loses none.
public sealed partial class BatchState
{
    public FleetAnswer<SignalV1> SendSignal(NewSignalV1 request)
    {
        if (!workers.ContainsKey(request.WorkerId)) return FleetAnswer.NotFound<SignalV1>(NoWorker(request.WorkerId));
        IReadOnlyList<int> legal = request.ExecutionId is null ? FleetSignal.ForWorkers : FleetSignal.ForExecutions;
        if (!legal.Contains(request.Signal))
        {
            return FleetAnswer.Refused<SignalV1>(
                $"signal {request.Signal} is not for {(request.ExecutionId is null ? "a worker as a whole" : "an execution")}; use one of {string.Join(", ", legal)}.");
        }

        if (request.ExecutionId is not { } id) return FleetAnswer.Created(ToWire(Post(request.WorkerId, null, request.Signal)));
        if (FindTaskOf(id) is not { } task) return FleetAnswer.NotFound<SignalV1>(NoExecution(id));
        if (task.Live is not { } live || live.Id != id || live.WorkerId != request.WorkerId)
            return FleetAnswer.Conflict<SignalV1>($"Execution {id} does not run on worker {request.WorkerId} now, so that no signal can reach it.");
        SignalRow posted = Send(task, live, request.Signal);
        Settle();
        return FleetAnswer.Created(ToWire(posted));
    }

    public static SignalV1 ToWire(SignalRow row) => new(row.Id, row.Execution, row.Worker, row.Signal);

    public IReadOnlyList<SignalV1> SignalsFor(long worker) => mailbox.TryGetValue(worker, out SortedSet<long>? ids) ? [.. ids.Select(id => ToWire(signals[id]))] : [];

    /// <summary>The worker has done what they say; those of others, and unknown ones, are left alone.</summary>
    public void Acknowledge(long worker, IReadOnlyList<long> ids)
    {
        foreach (long id in ids)
            if (signals.TryGetValue(id, out SignalRow? row) && row.Worker == worker) Drop(row);
    }

    /// <summary>The older protocol: what is read is taken as done.</summary>
    public IReadOnlyList<SignalV1> TakeSignals(long worker)
    {
        IReadOnlyList<SignalV1> taken = SignalsFor(worker);
        Acknowledge(worker, [.. taken.Select(s => s.SignalId)]);
        return taken;
    }

    /// <summary>A signal to live work, with what it means to the task.</summary>
    private SignalRow Send(TaskRow task, ExecutionRow live, int signal)
    {
        SignalRow row = Post(live.WorkerId!.Value, live.Id, signal);
        if (signal is FleetSignal.Pause) Pause(task);
        else if (signal is FleetSignal.Resume) Resume(task);
        // Nobody has begun with it: the kill comes before the launch, which is fenced from now on.
        else if (signal is FleetSignal.Kill && live.Status is ExecutionState.Pending) Set(live, ExecutionState.Failed, Blame.Task, ExecutionCause.Killed);
        return row;
    }

    private void Pause(TaskRow task)
    {
        if (Transitions.TryPause(task.Situation, out TaskSituation paused)) Set(task, paused);
    }

    private void Resume(TaskRow task)
    {
        if (Transitions.TryResume(task.Live is null ? task.Situation with { Held = Ready(task) } : task.Situation, Ready(task), out TaskSituation resumed)) Set(task, resumed);
    }

    private SignalRow Post(long worker, long? execution, int signal)
    {
        SignalRow row = new(Ids.Next(IdKind.Signal), execution, worker, signal);
        Keep(row);
        Changes.Signal(row.Id);
        Changes.Whole();
        return row;
    }

    private void Keep(SignalRow row)
    {
        signals.Add(row.Id, row);
        if (!mailbox.TryGetValue(row.Worker, out SortedSet<long>? ids)) mailbox[row.Worker] = ids = [];
        ids.Add(row.Id);
    }

    private void Drop(SignalRow row)
    {
        signals.Remove(row.Id);
        SortedSet<long> ids = mailbox[row.Worker];
        ids.Remove(row.Id);
        if (ids.Count == 0) mailbox.Remove(row.Worker);
        Changes.Signal(row.Id);
    }
}
