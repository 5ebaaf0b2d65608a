namespace SkyDriver.Fleet;

// The dispatcher. Workers sit in the order of how much of them is taken, tasks in the order of their ids.
public sealed partial class BatchState
{
    /// <summary>Gives ready tasks to workers with room, the oldest task first, to whoever has the smallest share taken.</summary>
    /// <param name="most">Bounds what one turn writes; the rest goes with the next one.</param>
    /// <returns>Assignments made.</returns>
    public int Dispatch(int most)
    {
        int made = 0, limit = Math.Min(most, Ids.Available(IdKind.Execution));
        while (made < limit && ready.Count > 0 && seats.Count > 0)
        {
            TaskRow task = tasks[ready.Min];
            Assign(task, workers[seats.Min.Worker]);
            made++;
        }

        Settle();
        return made;
    }

    /// <summary>Puts a worker where it belongs in the order, or out of it.</summary>
    private void Seat(WorkerRow worker)
    {
        if (worker.Seat is { } old) seats.Remove((old, worker.Id));
        worker.Seat = null;
        if (!workers.ContainsKey(worker.Id) || !HasRoom(worker)) return;
        double share = worker.Used / worker.Concurrency;
        worker.Seat = share;
        seats.Add((share, worker.Id));
    }

    private bool HasRoom(WorkerRow worker) =>
        worker is { Status: WorkerStatus.Running, ReleasedTo: null, Concurrency: > 0 } && worker.RefusedUntil <= Now && worker.Used < worker.Concurrency + worker.Prefetch;
}
