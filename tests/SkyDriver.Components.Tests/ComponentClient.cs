using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Grpc.Protos.Reflection;

namespace SkyDriver.Components.Tests;

/// <summary>A sidecar's side of one component, call by call.</summary>
internal sealed class ComponentClient(string socket, string? instance = "one") : IDisposable
{
    private const string Package = "dapr.proto.components.v1.";

    public GrpcConnection Connection { get; } = new($"unix://{socket}", new GrpcConnectionOptions
    {
        Headers = instance is null ? null : new Dictionary<string, string> { ["x-component-instance"] = instance },
        UnaryDeadline = TimeSpan.FromSeconds(60),
    });

    public void Dispose() => Connection.Dispose();

    public Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T> => Connection.UnaryAsync($"/{Package}{method}", request, parser);

    public GrpcDuplexCall<T> Open<T>(string method, MessageParser<T> parser)
        where T : class, IMessage<T> => Connection.Duplex($"/{Package}{method}", parser);

    public Task InitAsync(string service, params (string Name, string Value)[] properties) => CallAsync(
        service + "/Init", new InitRequest { Metadata = new MetadataRequest { Properties = { properties.ToDictionary(p => p.Name, p => p.Value) } } }, InitResponse.Parser);

    /// <summary>Waits until somebody listens.</summary>
    public async Task ReadyAsync()
    {
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            try
            {
                await CallAsync("OutputBinding/Ping", new PingRequest(), PingResponse.Parser);
                return;
            }
            catch (RpcException) when (DateTime.UtcNow < limit)
            {
                await Task.Delay(10);
            }
        }
    }

    public async Task<List<ServerReflectionResponse>> ReflectAsync(string version, params ServerReflectionRequest[] requests)
    {
        using GrpcDuplexCall<ServerReflectionResponse> call = Connection.Duplex($"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser);
        foreach (ServerReflectionRequest request in requests) await call.WriteAsync(request);
        await call.CompleteAsync();
        List<ServerReflectionResponse> responses = [];
        await foreach (ServerReflectionResponse response in call.ReadAllAsync()) responses.Add(response);
        return responses;
    }
}
