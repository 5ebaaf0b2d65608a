using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Client.Fleet;

/// <summary>Id of a task, an execution or a worker: a number, the thing itself, or a write that is still waiting to be answered.</summary>
public readonly struct FleetId
{
    private readonly Task<long>? _id;

    private FleetId(Task<long> id) => _id = id;

    public static implicit operator FleetId(long id) => new(Task.FromResult(id));

    public static implicit operator FleetId(FleetTaskV1 task) => task.TaskId;

    public static implicit operator FleetId(ExecutionV1 execution) => execution.ExecutionId;

    public static implicit operator FleetId(WorkerV1 worker) => worker.WorkerId;

    public static implicit operator FleetId(Pending<FleetTaskV1> task) => new(task.Select(t => t.TaskId).AsTask());

    public static implicit operator FleetId(Pending<ExecutionV1> execution) => new(execution.Select(e => e.ExecutionId).AsTask());

    public static implicit operator FleetId(Pending<WorkerV1> worker) => new(worker.Select(w => w.WorkerId).AsTask());

    /// <summary>The number, as soon as it is known.</summary>
    public Task<long> AsTask() => _id ?? Task.FromResult(0L);
}
