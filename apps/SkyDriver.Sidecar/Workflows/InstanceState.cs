using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>An event that waits for a turn. The number is its place in the store; null while only memory holds it.</summary>
internal readonly record struct WaitingEvent(HistoryEvent Event, long? Number);

/// <summary>
/// One workflow instance in memory: its head, its history, the events that wait, and what it still expects.
/// Changes only after the store has taken them. Callers hold the lock of the instance.
/// </summary>
internal sealed class InstanceState
{
    /// <summary>Bytes one event costs in a message beside its own: field tag and length.</summary>
    private const int EventOverhead = 6;

    private readonly List<HistoryEvent> _history = [];
    private readonly List<WaitingEvent> _inbox = [];
    private readonly Dictionary<int, HistoryEvent> _tasks = [];
    private readonly Dictionary<int, HistoryEvent> _timers = [];
    private readonly Dictionary<int, HistoryEvent> _children = [];

    public InstanceState(string instanceId, InstanceHead head) => (InstanceId, Head) = (instanceId, head);

    public string InstanceId { get; }

    public InstanceHead Head { get; private set; }

    public IReadOnlyList<HistoryEvent> History => _history;

    public IReadOnlyList<WaitingEvent> Inbox => _inbox;

    /// <summary>Activities, timers and children asked for and not answered, neither in history nor in the inbox; by event id.</summary>
    public IReadOnlyDictionary<int, HistoryEvent> OpenTasks => _tasks;

    public IReadOnlyDictionary<int, HistoryEvent> OpenTimers => _timers;

    public IReadOnlyDictionary<int, HistoryEvent> OpenChildren => _children;

    /// <summary>The start of this life; waiting in the inbox until the first turn is over.</summary>
    public ExecutionStartedEvent? Started { get; private set; }

    public ExecutionCompletedEvent? Completed { get; private set; }

    /// <summary>How the start reached this app; null when a client of the app itself asked for it.</summary>
    public TaskRouter? StartRouter { get; private set; }

    /// <summary>The patches and the version name that the code ran with when it last answered; null before it told any.</summary>
    public WorkflowVersion? Version { get; private set; }

    /// <summary>Why the instance was last stalled.</summary>
    public ExecutionStalledEvent? Stall { get; private set; }

    /// <summary>Bytes of the history in a work item.</summary>
    public int HistoryBytes { get; private set; }

    public bool IsOver => Head.Status.IsOver();

    public bool IsSuspended => Head.Status == WorkflowStatus.Suspended;

    public bool IsStalled => Head.Status == WorkflowStatus.Stalled;

    public static int SizeOf(HistoryEvent e) => e.CalculateSize() + EventOverhead;

    /// <summary>True when an answer is still expected, and for all that is no answer; false for a second answer.</summary>
    public bool Expects(HistoryEvent e) => !IsOver && e.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.TaskCompleted => _tasks.ContainsKey(e.TaskCompleted.TaskScheduledId),
        HistoryEvent.EventTypeOneofCase.TaskFailed => _tasks.ContainsKey(e.TaskFailed.TaskScheduledId),
        HistoryEvent.EventTypeOneofCase.TimerFired => _timers.ContainsKey(e.TimerFired.TimerId),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted => _children.ContainsKey(e.ChildWorkflowInstanceCompleted.TaskScheduledId),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceFailed => _children.ContainsKey(e.ChildWorkflowInstanceFailed.TaskScheduledId),
        _ => true,
    };

    /// <summary>Takes over a head that the store holds.</summary>
    public void Replace(InstanceHead head) => Head = head;

    /// <summary>Adds history that the store holds.</summary>
    public void Append(IEnumerable<HistoryEvent> events)
    {
        foreach (var e in events)
        {
            _history.Add(e);
            HistoryBytes += SizeOf(e);
            Fold(e);
        }
    }

    /// <summary>Puts an event in the queue for the next turn.</summary>
    public void Enqueue(WaitingEvent waiting)
    {
        _inbox.Add(waiting);
        Fold(waiting.Event);
    }

    /// <summary>Notes that waiting events are in the store now, under the given numbers.</summary>
    public void MarkSaved(IReadOnlyList<WaitingEvent> saved)
    {
        foreach (var waiting in saved)
        {
            int index = _inbox.FindIndex(w => ReferenceEquals(w.Event, waiting.Event));
            if (index >= 0) _inbox[index] = waiting;
        }
    }

    /// <summary>Drops the first waiting events: a turn has moved them into the history, or the end made them void.</summary>
    public void Dequeue(int count) => _inbox.RemoveRange(0, count);

    private void Fold(HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case HistoryEvent.EventTypeOneofCase.ExecutionStarted: (Started, StartRouter) = (e.ExecutionStarted, e.Router); break;
            case HistoryEvent.EventTypeOneofCase.WorkflowStarted: Version = e.WorkflowStarted.Version ?? Version; break;
            case HistoryEvent.EventTypeOneofCase.ExecutionStalled: Stall = e.ExecutionStalled; break;
            case HistoryEvent.EventTypeOneofCase.ExecutionCompleted: Completed = e.ExecutionCompleted; break;
            case HistoryEvent.EventTypeOneofCase.TaskScheduled: _tasks[e.EventId] = e; break;
            case HistoryEvent.EventTypeOneofCase.TaskCompleted: _tasks.Remove(e.TaskCompleted.TaskScheduledId); break;
            case HistoryEvent.EventTypeOneofCase.TaskFailed: _tasks.Remove(e.TaskFailed.TaskScheduledId); break;
            case HistoryEvent.EventTypeOneofCase.TimerCreated: _timers[e.EventId] = e; break;
            case HistoryEvent.EventTypeOneofCase.TimerFired: _timers.Remove(e.TimerFired.TimerId); break;
            case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated: _children[e.EventId] = e; break;
            case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted: _children.Remove(e.ChildWorkflowInstanceCompleted.TaskScheduledId); break;
            case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceFailed: _children.Remove(e.ChildWorkflowInstanceFailed.TaskScheduledId); break;
        }
    }
}

internal static class WorkflowStatusExtensions
{
    /// <summary>True for the states that no event changes any more.</summary>
    public static bool IsOver(this WorkflowStatus status) =>
        status is WorkflowStatus.Completed or WorkflowStatus.Failed or WorkflowStatus.Canceled or WorkflowStatus.Terminated;
}
