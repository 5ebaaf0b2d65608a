using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>The engine's side of the task hub, driven by a test: hands out items, records what comes back.</summary>
internal sealed class FakeTaskHub
{
    private const string Service = "/TaskHubSidecarService/";
    private Channel<WorkItem> _items = Channel.CreateUnbounded<WorkItem>();
    private int _streams;

    public Channel<WorkflowResponse> Turns { get; } = Channel.CreateUnbounded<WorkflowResponse>();

    public Channel<ActivityResponse> Activities { get; } = Channel.CreateUnbounded<ActivityResponse>();

    public Channel<bool> Hellos { get; } = Channel.CreateUnbounded<bool>();

    public ConcurrentQueue<IMessage> Requests { get; } = new();

    public ConcurrentDictionary<string, WorkflowState> Instances { get; } = new();

    /// <summary>Fails of WaitForInstanceCompletion before it answers.</summary>
    public int WaitFailures;

    public List<HistoryEvent> StreamedHistory { get; } = [];

    /// <summary>Histories are not answered before this.</summary>
    public Task HistoryGate { get; set; } = Task.CompletedTask;

    public int Streams => Volatile.Read(ref _streams);

    public void Send(WorkItem item) => _items.Writer.TryWrite(item);

    /// <summary>Ends the open stream of work items, as a restart of the sidecar would.</summary>
    public void Break()
    {
        var broken = _items;
        _items = Channel.CreateUnbounded<WorkItem>();
        broken.Writer.TryComplete(new RpcException(new Status(StatusCode.Unavailable, "going away")));
    }

    public void Map(WebApplication app)
    {
        app.MapGrpcServerStream<GetWorkItemsRequest, WorkItem>(Service + "GetWorkItems", GetWorkItemsRequest.Parser, async (_, call, write) =>
        {
            var items = _items.Reader;
            Interlocked.Increment(ref _streams);
            await foreach (var item in items.ReadAllAsync(call.Cancelled)) await write(item);
        });
        Unary(app, "Hello", Empty.Parser, _ =>
        {
            Hellos.Writer.TryWrite(true);
            return new Empty();
        });
        Unary(app, "CompleteOrchestratorTask", WorkflowResponse.Parser, response =>
        {
            Turns.Writer.TryWrite(response);
            return new CompleteTaskResponse();
        });
        Unary(app, "CompleteActivityTask", ActivityResponse.Parser, response =>
        {
            Activities.Writer.TryWrite(response);
            return new CompleteTaskResponse();
        });
        Unary(app, "StartInstance", CreateInstanceRequest.Parser, request =>
        {
            var state = new WorkflowState { InstanceId = request.InstanceId, Name = request.Name, Input = request.Input, Status = WorkflowStatus.Running };
            return Instances.TryAdd(request.InstanceId, state)
                ? new CreateInstanceResponse { InstanceId = request.InstanceId }
                : throw new RpcException(new Status(StatusCode.AlreadyExists, "active"));
        });
        Unary(app, "GetInstance", GetInstanceRequest.Parser, Find);
        Unary(app, "WaitForInstanceStart", GetInstanceRequest.Parser, Find);
        Unary(app, "WaitForInstanceCompletion", GetInstanceRequest.Parser, request =>
            Interlocked.Decrement(ref WaitFailures) >= 0
                ? throw new RpcException(new Status(StatusCode.Unavailable, "not yet"))
                : Find(request));
        Unary(app, "RaiseEvent", RaiseEventRequest.Parser, _ => new RaiseEventResponse());
        Unary(app, "TerminateInstance", TerminateRequest.Parser, _ => new TerminateResponse());
        Unary(app, "SuspendInstance", SuspendRequest.Parser, _ => new SuspendResponse());
        Unary(app, "ResumeInstance", ResumeRequest.Parser, _ => new ResumeResponse());
        Unary(app, "PurgeInstances", PurgeInstancesRequest.Parser, request =>
            Instances.TryRemove(request.InstanceId, out _)
                ? new PurgeInstancesResponse { DeletedInstanceCount = 1 }
                : throw new RpcException(new Status(StatusCode.NotFound, "no such instance")));
        Unary(app, "ListInstanceIDs", ListInstanceIDsRequest.Parser, request => request.ContinuationToken == "next"
            ? new ListInstanceIDsResponse { InstanceIds = { "c" } }
            : new ListInstanceIDsResponse { InstanceIds = { "a", "b" }, ContinuationToken = "next" });
        app.MapGrpcUnary<GetInstanceHistoryRequest, GetInstanceHistoryResponse>(
            Service + "GetInstanceHistory", GetInstanceHistoryRequest.Parser, async (request, _) =>
            {
                Requests.Enqueue(request);
                await HistoryGate;
                return new GetInstanceHistoryResponse { Events = { StreamedHistory } };
            });
        Unary(app, "RerunWorkflowFromEvent", RerunWorkflowFromEventRequest.Parser, request =>
            new RerunWorkflowFromEventResponse { NewInstanceID = request.HasNewInstanceID ? request.NewInstanceID : "made-up" });
    }

    private GetInstanceResponse Find(GetInstanceRequest request) => Instances.TryGetValue(request.InstanceId, out var state)
        ? new GetInstanceResponse { Exists = true, WorkflowState = state }
        : new GetInstanceResponse();

    private void Unary<TRequest, TResponse>(
        WebApplication app, string method, MessageParser<TRequest> parser, Func<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        app.MapGrpcUnary<TRequest, TResponse>(Service + method, parser, (request, _) =>
        {
            Requests.Enqueue(request);
            return Task.FromResult(handler(request));
        });
}
