namespace SkyDriver.Fleet;

/// <summary>Whose fault the end of an execution is; decides what it costs the task.</summary>
public enum Blame : byte
{
    /// <summary>The command, its files, a kill or a time limit: costs a retry.</summary>
    Task,

    /// <summary>The worker vanished: costs no retry, but happens only so often.</summary>
    Infrastructure,

    /// <summary>The provider took the machine back: costs nothing.</summary>
    Eviction,
}

/// <summary>The part of a task that its transitions read and write.</summary>
/// <param name="Held">The status before the pause, while <paramref name="Status"/> is paused.</param>
/// <param name="Returns">Returns to pending for want of infrastructure.</param>
public readonly record struct TaskSituation(TaskState Status, TaskState Held, int Retry, int Returns);

/// <summary>The one place that knows which status follows which, for tasks and their executions.</summary>
public static class Transitions
{
    /// <summary>After so many returns for want of infrastructure a task has failed.</summary>
    public const int MaxReturns = 5;

    /// <summary>May an execution go from one state to the other?</summary>
    public static bool IsLegal(ExecutionState from, ExecutionState to) => from switch
    {
        ExecutionState.Pending => to is ExecutionState.Accepted or ExecutionState.Running or ExecutionState.Refused or ExecutionState.Failed or ExecutionState.Succeeded,
        ExecutionState.Accepted => to is ExecutionState.Running or ExecutionState.Refused or ExecutionState.Failed or ExecutionState.Succeeded or ExecutionState.Pending,
        ExecutionState.Running => to is ExecutionState.Succeeded or ExecutionState.Failed,
        _ => false,
    };

    /// <summary>What becomes of a task when its live execution comes into another state.</summary>
    /// <param name="blame">Counts when the execution failed.</param>
    /// <param name="ready">Where a task goes that is to run again: pending, or waiting when something that it requires is missing.</param>
    public static TaskSituation Follow(TaskSituation task, ExecutionState execution, Blame blame, TaskState ready)
    {
        TaskSituation next = execution switch
        {
            ExecutionState.Pending => task with { Status = TaskState.Assigned },
            ExecutionState.Accepted => task with { Status = TaskState.Accepted },
            ExecutionState.Running => task with { Status = TaskState.Running },
            ExecutionState.Succeeded => task with { Status = TaskState.Succeeded },
            ExecutionState.Refused => task with { Status = ready },
            _ => Fail(task, blame, ready),
        };
        // Paused stays paused until somebody resumes it, but what is over is over.
        bool isFinal = next.Status is TaskState.Succeeded or TaskState.Failed;
        return task.Status is TaskState.Paused && !isFinal ? next with { Status = TaskState.Paused, Held = next.Status } : next;
    }

    /// <summary>What becomes of a task that somebody sets to failed, or whose execution failed.</summary>
    public static TaskSituation Fail(TaskSituation task, Blame blame, TaskState ready) => blame switch
    {
        Blame.Eviction => task with { Status = ready },
        Blame.Infrastructure when task.Returns < MaxReturns => task with { Status = ready, Returns = task.Returns + 1 },
        Blame.Task when task.Retry > 0 => task with { Status = ready, Retry = task.Retry - 1 },
        _ => task with { Status = TaskState.Failed },
    };

    /// <summary>Signal 20, or the pause of a whole batch.</summary>
    /// <returns>False when there is nothing to pause in this status.</returns>
    public static bool TryPause(TaskSituation task, out TaskSituation paused)
    {
        paused = task with { Status = TaskState.Paused, Held = task.Status };
        return task.Status is TaskState.Waiting or TaskState.Pending or TaskState.Assigned or TaskState.Accepted or TaskState.Running;
    }

    /// <summary>Signal 18: back to where it was.</summary>
    /// <param name="ready">As in <see cref="Follow"/>; requirements may have changed meanwhile.</param>
    public static bool TryResume(TaskSituation task, TaskState ready, out TaskSituation resumed)
    {
        TaskState back = task.Held.IsUnderWay() ? task.Held : ready;
        resumed = task with { Status = back };
        return task.Status is TaskState.Paused;
    }

    /// <summary>May somebody set a task to this status without an execution that is in the corresponding one?</summary>
    public static bool IsSettable(TaskState to) => !to.IsUnderWay();
}
