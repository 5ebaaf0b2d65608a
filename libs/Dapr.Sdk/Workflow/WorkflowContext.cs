using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>What code deep inside of a workflow may ask about its run.</summary>
public interface IWorkflowContext
{
    bool IsReplaying { get; }

    bool IsPatched(string patchName);
}

/// <summary>All that workflow code may use of the world. Replace it in unit tests.</summary>
public abstract class WorkflowContext : IWorkflowContext
{
    public abstract string Name { get; }

    public abstract string InstanceId { get; }

    /// <summary>Time of the current turn, the same in every replay. UTC.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while the code repeats what it did in earlier turns.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>
    /// True when the instance runs with a change of its code: always for what is new to it, never where it passed
    /// before the change was made.
    /// </summary>
    public abstract bool IsPatched(string patchName);

    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object>(name, input, options);

    /// <exception cref="WorkflowTaskFailedException">The activity failed.</exception>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>A durable timer, from the time of this turn.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>The next event of this name, in any letter case; one that came earlier counts. Each event goes to one waiter.</summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <exception cref="TaskCanceledException">No event came in time.</exception>
    public virtual async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        using var stopTimer = new CancellationTokenSource();
        using var stopWaiting = new CancellationTokenSource();
        var timer = CreateTimer(timeout, stopTimer.Token);
        var raised = WaitForExternalEventAsync<T>(eventName, stopWaiting.Token);
        var first = await Task.WhenAny(raised, timer);
        (first == raised ? stopTimer : stopWaiting).Cancel();
        return await raised;
    }

    /// <summary>Raises an event on another instance. Not every runtime can do it; prefer an activity that uses the client.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>What the state of the instance shows while it runs; null clears it.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object>(workflowName, input, options);

    /// <exception cref="WorkflowTaskFailedException">The child failed.</exception>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null);

    /// <summary>A logger that is silent during replay.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    public abstract ILogger CreateReplaySafeLogger(Type type);

    public abstract ILogger CreateReplaySafeLogger<T>();

    /// <summary>
    /// Starts again with a new input and an empty history; return right after. Events not yet consumed come along,
    /// unless the caller says otherwise.
    /// </summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>A unique id that is the same in every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>History that the caller of this workflow handed on; null when it handed on none.</summary>
    public abstract PropagatedHistory? GetPropagatedHistory();
}
