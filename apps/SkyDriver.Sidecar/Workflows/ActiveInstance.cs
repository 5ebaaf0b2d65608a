using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// A workflow instance at work: its state and what is under way for it. One object per life of the instance: work that
/// comes back for another life finds another object and is void. Callers hold the lock of the instance.
/// </summary>
internal sealed class ActiveInstance(InstanceState state)
{
    private readonly Dictionary<int, IDisposable> _timers = [];
    private readonly Dictionary<int, ActivityWork> _activities = [];

    public InstanceState State => state;

    /// <summary>The turn in a worker's hands.</summary>
    public Turn? Turn { get; set; }

    /// <summary>The next turn waits at the hub.</summary>
    public bool IsQueued { get; set; }

    /// <summary>A worker may look again at an instance that was stalled.</summary>
    public bool MayRetryStall { get; set; }

    public IDisposable? StartTimer { get; set; }

    public void AddTimer(int id, IDisposable timer) => _timers[id] = timer;

    public void AddActivity(ActivityWork work) => _activities[work.Scheduled.EventId] = work;

    /// <summary>Forgets what an answer has settled.</summary>
    public void Forget(HistoryEvent answer)
    {
        switch (answer.EventTypeCase)
        {
            case HistoryEvent.EventTypeOneofCase.TaskCompleted: _activities.Remove(answer.TaskCompleted.TaskScheduledId); break;
            case HistoryEvent.EventTypeOneofCase.TaskFailed: _activities.Remove(answer.TaskFailed.TaskScheduledId); break;
            case HistoryEvent.EventTypeOneofCase.TimerFired: _timers.Remove(answer.TimerFired.TimerId); break;
        }
    }

    /// <summary>Ends the timers of this life; with activities, those not yet done are void as well.</summary>
    public void End(bool withActivities)
    {
        Turn = null;
        StartTimer?.Dispose();
        foreach (var timer in _timers.Values) timer.Dispose();
        _timers.Clear();
        if (!withActivities) return;
        foreach (var activity in _activities.Values) activity.IsVoid = true;
        _activities.Clear();
    }
}

/// <summary>The next turn of an instance, at the hub. The message is made when it goes out, so that late events still join.</summary>
internal sealed class TurnWork(WorkflowEngine engine, ActiveInstance instance) : Work
{
    public override bool IsTurn => true;

    public ActiveInstance Instance => instance;

    public override ValueTask<WorkItem?> PrepareAsync(string token) => engine.BeginTurnAsync(instance, token);

    public override ValueTask LostAsync(string token) => engine.TakeBackTurnAsync(instance, token);
}

/// <summary>One activity asked for by a turn.</summary>
/// <param name="home">The engine that asked for it, which may be another app's.</param>
internal sealed class ActivityWork(WorkflowEngine home, ActiveInstance owner, HistoryEvent scheduled) : Work
{
    private volatile bool _void;
    private WorkerHub? _hub;

    public override bool IsTurn => false;

    public HistoryEvent Scheduled => scheduled;

    public bool IsTask(string instanceId, int taskId) => owner.State.InstanceId == instanceId && scheduled.EventId == taskId;

    /// <summary>Offers it to the workers of one app.</summary>
    public void OfferAt(WorkerHub hub)
    {
        _hub = hub;
        if (!IsVoid) hub.Enqueue(this);
    }

    /// <summary>Hands the result to the workflow that waits for it.</summary>
    public Task AnswerAsync(HistoryEvent answer, CancellationToken ct) => home.TakeAnswerAsync(owner, answer, ct);

    /// <summary>Nobody waits for the result any more; a worker that has it may finish in vain.</summary>
    public bool IsVoid
    {
        get => _void;
        set => _void = value;
    }

    public override ValueTask<WorkItem?> PrepareAsync(string token)
    {
        if (IsVoid) return default;
        var task = scheduled.TaskScheduled;
        return new ValueTask<WorkItem?>(new WorkItem
        {
            CompletionToken = token,
            ActivityRequest = new ActivityRequest
            {
                Name = task.Name,
                Version = task.Version,
                Input = task.Input,
                WorkflowInstance = new WorkflowInstance { InstanceId = owner.State.InstanceId, ExecutionId = owner.State.Head.ExecutionId },
                TaskId = scheduled.EventId,
                ParentTraceContext = task.ParentTraceContext,
                TaskExecutionId = task.TaskExecutionId,
            },
        });
    }

    public override ValueTask LostAsync(string token)
    {
        if (!IsVoid) _hub?.Enqueue(this, front: true);
        return default;
    }
}
