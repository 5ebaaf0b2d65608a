using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>What a workflow asks for in a turn, as the events and starts that follow from it. Pure.</summary>
internal static class TurnActions
{
    public const string UnsupportedAction = "UnsupportedAction";

    /// <summary>The action that ends the turn's life, if any. Actions that Dapr cannot carry out fail the instance instead.</summary>
    public static (CompleteWorkflowAction? End, int Id) EndOf(WorkflowResponse response)
    {
        CompleteWorkflowAction? end = null;
        int id = TurnLogic.Unasked;
        foreach (var action in response.Actions)
        {
            switch (action.WorkflowActionTypeCase)
            {
                case WorkflowAction.WorkflowActionTypeOneofCase.CompleteWorkflow:
                    (end, id) = (action.CompleteWorkflow, action.Id);
                    break;
                case WorkflowAction.WorkflowActionTypeOneofCase.SendEvent:
                case WorkflowAction.WorkflowActionTypeOneofCase.TerminateWorkflow:
                case WorkflowAction.WorkflowActionTypeOneofCase.None:
                    return (Refused($"Dapr cannot carry out the workflow action {action.WorkflowActionTypeCase}; call an activity that does it."), TurnLogic.Unasked);
                case WorkflowAction.WorkflowActionTypeOneofCase.CreateDetachedWorkflow when action.CreateDetachedWorkflow is { InstanceId: "" } or { Name: "" }:
                    return (Refused("A detached workflow needs a name and an instance id; give both."), TurnLogic.Unasked);
            }
        }

        return (end, id);
    }

    private static CompleteWorkflowAction Refused(string why) => new()
    {
        WorkflowStatus = WorkflowStatus.Failed,
        FailureDetails = new TaskFailureDetails
        {
            ErrorType = UnsupportedAction,
            ErrorMessage = why,
            IsNonRetriable = true,
        },
    };

    public static DetachedStart ToStart(InstanceState state, CreateDetachedWorkflowAction asked, TaskRouter? router, Func<string> newId)
    {
        var request = asked.Clone();
        if (string.IsNullOrEmpty(request.ExecutionId)) request.ExecutionId = newId();
        request.ParentTraceContext ??= state.Started?.ParentTraceContext;
        return new DetachedStart { Request = request, Router = router };
    }

    public static HistoryEvent? ToEvent(InstanceState state, WorkflowAction action, DateTimeOffset now)
    {
        var e = new HistoryEvent { EventId = action.Id, Timestamp = TurnLogic.Stamp(now), Router = action.Router };
        switch (action.WorkflowActionTypeCase)
        {
            case WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask:
                var task = action.ScheduleTask;
                e.TaskScheduled = new TaskScheduledEvent
                {
                    Name = task.Name,
                    Version = task.Version,
                    Input = task.Input,
                    TaskExecutionId = task.TaskExecutionId,
                    ParentTraceContext = state.Started?.ParentTraceContext,
                };
                if (task.HasPropagationScope) e.TaskScheduled.PropagationScope = task.PropagationScope;
                return e;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer:
                e.TimerCreated = ToEvent(action.CreateTimer, e.Timestamp);
                return e;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow:
                var child = action.CreateChildWorkflow;
                e.ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent
                {
                    InstanceId = child.InstanceId.Length > 0 ? child.InstanceId : TurnLogic.ChildId(state.InstanceId, action.Id),
                    Name = child.Name,
                    Version = child.Version,
                    Input = child.Input,
                    ParentTraceContext = state.Started?.ParentTraceContext,
                    RetryParent = child.RetryParent,
                };
                if (child.HasPropagationScope) e.ChildWorkflowInstanceCreated.PropagationScope = child.PropagationScope;
                return e;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateDetachedWorkflow:
                e.DetachedWorkflowInstanceCreated = new DetachedWorkflowInstanceCreatedEvent { InstanceId = action.CreateDetachedWorkflow.InstanceId };
                return e;
            default:
                return null;
        }
    }

    private static TimerCreatedEvent ToEvent(CreateTimerAction timer, Timestamp now)
    {
        var created = new TimerCreatedEvent { FireAt = timer.FireAt ?? now };
        if (timer.HasName) created.Name = timer.Name;
        switch (timer.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer: created.CreateTimer = timer.CreateTimer; break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent: created.ExternalEvent = timer.ExternalEvent; break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry: created.ActivityRetry = timer.ActivityRetry; break;
            case CreateTimerAction.OriginOneofCase.ChildWorkflowRetry: created.ChildWorkflowRetry = timer.ChildWorkflowRetry; break;
        }

        return created;
    }
}
