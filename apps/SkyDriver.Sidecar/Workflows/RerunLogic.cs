using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// A second run of a workflow that is over, from one of its steps on: what its history held before that step, then the
/// step itself. Steps that had no answer by then are open again and so are done again. Pure.
/// </summary>
internal static class RerunLogic
{
    /// <summary>The head and the history that the new instance begins with.</summary>
    /// <exception cref="RpcException">NOT_FOUND: no such event, or one that cannot be done again. INVALID_ARGUMENT: an input or a child id that does not fit the event.</exception>
    public static (InstanceHead Head, IReadOnlyList<HistoryEvent> History) Build(
        InstanceState source, RerunWorkflowFromEventRequest request, string instanceId, string executionId, DateTimeOffset now)
    {
        int target = IndexOf(source, request.EventID);
        List<HistoryEvent> history = [.. source.History.Take(target).Select(e => e.Clone())];
        history.Add(Retarget(source, source.History[target].Clone(), request, instanceId));
        GiveOpenChildrenNewIds(history, instanceId);
        var started = history.First(e => e.ExecutionStarted is not null).ExecutionStarted;
        started.ParentInstance = null;
        started.ScheduledStartTimestamp = null;
        started.WorkflowInstance = new WorkflowInstance { InstanceId = instanceId, ExecutionId = executionId };
        var stamp = TurnLogic.Stamp(now);
        var head = new InstanceHead
        {
            Name = source.Head.Name,
            Version = source.Head.Version,
            ExecutionId = executionId,
            Status = WorkflowStatus.Running,
            Created = stamp,
            Updated = stamp,
            Started = stamp,
            Tags = { source.Head.Tags },
        };
        return (head, history);
    }

    private static int IndexOf(InstanceState source, uint eventId)
    {
        for (int i = 0; i < source.History.Count; i++)
        {
            var e = source.History[i];
            if (e.EventId != eventId || e.EventId == TurnLogic.Unasked) continue;
            if (e.EventTypeCase is HistoryEvent.EventTypeOneofCase.TaskScheduled or HistoryEvent.EventTypeOneofCase.TimerCreated or HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated) return i;
            throw Refuse(StatusCode.NotFound, $"The event {eventId} of '{source.InstanceId}' is a {e.EventTypeCase}; a rerun begins at an activity, a timer or a child workflow.");
        }

        throw Refuse(StatusCode.NotFound, $"'{source.InstanceId}' does not have a history event with the id {eventId}.");
    }

    private static HistoryEvent Retarget(InstanceState source, HistoryEvent e, RerunWorkflowFromEventRequest request, string instanceId)
    {
        var parent = new RerunParentInstanceInfo { InstanceID = source.InstanceId };
        bool isChild = e.ChildWorkflowInstanceCreated is not null;
        if (request.HasNewChildWorkflowInstanceID && !isChild) throw Refuse(StatusCode.InvalidArgument, $"newChildWorkflowInstanceID is given, but the event {request.EventID} is no child workflow.");
        if (e.TimerCreated is { } timer)
        {
            if (request.OverwriteInput) throw Refuse(StatusCode.InvalidArgument, $"The event {request.EventID} is a timer and takes no input.");
            timer.RerunParent = parent;
        }
        else if (e.TaskScheduled is { } task)
        {
            if (request.OverwriteInput) task.Input = request.Input;
            task.RerunParent = parent;
        }
        else if (e.ChildWorkflowInstanceCreated is { } child)
        {
            if (request.OverwriteInput) child.Input = request.Input;
            child.InstanceId = request.HasNewChildWorkflowInstanceID ? request.NewChildWorkflowInstanceID : TurnLogic.ChildId(instanceId, e.EventId);
            child.RerunParent = parent;
        }

        return e;
    }

    /// <summary>Children that had not answered run again, beside those of the first run and under ids of their own.</summary>
    private static void GiveOpenChildrenNewIds(List<HistoryEvent> history, string instanceId)
    {
        HashSet<int> answered = [.. history.Select(e => e.ChildWorkflowInstanceCompleted?.TaskScheduledId ?? e.ChildWorkflowInstanceFailed?.TaskScheduledId ?? TurnLogic.Unasked)];
        foreach (var e in history.SkipLast(1))
        {
            if (e.ChildWorkflowInstanceCreated is { } child && !answered.Contains(e.EventId)) child.InstanceId = TurnLogic.ChildId(instanceId, e.EventId);
        }
    }

    private static RpcException Refuse(StatusCode code, string message) => new(new Status(code, message));
}
