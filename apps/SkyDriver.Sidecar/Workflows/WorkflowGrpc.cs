using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Grpc.Protos.TaskHub;
using TerminateWorkflowRequest = SkyDriver.Grpc.Protos.Runtime.TerminateWorkflowRequest;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The workflow methods of <c>dapr.proto.runtime.v1.Dapr</c>.</summary>
internal static class WorkflowGrpc
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";

    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, WorkflowEngine> find)
    {
        routes.MapGrpcUnary(Service + "StartWorkflowBeta1", StartWorkflowRequest.Parser, async (r, call) =>
        {
            var request = WorkflowManagement.StartRequest(r.WorkflowName, r.InstanceId, Text(r.Input), r.Options.TryGetValue("dapr.workflow.start_time", out string? start) ? start : null);
            string id = await WorkflowManagement.AsAsync("ERR_START_WORKFLOW", () => find(call.HttpContext).StartAsync(request, call.Cancelled));
            return new StartWorkflowResponse { InstanceId = id };
        });
        routes.MapGrpcUnary(Service + "GetWorkflowBeta1", GetWorkflowRequest.Parser, async (r, call) =>
            Describe(await find(call.HttpContext).GetAsync(r.InstanceId, withPayloads: true, call.Cancelled) ?? throw WorkflowManagement.NotFound(r.InstanceId)));
        Change(PauseWorkflowRequest.Parser, "Pause", "ERR_PAUSE_WORKFLOW", (engine, r) => engine.SuspendAsync(r.InstanceId, null, suspend: true));
        Change(ResumeWorkflowRequest.Parser, "Resume", "ERR_RESUME_WORKFLOW", (engine, r) => engine.SuspendAsync(r.InstanceId, null, suspend: false));
        Change(TerminateWorkflowRequest.Parser, "Terminate", "ERR_TERMINATE_WORKFLOW", (engine, r) => engine.TerminateAsync(new TerminateRequest { InstanceId = r.InstanceId, Recursive = true }));
        Change(PurgeWorkflowRequest.Parser, "Purge", "ERR_PURGE_WORKFLOW", async (engine, r) =>
        {
            if (await engine.PurgeAsync(r.InstanceId, recursive: true, force: false) == 0) throw WorkflowManagement.NotFound(r.InstanceId);
        });
        routes.MapGrpcUnary(Service + "RaiseEventWorkflowBeta1", RaiseEventWorkflowRequest.Parser, async (r, call) =>
        {
            var raised = new EventRaisedEvent { Name = r.EventName, Input = Text(r.EventData) };
            await WorkflowManagement.AsAsync("ERR_RAISE_EVENT_WORKFLOW", () => find(call.HttpContext).RaiseEventAsync(r.InstanceId, raised, call.Cancelled));
            return new Empty();
        });

        void Change<T>(MessageParser<T> parser, string verb, string errorCode, Func<WorkflowEngine, T, Task> change)
            where T : class, IMessage<T> =>
            routes.MapGrpcUnary($"{Service}{verb}WorkflowBeta1", parser, async (r, call) =>
            {
                await WorkflowManagement.AsAsync(errorCode, () => change(find(call.HttpContext), r));
                return new Empty();
            });
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
