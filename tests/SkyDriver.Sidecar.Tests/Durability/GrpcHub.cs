using Google.Protobuf;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Tests.Durability;

/// <summary>A client of the task hub of a sidecar in another process.</summary>
internal sealed class GrpcHub(string address) : IDisposable
{
    private readonly GrpcConnection _connection = new(address);

    /// <summary>Starts a journey; one that is there already was started by an earlier call whose answer got lost.</summary>
    public async Task StartAsync(string id)
    {
        try
        {
            await CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = id, Name = "journey" }, CreateInstanceResponse.Parser);
        }
        catch (global::Grpc.Core.RpcException e) when (e.StatusCode == global::Grpc.Core.StatusCode.AlreadyExists)
        {
            // As good as started.
        }
    }

    public Task RaiseAsync(string id) =>
        CallAsync("RaiseEvent", new RaiseEventRequest { InstanceId = id, Name = Workflows.Journey.Event, Input = "x" }, RaiseEventResponse.Parser);

    public async Task<WorkflowState> EndAsync(string id) =>
        (await CallAsync("WaitForInstanceCompletion", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser)).WorkflowState;

    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string id) =>
        (await CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = id }, GetInstanceHistoryResponse.Parser)).Events;

    public void Dispose() => _connection.Dispose();

    private Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser)
        where TResponse : class, IMessage<TResponse> =>
        _connection.UnaryAsync("/TaskHubSidecarService/" + method, request, parser, TimeSpan.FromSeconds(30));
}
