using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests;

/// <summary>The service <c>dapr.proto.runtime.v1.Dapr</c>, call by call and without anything of the SDK.</summary>
internal sealed class DaprGrpc : IDisposable
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";
    private readonly GrpcConnection _connection;

    /// <param name="token">Of the API; null takes that of the environment.</param>
    public DaprGrpc(string endpoint, string? token = null) => _connection = new GrpcConnection(
        endpoint, new GrpcConnectionOptions { ApiToken = token ?? Environment.GetEnvironmentVariable("DAPR_API_TOKEN"), UnaryDeadline = TimeSpan.FromSeconds(30) });

    public Task<GetStateResponse> GetStateAsync(GetStateRequest request) => CallAsync("GetState", request, GetStateResponse.Parser);

    public Task SaveStateAsync(SaveStateRequest request) => CallAsync("SaveState", request, Empty.Parser);

    public Task<GetBulkStateResponse> GetBulkStateAsync(GetBulkStateRequest request) => CallAsync("GetBulkState", request, GetBulkStateResponse.Parser);

    public Task DeleteStateAsync(DeleteStateRequest request) => CallAsync("DeleteState", request, Empty.Parser);

    public Task DeleteBulkStateAsync(DeleteBulkStateRequest request) => CallAsync("DeleteBulkState", request, Empty.Parser);

    public Task ExecuteStateTransactionAsync(ExecuteStateTransactionRequest request) => CallAsync("ExecuteStateTransaction", request, Empty.Parser);

    public Task PublishEventAsync(PublishEventRequest request) => CallAsync("PublishEvent", request, Empty.Parser);

    public Task<BulkPublishResponse> BulkPublishEventAsync(BulkPublishRequest request, string method = "BulkPublishEvent") => CallAsync(method, request, BulkPublishResponse.Parser);

    public Task<InvokeBindingResponse> InvokeBindingAsync(InvokeBindingRequest request) => CallAsync("InvokeBinding", request, InvokeBindingResponse.Parser);

    public Task<InvokeResponse> InvokeServiceAsync(InvokeServiceRequest request) => CallAsync("InvokeService", request, InvokeResponse.Parser);

    public Task<GetSecretResponse> GetSecretAsync(GetSecretRequest request) => CallAsync("GetSecret", request, GetSecretResponse.Parser);

    public Task<GetBulkSecretResponse> GetBulkSecretAsync(GetBulkSecretRequest request) => CallAsync("GetBulkSecret", request, GetBulkSecretResponse.Parser);

    public Task<GetMetadataResponse> GetMetadataAsync() => CallAsync("GetMetadata", new GetMetadataRequest(), GetMetadataResponse.Parser);

    public Task SetMetadataAsync(SetMetadataRequest request) => CallAsync("SetMetadata", request, Empty.Parser);

    public Task ShutdownAsync() => CallAsync("Shutdown", new ShutdownRequest(), Empty.Parser);

    /// <summary>Any method of the service.</summary>
    public Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser, IReadOnlyDictionary<string, string>? metadata = null)
        where TResponse : class, IMessage<TResponse> =>
        _connection.UnaryAsync(Service + method, request, parser, metadata: metadata);

    /// <summary>Opens a stream of events; the first message is up to the caller.</summary>
    public GrpcDuplexCall<SubscribeTopicEventsResponse> SubscribeTopicEvents(CancellationToken ct = default) =>
        _connection.Duplex(Service + "SubscribeTopicEventsAlpha1", SubscribeTopicEventsResponse.Parser, ct: ct);

    public void Dispose() => _connection.Dispose();
}
