using System.Diagnostics;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>Carries the trace of whoever started a workflow to its activities.</summary>
internal static class WorkflowTraces
{
    private static readonly ActivitySource Source = new("Dapr.Workflow");

    /// <summary>Null when nothing is being recorded.</summary>
    public static TraceContext? Current() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Recorded: true } current
        ? new TraceContext { TraceParent = current.Id, SpanID = current.SpanId.ToHexString(), TraceState = current.TraceStateString }
        : null;

    /// <summary>Null when nobody listens.</summary>
    public static Activity? Start(ActivityRequest request)
    {
        if (!Source.HasListeners()) return null;
        ActivityContext.TryParse(request.ParentTraceContext?.TraceParent, request.ParentTraceContext?.TraceState, isRemote: true, out ActivityContext parent);
        return Source.StartActivity($"activity {request.Name}", ActivityKind.Server, parent)?.SetTag("dapr.workflow.instance_id", request.WorkflowInstance?.InstanceId);
    }
}
