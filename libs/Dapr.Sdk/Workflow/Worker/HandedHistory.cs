using SkyDriver.Grpc.Protos.TaskHub;
using WireScope = SkyDriver.Grpc.Protos.TaskHub.HistoryPropagationScope;

namespace Dapr.Workflow.Worker;

/// <summary>History handed on with a call, between its wire form and the one workflow code sees.</summary>
internal static class HandedHistory
{
    /// <summary>Null when nothing was handed on.</summary>
    public static PropagatedHistory? From(SkyDriver.Grpc.Protos.TaskHub.PropagatedHistory? wire) =>
        wire is { Chunks.Count: > 0 } ? new PropagatedHistory([.. wire.Chunks.Select(From)]) : null;

    /// <summary>False for the scope that hands on nothing: the field then stays away.</summary>
    public static bool TryToWire(HistoryPropagationScope? scope, out WireScope wire)
    {
        wire = scope switch
        {
            HistoryPropagationScope.OwnHistory => WireScope.OwnHistory,
            HistoryPropagationScope.Lineage => WireScope.Lineage,
            _ => WireScope.None,
        };
        return wire != WireScope.None;
    }

    private static PropagatedHistoryEvent From(PropagatedHistoryChunk chunk)
    {
        HistoryEvent[] events = [.. chunk.RawEvents.Select(HistoryEvent.Parser.ParseFrom)];
        var ends = new Dictionary<int, End>();
        foreach (var e in events)
        {
            if (EndOf(e) is { } end) ends[end.Step] = end;
        }

        return new PropagatedHistoryEvent(
            chunk.InstanceId,
            chunk.AppId,
            chunk.WorkflowName,
            [.. events.Where(e => e.TaskScheduled is not null).Select(e => Activity(e, ends.GetValueOrDefault(e.EventId)))],
            [.. events.Where(e => e.ChildWorkflowInstanceCreated is not null).Select(e => Child(e, ends.GetValueOrDefault(e.EventId)))]);
    }

    private static PropagatedHistoryActivityResult Activity(HistoryEvent e, End? end) =>
        new(e.TaskScheduled.Name, StatusOf(end), e.TaskScheduled.Input, end?.Output, DetailsOf(end));

    private static PropagatedHistoryWorkflowResult Child(HistoryEvent e, End? end) =>
        new(e.ChildWorkflowInstanceCreated.Name, StatusOf(end), end?.Output, DetailsOf(end));

    private static PropagatedHistoryStatus StatusOf(End? end) => end switch
    {
        null => PropagatedHistoryStatus.Pending,
        { Failed: true } => PropagatedHistoryStatus.Failed,
        _ => PropagatedHistoryStatus.Completed,
    };

    private static WorkflowTaskFailureDetails? DetailsOf(End? end) => end is { Failed: true, Details: { } details } ? Failures.FromWire(details) : null;

    private static End? EndOf(HistoryEvent e) => e.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.TaskCompleted => new End(e.TaskCompleted.TaskScheduledId, false, e.TaskCompleted.Result, null),
        HistoryEvent.EventTypeOneofCase.TaskFailed => new End(e.TaskFailed.TaskScheduledId, true, null, e.TaskFailed.FailureDetails),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted =>
            new End(e.ChildWorkflowInstanceCompleted.TaskScheduledId, false, e.ChildWorkflowInstanceCompleted.Result, null),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceFailed =>
            new End(e.ChildWorkflowInstanceFailed.TaskScheduledId, true, null, e.ChildWorkflowInstanceFailed.FailureDetails),
        _ => null,
    };

    private sealed record End(int Step, bool Failed, string? Output, TaskFailureDetails? Details);
}
