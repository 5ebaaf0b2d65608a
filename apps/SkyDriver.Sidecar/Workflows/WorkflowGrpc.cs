using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Grpc.Protos.TaskHub;
using TerminateWorkflowRequest = SkyDriver.Grpc.Protos.Runtime.TerminateWorkflowRequest;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The workflow methods of <c>dapr.proto.runtime.v1.Dapr</c>, under their present and their first names.</summary>
internal sealed class WorkflowGrpc
{
    private readonly IEndpointRouteBuilder _routes;
    private readonly Func<HttpContext, string?, WorkflowEngine> _find;
    private readonly string _stage;

    private WorkflowGrpc(IEndpointRouteBuilder routes, Func<HttpContext, string?, WorkflowEngine> find, string stage) => (_routes, _find, _stage) = (routes, find, stage);

    /// <param name="routes">The gRPC endpoints.</param>
    /// <param name="find">The engine of the app id in a request; empty for the app whose sidecar was called.</param>
    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, string?, WorkflowEngine> find)
    {
        foreach (string stage in (string[])["Beta1", "Alpha1"]) new WorkflowGrpc(routes, find, stage).Map();
    }

    private void Map()
    {
        Add(StartWorkflowRequest.Parser, "Start", "ERR_START_WORKFLOW", r => r.AppId, async (engine, r, ct) =>
        {
            var request = WorkflowManagement.StartRequest(r.WorkflowName, r.InstanceId, Text(r.Input), r.Options.TryGetValue("dapr.workflow.start_time", out string? start) ? start : null);
            return new StartWorkflowResponse { InstanceId = await engine.StartAsync(request, ct) };
        });
        Add(GetWorkflowRequest.Parser, "Get", "ERR_GET_WORKFLOW", r => r.AppId, async (engine, r, ct) =>
            Describe(await engine.GetAsync(r.InstanceId, withPayloads: true, ct) ?? throw WorkflowManagement.NotFound(r.InstanceId)));
        Add(PauseWorkflowRequest.Parser, "Pause", "ERR_PAUSE_WORKFLOW", r => r.AppId, (engine, r, ct) => Done(engine.SuspendAsync(r.InstanceId, null, suspend: true, ct)));
        Add(ResumeWorkflowRequest.Parser, "Resume", "ERR_RESUME_WORKFLOW", r => r.AppId, (engine, r, ct) => Done(engine.SuspendAsync(r.InstanceId, null, suspend: false, ct)));
        Add(TerminateWorkflowRequest.Parser, "Terminate", "ERR_TERMINATE_WORKFLOW", r => r.AppId, (engine, r, ct) =>
            Done(engine.TerminateAsync(new TerminateRequest { InstanceId = r.InstanceId, Recursive = true }, ct)));
        Add(PurgeWorkflowRequest.Parser, "Purge", "ERR_PURGE_WORKFLOW", r => r.AppId, async (engine, r, ct) =>
            await engine.PurgeAsync(r.InstanceId, recursive: true, force: false, ct) > 0 ? new Empty() : throw WorkflowManagement.NotFound(r.InstanceId));
        Add(RaiseEventWorkflowRequest.Parser, "RaiseEvent", "ERR_RAISE_EVENT_WORKFLOW", r => r.AppId, (engine, r, ct) =>
            Done(engine.RaiseEventAsync(r.InstanceId, new EventRaisedEvent { Name = r.EventName, Input = Text(r.EventData) }, ct)));
    }

    private void Add<TRequest, TResponse>(
        MessageParser<TRequest> parser, string verb, string errorCode, Func<TRequest, string> appId, Func<WorkflowEngine, TRequest, CancellationToken, Task<TResponse>> step)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        _routes.MapGrpcUnary($"/dapr.proto.runtime.v1.Dapr/{verb}Workflow{_stage}", parser, (r, call) =>
            WorkflowManagement.AsAsync(errorCode, () => step(_find(call.HttpContext, appId(r)), r, call.Cancelled)));

    private static async Task<Empty> Done(Task step)
    {
        await step;
        return new Empty();
    }

    private static string? Text(ByteString bytes) => bytes.IsEmpty ? null : bytes.ToStringUtf8();

    private static GetWorkflowResponse Describe(WorkflowState state) => new()
    {
        InstanceId = state.InstanceId,
        WorkflowName = state.Name,
        CreatedAt = state.CreatedTimestamp,
        LastUpdatedAt = state.LastUpdatedTimestamp,
        RuntimeStatus = WorkflowManagement.StatusText(state.Status),
        Properties = { WorkflowManagement.Properties(state) },
    };
}
