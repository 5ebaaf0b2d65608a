using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.Hosting;

/// <summary>Maps the methods of the services of one registered component: finds the instance, runs the call, tells its fault.</summary>
/// <param name="stopping">Ends the open streams when the host stops.</param>
internal sealed class ServiceMap(IEndpointRouteBuilder routes, ComponentInstances instances, ILogger logger, CancellationToken stopping)
{
    private const string InstanceKey = "x-component-instance";

    /// <summary>Init and Ping, which every service has.</summary>
    public void Lifecycle(string service)
    {
        routes.MapGrpcUnary($"/{service}/Init", InitRequest.Parser, (request, call) => GuardAsync(Name(call), async () =>
        {
            Dictionary<string, string> properties = new(StringComparer.OrdinalIgnoreCase);
            foreach ((string key, string value) in request.Metadata?.Properties ?? []) properties[key] = value;
            await instances.InitAsync(Name(call), properties, call.Cancelled);
            return new InitResponse();
        }));

        // A probe may come before the first Init, and from tools that name no instance: then it asks for the process alone.
        routes.MapGrpcUnary($"/{service}/Ping", PingRequest.Parser, (_, call) => GuardAsync(call.Metadata(InstanceKey), async () =>
        {
            if (call.Metadata(InstanceKey) is { } name && instances.Known(name) is { } component) await component.PingAsync(call.Cancelled);
            return new PingResponse();
        }));
    }

    public void Unary<TComponent, TRequest, TResponse>(
        string method, MessageParser<TRequest> parser, Func<TComponent, TRequest, CancellationToken, Task<TResponse>> handler)
        where TComponent : class, IComponent
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        routes.MapGrpcUnary(method, parser, (TRequest request, GrpcServerCall call) =>
        {
            string name = Name(call);
            return GuardAsync(name, () => handler((TComponent)instances.Find(name), request, call.Cancelled));
        });

    public void Duplex<TComponent, TRequest, TResponse>(
        string method,
        MessageParser<TRequest> parser,
        Func<TComponent, IAsyncEnumerable<TRequest>, Func<TResponse, ValueTask>, CancellationToken, Task> handler)
        where TComponent : class, IComponent
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        routes.MapGrpcDuplex<TRequest, TResponse>(method, parser, async (requests, call, write) =>
        {
            string name = Name(call);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, stopping);
            await GuardAsync(name, async () =>
            {
                await handler((TComponent)instances.Find(name), requests, write, ended.Token);
                return true;
            });
        });

    private static string Name(GrpcServerCall call) => call.Metadata(InstanceKey) is { Length: > 0 } name
        ? name
        : throw new RpcException(new Status(StatusCode.InvalidArgument, $"The call lacks the metadata {InstanceKey}, the name of the component."));

    private async Task<T> GuardAsync<T>(string? name, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ComponentException fault)
        {
            throw FaultStatus.ToRpc(fault);
        }
        catch (Exception fault) when (fault is not (RpcException or OperationCanceledException))
        {
            logger.LogError(fault, "Component {Name} failed.", name);
            throw new RpcException(new Status(StatusCode.Internal, fault.Message));
        }
    }
}
