using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The part of an instance that a worker has in hand: the events it was given, and how many of the inbox they are.</summary>
internal sealed record Turn(string Token, IReadOnlyList<HistoryEvent> NewEvents, int Taken);

/// <summary>What a step changes: everything here is written at once or not at all.</summary>
/// <param name="Head">The new head.</param>
/// <param name="Appended">Events that join the history, in order.</param>
/// <param name="Taken">How many waiting events, from the front, are no longer waiting.</param>
/// <param name="NextLife">After continue-as-new: the events the next life begins with; the old history goes. Else null.</param>
internal sealed record TurnOutcome(
    InstanceHead Head, IReadOnlyList<HistoryEvent> Appended, int Taken, IReadOnlyList<HistoryEvent>? NextLife = null);

/// <summary>
/// The rules of a workflow instance, without clock, store or wire: state and a happening in, the change to make out.
/// Nothing given is modified.
/// </summary>
internal static class TurnLogic
{
    /// <summary>Id of events that no action of the workflow asked for.</summary>
    public const int Unasked = -1;

    /// <summary>The head and the first event of a new instance.</summary>
    public static (InstanceHead Head, HistoryEvent Started) Create(
        CreateInstanceRequest request, ParentInstanceInfo? parent, int generation, string executionId, DateTimeOffset now)
    {
        var stamp = Stamp(now);
        var started = new ExecutionStartedEvent
        {
            Name = request.Name,
            Version = request.Version,
            Input = request.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = request.InstanceId, ExecutionId = executionId },
            ParentInstance = parent,
            ScheduledStartTimestamp = request.ScheduledStartTimestamp,
            ParentTraceContext = request.ParentTraceContext,
            Tags = { request.Tags },
        };
        var head = new InstanceHead
        {
            Name = request.Name,
            Version = request.Version,
            ExecutionId = executionId,
            Status = WorkflowStatus.Pending,
            Created = stamp,
            Updated = stamp,
            ScheduledStart = request.ScheduledStartTimestamp,
            Parent = parent,
            Tags = { request.Tags },
            Generation = generation,
        };
        return (head, new HistoryEvent { EventId = Unasked, Timestamp = stamp, ExecutionStarted = started });
    }

    /// <summary>The events a worker gets for the next turn: the start marker, whose time is the workflow's clock, and all that waits.</summary>
    public static Turn Begin(InstanceState state, string token, DateTimeOffset now)
    {
        var marker = new HistoryEvent { EventId = Unasked, Timestamp = Stamp(now), WorkflowStarted = new WorkflowStartedEvent() };
        return new Turn(token, [marker, .. state.Inbox.Select(w => w.Event)], state.Inbox.Count);
    }

    /// <summary>Why the answer cannot be taken and the instance must wait for another worker; null when it can.</summary>
    public static ExecutionStalledEvent? StallOf(InstanceState state, WorkflowResponse response)
    {
        if (response.Actions.Any(a => a.WorkflowActionTypeCase == WorkflowAction.WorkflowActionTypeOneofCase.WorkflowVersionNotAvailable))
        {
            return new ExecutionStalledEvent { Reason = StalledReason.VersionNotAvailable, Description = $"Version not available: {state.Version?.Name ?? state.Head.Version ?? ""}" };
        }

        if (state.Version is not { Patches.Count: > 0 } known) return null;
        var offered = response.Version?.Patches ?? [];
        if (known.Patches.SequenceEqual(offered.Take(known.Patches.Count))) return null;
        return new ExecutionStalledEvent
        {
            Reason = StalledReason.PatchMismatch,
            Description = $"Patch mismatch. History: [{string.Join(", ", known.Patches)}], worker: [{string.Join(", ", offered)}]",
        };
    }

    /// <summary>What the worker's answer to a turn changes.</summary>
    /// <param name="newId">Makes ids of executions.</param>
    public static TurnOutcome Complete(InstanceState state, Turn turn, WorkflowResponse response, Func<string> newId, DateTimeOffset now)
    {
        var head = state.Head.Clone();
        head.Updated = Stamp(now);
        head.Started ??= head.Updated;
        head.CustomStatus = response.CustomStatus;
        var (end, endId) = TurnActions.EndOf(response);
        if (end is { WorkflowStatus: WorkflowStatus.ContinuedAsNew }) return Restart(state, turn, head, end, newId());

        List<HistoryEvent> events = [.. turn.NewEvents];
        if (response.Version is not null) events[0] = WithVersion(events[0], response.Version);
        foreach (var action in response.Actions)
        {
            if (TurnActions.ToEvent(state, action, now) is { } e) events.Add(e);
            if (action.CreateDetachedWorkflow is { } detached) head.Detached.Add(TurnActions.ToStart(state, detached, action.Router, newId));
        }

        if (end is null)
        {
            if (!state.IsSuspended) head.Status = WorkflowStatus.Running;
            return new TurnOutcome(head, events, turn.Taken);
        }

        var completed = new ExecutionCompletedEvent { WorkflowStatus = end.WorkflowStatus, Result = end.Result, FailureDetails = end.FailureDetails };
        events.Add(new HistoryEvent { EventId = endId, Timestamp = head.Updated, ExecutionCompleted = completed });
        End(head, end.WorkflowStatus, events.Any(e => e.EventTypeCase == HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated));
        return new TurnOutcome(head, events, state.Inbox.Count);
    }

    /// <summary>Ends an instance from outside. It needs no worker; a turn in a worker's hands is void from now on.</summary>
    public static TurnOutcome Terminate(InstanceState state, string? output, bool recursive, DateTimeOffset now)
    {
        var head = state.Head.Clone();
        head.Updated = Stamp(now);
        List<HistoryEvent> events = [.. state.Inbox.Select(w => w.Event)];
        events.Add(new HistoryEvent
        {
            EventId = Unasked,
            Timestamp = head.Updated,
            ExecutionTerminated = new ExecutionTerminatedEvent { Input = output, Recurse = recursive },
        });
        events.Add(new HistoryEvent
        {
            EventId = Unasked,
            Timestamp = head.Updated,
            ExecutionCompleted = new ExecutionCompletedEvent { WorkflowStatus = WorkflowStatus.Terminated, Result = output },
        });
        End(head, WorkflowStatus.Terminated, recursive && state.OpenChildren.Count > 0);
        return new TurnOutcome(head, events, state.Inbox.Count);
    }

    /// <summary>Stops handing the instance out until a worker connects or the sidecar starts again; what waits stays.</summary>
    public static TurnOutcome Stall(InstanceState state, ExecutionStalledEvent stalled, DateTimeOffset now)
    {
        var head = state.Head.Clone();
        head.Updated = Stamp(now);
        head.Status = WorkflowStatus.Stalled;
        return new TurnOutcome(head, [new HistoryEvent { EventId = Unasked, Timestamp = head.Updated, ExecutionStalled = stalled }], 0);
    }

    /// <summary>The head after suspension or resumption; null when it is so already.</summary>
    public static InstanceHead? Suspend(InstanceState state, bool suspend, DateTimeOffset now)
    {
        if (state.IsSuspended == suspend) return null;
        var head = state.Head.Clone();
        head.Updated = Stamp(now);
        head.Status = suspend ? WorkflowStatus.Suspended : head.Started is null ? WorkflowStatus.Pending : WorkflowStatus.Running;
        return head;
    }

    /// <summary>What the parent hears of a child that is over.</summary>
    public static HistoryEvent ChildAnswer(InstanceState child, DateTimeOffset now)
    {
        int taskId = child.Head.Parent.TaskScheduledId;
        if (child.Head.Status == WorkflowStatus.Completed)
        {
            return new HistoryEvent
            {
                EventId = Unasked,
                Timestamp = Stamp(now),
                ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = taskId, Result = child.Completed?.Result },
            };
        }

        return ChildFailure(taskId, child.Completed?.FailureDetails ?? new TaskFailureDetails
        {
            ErrorType = "WorkflowTerminated",
            ErrorMessage = $"The child workflow '{child.InstanceId}' ended as {child.Head.Status}.",
            IsNonRetriable = true,
        }, now);
    }

    public static HistoryEvent ChildFailure(int taskId, TaskFailureDetails failure, DateTimeOffset now) => new()
    {
        EventId = Unasked,
        Timestamp = Stamp(now),
        ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent { TaskScheduledId = taskId, FailureDetails = failure },
    };

    public static HistoryEvent ActivityAnswer(ActivityResponse response, string taskExecutionId, int taskId, DateTimeOffset now)
    {
        var e = new HistoryEvent { EventId = Unasked, Timestamp = Stamp(now) };
        if (response.FailureDetails is { } failure)
        {
            e.TaskFailed = new TaskFailedEvent { TaskScheduledId = taskId, FailureDetails = failure, TaskExecutionId = taskExecutionId };
        }
        else
        {
            e.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = taskId, Result = response.Result, TaskExecutionId = taskExecutionId };
        }

        return e;
    }

    public static HistoryEvent TimerAnswer(HistoryEvent timer, DateTimeOffset now) => new()
    {
        EventId = Unasked,
        Timestamp = Stamp(now),
        TimerFired = new TimerFiredEvent { FireAt = timer.TimerCreated.FireAt, TimerId = timer.EventId },
    };

    /// <summary>When a timer is due; an instant no clock can show counts as the farthest one.</summary>
    public static DateTimeOffset DueTime(HistoryEvent timer)
    {
        var at = timer.TimerCreated.FireAt;
        long seconds = Math.Clamp(at.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(Math.Clamp(at.Nanos, 0, 999_999_999) / 100);
    }

    /// <summary>The id of a child that its parent gave none.</summary>
    public static string ChildId(string parentId, int eventId) => $"{parentId}:{eventId:x4}";

    public static Timestamp Stamp(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    /// <summary>Continue-as-new: a fresh history under the same id. Answers the old life still expected mean nothing to the new one.</summary>
    private static TurnOutcome Restart(InstanceState state, Turn turn, InstanceHead head, CompleteWorkflowAction end, string newExecutionId)
    {
        var started = state.Started!.Clone();
        started.Input = end.Result;
        started.Version = end.NewVersion ?? started.Version;
        started.ScheduledStartTimestamp = null;
        started.WorkflowInstance = new WorkflowInstance { InstanceId = state.InstanceId, ExecutionId = newExecutionId };
        List<HistoryEvent> next = [new HistoryEvent { EventId = Unasked, Timestamp = head.Updated, ExecutionStarted = started }];
        next.AddRange(end.CarryoverEvents);
        next.AddRange(state.Inbox.Skip(turn.Taken).Select(w => w.Event).Where(OutlivesLife));

        head.ExecutionId = newExecutionId;
        head.Version = started.Version;
        head.ScheduledStart = null;
        head.Generation++;
        head.Chunks = 0;
        if (!state.IsSuspended) head.Status = WorkflowStatus.Running;
        return new TurnOutcome(head, [], state.Inbox.Count, next);
    }

    private static bool OutlivesLife(HistoryEvent e) => e.EventTypeCase is
        HistoryEvent.EventTypeOneofCase.EventRaised or
        HistoryEvent.EventTypeOneofCase.ExecutionSuspended or
        HistoryEvent.EventTypeOneofCase.ExecutionResumed;

    private static void End(InstanceHead head, WorkflowStatus status, bool unsettled)
    {
        head.Status = status;
        head.Completed = head.Updated;
        head.Unsettled = unsettled;
    }

    private static HistoryEvent WithVersion(HistoryEvent marker, WorkflowVersion version)
    {
        var copy = marker.Clone();
        copy.WorkflowStarted.Version = version;
        return copy;
    }
}
