using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>
/// The context workflow code runs with during one turn: turns calls into numbered actions, and completes their tasks
/// as history goes by. Everything happens on one thread.
/// </summary>
internal sealed class ReplayContext : WorkflowContext
{
    /// <summary>Stands for "never" where a timer is asked for: the last instant of the year 9999.</summary>
    private static readonly Timestamp Never = new() { Seconds = 253402300799, Nanos = 999999999 };

    private readonly SortedDictionary<int, WorkflowAction> _actions = [];
    private readonly Dictionary<int, PendingTask> _tasks = [];
    private readonly Dictionary<int, Action<PendingTask>> _early = [];
    private readonly ExternalEventInbox _events = new();
    private readonly PatchLog _patches;
    private readonly DeterministicIds _ids;
    private readonly ILoggerFactory _loggers;
    private readonly Lazy<PropagatedHistory?> _handed;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private int _nextId;
    private bool _closed;
    private bool _preserveEvents;
    private DateTime _now;

    public ReplayContext(
        string name,
        string instanceId,
        string? executionId,
        IEnumerable<string> patches,
        ILoggerFactory loggers,
        Func<PropagatedHistory?>? handed = null)
    {
        (Name, InstanceId, _loggers) = (name, instanceId, loggers);
        _handed = new Lazy<PropagatedHistory?>(handed ?? (() => null));
        _ids = new DeterministicIds(instanceId, executionId);
        _patches = new PatchLog(patches);
    }

    public override string Name { get; }

    public override string InstanceId { get; }

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => Replaying;

    public bool Replaying { get; set; }

    /// <summary>JSON of the status set last; null when there is none.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>Set by <see cref="ContinueAsNew"/>.</summary>
    public CompleteWorkflowAction? NextGeneration { get; private set; }

    public IReadOnlyList<string> AppliedPatches => _patches.Applied;

    /// <summary>What the turn asks for and history does not know yet, by number.</summary>
    public IEnumerable<WorkflowAction> NewActions => _actions.Values;

    /// <summary>False when the code waits for something that no event will ever complete.</summary>
    public bool Waits => _tasks.Count > 0 || _events.AnyoneWaits;

    public int TakeId() => _nextId++;

    public void SetTime(Timestamp? time)
    {
        if (time is not null) _now = time.ToDateTime();
    }

    /// <summary>After this the code can no longer do anything, whatever thread it has strayed to.</summary>
    public void Close() => _closed = true;

    /// <summary>History has an action on record: it must be the one the code has just asked for.</summary>
    public void Confirm(int id, WorkflowAction.WorkflowActionTypeOneofCase kind, string? name)
    {
        string recorded = Describe(kind, name);
        if (!_actions.Remove(id, out var action))
        {
            throw new NonDeterministicWorkflowException(
                $"Step {id} of the history is {recorded}, but the code did not get there. The code has changed, or depends on something that did.");
        }

        string? asked = action.ScheduleTask?.Name ?? action.CreateChildWorkflow?.Name;
        if (action.WorkflowActionTypeCase == kind && (name is null || asked is null || asked == name)) return;
        throw new NonDeterministicWorkflowException(
            $"Step {id} of the history is {recorded}, but the code now asks for {Describe(action.WorkflowActionTypeCase, asked)}.");
    }

    /// <summary>Completes the task of an action; a second completion changes nothing, an early one waits.</summary>
    public void Finish(int id, Action<PendingTask> finish)
    {
        if (_tasks.Remove(id, out var task)) finish(task);
        else if (id >= _nextId) _early.TryAdd(id, finish);
    }

    public void Raise(HistoryEvent raised)
    {
        if (NextGeneration is null) _events.Deliver(raised);
        else if (_preserveEvents) NextGeneration.CarryoverEvents.Add(raised);
    }

    public override bool IsPatched(string patchName)
    {
        Check();
        return _patches.IsPatched(patchName, Replaying);
    }

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Check();
        ArgumentException.ThrowIfNullOrEmpty(name);
        string json = WorkflowJson.Write(input);
        string? firstExecution = null;
        return RetryAsync(options?.RetryPolicy, Attempt, () => new CreateTimerAction
        {
            ActivityRetry = new TimerOriginActivityRetry { TaskExecutionId = firstExecution },
        });

        Task<T> Attempt()
        {
            int id = TakeId();
            string execution = _ids.TaskExecution(id, name);
            firstExecution ??= execution;
            var task = new PendingTask<T>($"activity '{name}'");
            var action = new WorkflowAction
            {
                Id = id,
                ScheduleTask = new ScheduleTaskAction { Name = name, Input = json, TaskExecutionId = execution },
                Router = Router(options),
            };
            if (HandedHistory.TryToWire(options?.PropagationScope, out var scope)) action.ScheduleTask.PropagationScope = scope;
            return Schedule(action, task).Task;
        }
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        Check();
        ArgumentException.ThrowIfNullOrEmpty(workflowName);
        string json = WorkflowJson.Write(input);
        string? firstInstance = null;
        return RetryAsync(options?.RetryPolicy, Attempt, () => new CreateTimerAction
        {
            ChildWorkflowRetry = new TimerOriginChildWorkflowRetry { InstanceId = firstInstance },
        });

        Task<TResult> Attempt()
        {
            string instance = options?.InstanceId ?? _ids.Next().ToString();
            firstInstance ??= instance;
            var task = new PendingTask<TResult>($"child workflow '{workflowName}'");
            var action = new WorkflowAction
            {
                Id = TakeId(),
                CreateChildWorkflow = new CreateChildWorkflowAction { InstanceId = instance, Name = workflowName, Input = json },
                Router = Router(options),
            };
            if (instance != firstInstance) action.CreateChildWorkflow.RetryParent = new RetryParentInstanceInfo { InstanceID = firstInstance };
            if (HandedHistory.TryToWire(options?.PropagationScope, out var scope)) action.CreateChildWorkflow.PropagationScope = scope;
            return Schedule(action, task).Task;
        }
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Check();
        // A time without a kind is meant as UTC here: a worker's local zone must not enter the history.
        var utc = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        return Timer(utc, new CreateTimerAction { CreateTimer = new TimerOriginCreateTimer() }, cancellationToken);
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        Check();
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var task = new PendingTask<T>($"event '{eventName}'");
        if (cancellationToken.IsCancellationRequested) task.Cancel(cancellationToken);
        else if (_events.TryTake(eventName, out string? payload)) task.Complete(payload);
        else
        {
            var leave = _events.Wait(eventName, task);
            cancellationToken.Register(() =>
            {
                leave();
                task.Cancel(cancellationToken);
            });
        }

        return task.Task;
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        using var stopWaiting = new CancellationTokenSource();
        using var stopTimer = new CancellationTokenSource();
        var raised = WaitForExternalEventAsync<T>(eventName, stopWaiting.Token);
        if (raised.IsCompleted) return await raised;
        if (timeout == TimeSpan.Zero) stopWaiting.Cancel();
        else
        {
            var origin = new CreateTimerAction { ExternalEvent = new TimerOriginExternalEvent { Name = eventName } };
            var timer = timeout == Timeout.InfiniteTimeSpan
                ? Timer(Never, origin, stopTimer.Token)
                : Timer(_now + timeout, origin, stopTimer.Token);
            if (await Task.WhenAny(raised, timer) == raised) stopTimer.Cancel();
            else stopWaiting.Cancel();
        }

        return await raised;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        Check();
        int id = TakeId();
        _actions.Add(id, new WorkflowAction
        {
            Id = id,
            SendEvent = new SendEventAction
            {
                Instance = new WorkflowInstance { InstanceId = instanceId },
                Name = eventName,
                Data = WorkflowJson.Write(payload),
            },
        });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        Check();
        CustomStatus = customStatus is null ? null : WorkflowJson.Write(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        Check();
        NextGeneration = new CompleteWorkflowAction { WorkflowStatus = WorkflowStatus.ContinuedAsNew, Result = WorkflowJson.Write(newInput) };
        _preserveEvents = preserveUnprocessedEvents;
        if (preserveUnprocessedEvents) NextGeneration.CarryoverEvents.Add(_events.Kept);
        TakeId();
    }

    public override Guid NewGuid()
    {
        Check();
        return _ids.Next();
    }

    public override PropagatedHistory? GetPropagatedHistory() => _handed.Value;

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(_loggers.CreateLogger(categoryName), this);

    public override ILogger CreateReplaySafeLogger(System.Type type) => new ReplaySafeLogger(_loggers.CreateLogger(type), this);

    public override ILogger CreateReplaySafeLogger<T>() => new ReplaySafeLogger(_loggers.CreateLogger<T>(), this);

    /// <summary>Attempts with durable waits in between, all in workflow time.</summary>
    private async Task<T> RetryAsync<T>(WorkflowRetryPolicy? policy, Func<Task<T>> attempt, Func<CreateTimerAction> origin)
    {
        var started = _now;
        for (int tried = 1; ; tried++)
        {
            try
            {
                return await attempt();
            }
            catch (WorkflowTaskFailedException e) when (MayRetry(policy, e, tried, started))
            {
                await Timer(_now + policy!.DelayAfter(tried), origin(), CancellationToken.None);
            }
        }
    }

    private bool MayRetry(WorkflowRetryPolicy? policy, WorkflowTaskFailedException failure, int tried, DateTime started)
    {
        if (policy is null || failure.FailureDetails.IsNonRetriable || tried >= policy.MaxNumberOfAttempts) return false;
        return policy.RetryTimeout == Timeout.InfiniteTimeSpan || _now - started < policy.RetryTimeout;
    }

    private Task Timer(DateTime fireAt, CreateTimerAction action, CancellationToken ct) => Timer(Timestamp.FromDateTime(fireAt), action, ct);

    /// <summary>The stored timer outlives a cancelled wait; its late firing finds nobody and is ignored.</summary>
    private Task Timer(Timestamp fireAt, CreateTimerAction action, CancellationToken ct)
    {
        Check();
        action.FireAt = fireAt;
        int id = TakeId();
        var task = Schedule(new WorkflowAction { Id = id, CreateTimer = action }, new PendingTask<object>("a timer"));
        if (ct.CanBeCanceled)
        {
            ct.Register(() =>
            {
                _tasks.Remove(id);
                task.Cancel(ct);
            });
        }

        return task.Task;
    }

    private PendingTask<T> Schedule<T>(WorkflowAction action, PendingTask<T> task)
    {
        Check();
        _actions.Add(action.Id, action);
        if (_early.Remove(action.Id, out var finish)) finish(task);
        else _tasks.Add(action.Id, task);
        return task;
    }

    private void Check()
    {
        if (!_closed && Environment.CurrentManagedThreadId == _thread) return;
        throw new InvalidOperationException(
            "Workflow code used its context from outside its turn. Await only tasks of the context: no Task.Run, Task.Delay, I/O or ConfigureAwait(false) on others.");
    }

    private static TaskRouter? Router(WorkflowTaskOptions? options) =>
        options?.TargetAppId is { Length: > 0 } app ? new TaskRouter { TargetAppID = app } : null;

    private static string Describe(WorkflowAction.WorkflowActionTypeOneofCase kind, string? name) => kind switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"activity '{name}'",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => $"child workflow '{name}'",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => "a timer",
        WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => "an event sent",
        _ => kind.ToString(),
    };
}
