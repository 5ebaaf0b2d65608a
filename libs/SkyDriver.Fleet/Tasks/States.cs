using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>Status of a task; the value is its index on the wire.</summary>
public enum TaskState : byte
{
    Paused,
    Waiting,
    Pending,
    Assigned,
    Accepted,
    Running,
    Failed,
    Succeeded,
    Debug,
}

/// <summary>Status of an execution, in the order of <see cref="ExecutionStatus.All"/>.</summary>
public enum ExecutionState : byte
{
    Pending,
    Accepted,
    Running,
    Refused,
    Failed,
    Succeeded,
}

/// <summary>Status of a worker, in the order of <see cref="FleetWorkerStatus.All"/>.</summary>
public enum WorkerStatus : byte
{
    Paused,
    Running,
    Offline,
    Failed,
    Evicted,
}

/// <summary>Between the states and their names on the wire.</summary>
public static class States
{
    public static string Name(this TaskState state) => FleetTaskStatus.All[(int)state];

    public static string Name(this ExecutionState state) => ExecutionStatus.All[(int)state];

    public static string Name(this WorkerStatus state) => FleetWorkerStatus.All[(int)state];

    public static bool TryParse(string? name, out TaskState state) => TryParse(FleetTaskStatus.All, name, i => (TaskState)i, out state);

    public static bool TryParse(string? name, out ExecutionState state) => TryParse(ExecutionStatus.All, name, i => (ExecutionState)i, out state);

    public static bool TryParse(string? name, out WorkerStatus state) => TryParse(FleetWorkerStatus.All, name, i => (WorkerStatus)i, out state);

    public static bool IsLive(this ExecutionState state) => state <= ExecutionState.Running;

    /// <summary>Its execution is not over, unless it is paused, when only the execution itself can tell.</summary>
    public static bool IsUnderWay(this TaskState state) => state is TaskState.Assigned or TaskState.Accepted or TaskState.Running;

    private static bool TryParse<T>(IReadOnlyList<string> names, string? name, Func<int, T> make, out T state)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] != name) continue;
            state = make(i);
            return true;
        }

        state = make(0);
        return false;
    }
}
