using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>The methods of TaskHubSidecarService, typed.</summary>
internal sealed class TaskHubClient(GrpcConnection grpc) : IDisposable
{
    private const string Service = "/TaskHubSidecarService/";

    public string Address => grpc.Address;

    public Task HelloAsync(CancellationToken ct) => CallAsync("Hello", new Empty(), Empty.Parser, null, ct);

    public IAsyncEnumerable<WorkItem> GetWorkItemsAsync(CancellationToken ct) =>
        grpc.ServerStreamAsync(Service + "GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, ct: ct);

    /// <summary>The name that every runtime knows; the one with "Workflow" is newer.</summary>
    public Task CompleteWorkflowAsync(WorkflowResponse response, CancellationToken ct) =>
        CallAsync("CompleteOrchestratorTask", response, CompleteTaskResponse.Parser, null, ct);

    public Task CompleteActivityAsync(ActivityResponse response, CancellationToken ct) =>
        CallAsync("CompleteActivityTask", response, CompleteTaskResponse.Parser, null, ct);

    public Task<CreateInstanceResponse> StartAsync(CreateInstanceRequest request, CancellationToken ct) =>
        CallAsync("StartInstance", request, CreateInstanceResponse.Parser, null, ct);

    public Task<GetInstanceResponse> GetAsync(GetInstanceRequest request, CancellationToken ct) =>
        CallAsync("GetInstance", request, GetInstanceResponse.Parser, null, ct);

    public Task<GetInstanceResponse> WaitAsync(string method, GetInstanceRequest request, TimeSpan deadline, CancellationToken ct) =>
        CallAsync(method, request, GetInstanceResponse.Parser, deadline, ct);

    public Task RaiseEventAsync(RaiseEventRequest request, CancellationToken ct) =>
        CallAsync("RaiseEvent", request, RaiseEventResponse.Parser, null, ct);

    public Task TerminateAsync(TerminateRequest request, CancellationToken ct) =>
        CallAsync("TerminateInstance", request, TerminateResponse.Parser, null, ct);

    public Task SuspendAsync(SuspendRequest request, CancellationToken ct) =>
        CallAsync("SuspendInstance", request, SuspendResponse.Parser, null, ct);

    public Task ResumeAsync(ResumeRequest request, CancellationToken ct) =>
        CallAsync("ResumeInstance", request, ResumeResponse.Parser, null, ct);

    public Task<PurgeInstancesResponse> PurgeAsync(PurgeInstancesRequest request, CancellationToken ct) =>
        CallAsync("PurgeInstances", request, PurgeInstancesResponse.Parser, null, ct);

    public Task<ListInstanceIDsResponse> ListAsync(ListInstanceIDsRequest request, CancellationToken ct) =>
        CallAsync("ListInstanceIDs", request, ListInstanceIDsResponse.Parser, null, ct);

    public Task<GetInstanceHistoryResponse> HistoryAsync(string instanceId, CancellationToken ct) =>
        CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = instanceId }, GetInstanceHistoryResponse.Parser, null, ct);

    public Task<RerunWorkflowFromEventResponse> RerunAsync(RerunWorkflowFromEventRequest request, CancellationToken ct) =>
        CallAsync("RerunWorkflowFromEvent", request, RerunWorkflowFromEventResponse.Parser, null, ct);

    public void Dispose() => grpc.Dispose();

    private Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, TimeSpan? deadline, CancellationToken ct)
        where T : class, IMessage<T> => grpc.UnaryAsync(Service + method, request, parser, deadline, ct: ct);
}
