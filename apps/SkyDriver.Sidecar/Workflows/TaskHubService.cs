using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;
using Empty = Google.Protobuf.WellKnownTypes.Empty;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The service that workflow workers and clients speak. Its path has no package.</summary>
internal static class TaskHubService
{
    public const string Name = "TaskHubSidecarService";

    /// <param name="routes">The gRPC endpoints.</param>
    /// <param name="find">The engine of the app whose sidecar was called; throws when that app has no actor state store.</param>
    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, WorkflowEngine> find)
    {
        MapWorkers(routes, find);
        MapClients(routes, find);
        routes.MapGrpcUnary("/" + Name + "/WaitForInstanceStart", GetInstanceRequest.Parser, async (r, call) =>
            Found(await find(call.HttpContext).WaitForStartAsync(r.InstanceId, r.GetInputsAndOutputs, call.Cancelled)));
        routes.MapGrpcUnary("/" + Name + "/WaitForInstanceCompletion", GetInstanceRequest.Parser, async (r, call) =>
            Found(await find(call.HttpContext).WaitForEndAsync(r.InstanceId, r.GetInputsAndOutputs, call.Cancelled)));
        routes.MapGrpcUnary("/" + Name + "/GetInstance", GetInstanceRequest.Parser, async (r, call) =>
            Found(await find(call.HttpContext).GetAsync(r.InstanceId, r.GetInputsAndOutputs, call.Cancelled)));
        routes.MapGrpcUnary("/" + Name + "/GetInstanceHistory", GetInstanceHistoryRequest.Parser, async (r, call) =>
            new GetInstanceHistoryResponse { Events = { await find(call.HttpContext).GetHistoryAsync(r.InstanceId, call.Cancelled) } });
        routes.MapGrpcUnary("/" + Name + "/ListInstanceIDs", ListInstanceIDsRequest.Parser, async (r, call) =>
        {
            var (ids, next) = await find(call.HttpContext).ListAsync(
                r.HasContinuationToken ? r.ContinuationToken : null, r.HasPageSize ? (int)Math.Min(r.PageSize, int.MaxValue) : null, call.Cancelled);
            var page = new ListInstanceIDsResponse { InstanceIds = { ids } };
            if (next is not null) page.ContinuationToken = next;
            return page;
        });
    }

    private static void MapWorkers(IEndpointRouteBuilder routes, Func<HttpContext, WorkflowEngine> find)
    {
        routes.MapGrpcUnary("/" + Name + "/Hello", Empty.Parser, (_, _) => Task.FromResult(new Empty()));
        routes.MapGrpcServerStream<GetWorkItemsRequest, WorkItem>("/" + Name + "/GetWorkItems", GetWorkItemsRequest.Parser, (_, call, write) =>
            find(call.HttpContext).ServeWorkerAsync(write, call.Cancelled));
        routes.MapGrpcUnary("/" + Name + "/CompleteActivityTask", ActivityResponse.Parser, async (r, call) =>
        {
            await find(call.HttpContext).CompleteActivityAsync(r);
            return new CompleteTaskResponse();
        });
        foreach (string method in (string[])["CompleteOrchestratorTask", "CompleteWorkflowTask"])
        {
            routes.MapGrpcUnary($"/{Name}/{method}", WorkflowResponse.Parser, async (r, call) =>
            {
                await find(call.HttpContext).CompleteTurnAsync(r);
                return new CompleteTaskResponse();
            });
        }
    }

    private static void MapClients(IEndpointRouteBuilder routes, Func<HttpContext, WorkflowEngine> find)
    {
        routes.MapGrpcUnary("/" + Name + "/StartInstance", CreateInstanceRequest.Parser, async (r, call) =>
            new CreateInstanceResponse { InstanceId = await find(call.HttpContext).StartAsync(r, call.Cancelled) });
        routes.MapGrpcUnary("/" + Name + "/RerunWorkflowFromEvent", RerunWorkflowFromEventRequest.Parser, async (r, call) =>
            new RerunWorkflowFromEventResponse { NewInstanceID = await find(call.HttpContext).RerunAsync(r, call.Cancelled) });
        routes.MapGrpcUnary("/" + Name + "/RaiseEvent", RaiseEventRequest.Parser, async (r, call) =>
        {
            await find(call.HttpContext).RaiseEventAsync(r.InstanceId, new EventRaisedEvent { Name = r.Name, Input = r.Input }, call.Cancelled);
            return new RaiseEventResponse();
        });
        routes.MapGrpcUnary("/" + Name + "/TerminateInstance", TerminateRequest.Parser, async (r, call) =>
        {
            await find(call.HttpContext).TerminateAsync(r, call.Cancelled);
            return new TerminateResponse();
        });
        routes.MapGrpcUnary("/" + Name + "/SuspendInstance", SuspendRequest.Parser, async (r, call) =>
        {
            await find(call.HttpContext).SuspendAsync(r.InstanceId, r.Reason, suspend: true, call.Cancelled);
            return new SuspendResponse();
        });
        routes.MapGrpcUnary("/" + Name + "/ResumeInstance", ResumeRequest.Parser, async (r, call) =>
        {
            await find(call.HttpContext).SuspendAsync(r.InstanceId, r.Reason, suspend: false, call.Cancelled);
            return new ResumeResponse();
        });
        routes.MapGrpcUnary("/" + Name + "/PurgeInstances", PurgeInstancesRequest.Parser, async (r, call) =>
        {
            if (r.RequestCase != PurgeInstancesRequest.RequestOneofCase.InstanceId)
            {
                throw new RpcException(new Status(StatusCode.Unimplemented, "Purging by filter is not supported; name an instance."));
            }

            int purged = await find(call.HttpContext).PurgeAsync(r.InstanceId, r.Recursive, r is { HasForce: true, Force: true }, call.Cancelled);
            return new PurgeInstancesResponse { DeletedInstanceCount = purged, IsComplete = true };
        });
    }

    private static GetInstanceResponse Found(WorkflowState? state) =>
        state is null ? new GetInstanceResponse() : new GetInstanceResponse { Exists = true, WorkflowState = state };
}
