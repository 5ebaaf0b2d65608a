using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SkyDriver.Grpc.Protos.Reflection;
using SkyDriver.Grpc.Server;

namespace SkyDriver.Grpc;

/// <summary>
/// Serves gRPC methods on Kestrel. A method is its path, <c>/package.Service/Method</c>. Handlers throw
/// <see cref="RpcException"/> for the status they want; anything else thrown becomes UNKNOWN and is logged.
/// </summary>
public static class GrpcEndpoints
{
    /// <summary>One request, one response.</summary>
    public static IEndpointConventionBuilder MapGrpcUnary<TRequest, TResponse>(
        this IEndpointRouteBuilder routes,
        string method,
        MessageParser<TRequest> parser,
        Func<TRequest, GrpcServerCall, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Map<TRequest, TResponse>(routes, method, parser, async call =>
            await call.WriteAsync(await handler(await call.ReadOneAsync(), call.Call)));

    /// <summary>One request, a stream of responses written by the handler until it returns.</summary>
    public static IEndpointConventionBuilder MapGrpcServerStream<TRequest, TResponse>(
        this IEndpointRouteBuilder routes,
        string method,
        MessageParser<TRequest> parser,
        Func<TRequest, GrpcServerCall, Func<TResponse, ValueTask>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Map<TRequest, TResponse>(routes, method, parser, async call =>
        {
            var request = await call.ReadOneAsync();
            await call.OpenAsync();
            await handler(request, call.Call, call.WriteAsync);
        });

    /// <summary>Both sides stream; the call ends when the handler returns.</summary>
    public static IEndpointConventionBuilder MapGrpcDuplex<TRequest, TResponse>(
        this IEndpointRouteBuilder routes,
        string method,
        MessageParser<TRequest> parser,
        Func<IAsyncEnumerable<TRequest>, GrpcServerCall, Func<TResponse, ValueTask>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Map<TRequest, TResponse>(routes, method, parser, async call =>
        {
            await call.OpenAsync();
            await handler(call.ReadAllAsync(), call.Call, call.WriteAsync);
        });

    /// <summary>
    /// Server reflection, v1alpha and v1: lists the given service names, which is all daprd asks of a component;
    /// questions about descriptors are answered NOT_FOUND.
    /// </summary>
    public static void MapGrpcReflection(this IEndpointRouteBuilder routes, IEnumerable<string> services)
    {
        string[] names = [.. services, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
        foreach (string version in (string[])["v1alpha", "v1"])
        {
            routes.MapGrpcDuplex<ServerReflectionRequest, ServerReflectionResponse>(
                $"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                ServerReflectionRequest.Parser,
                async (requests, _, write) =>
                {
                    await foreach (var request in requests) await write(Reflect(request, names));
                });
        }
    }

    /// <summary>Answers every other path: UNIMPLEMENTED to gRPC clients, 404 to all else.</summary>
    public static IEndpointConventionBuilder MapGrpcUnknown(this IEndpointRouteBuilder routes) =>
        routes.MapFallback("{**path}", context =>
        {
            if (GrpcStatusAnswer.IsGrpc(context))
            {
                return GrpcStatusAnswer.WriteAsync(context, new Status(StatusCode.Unimplemented, $"unknown method {context.Request.Path}"));
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });

    private static IEndpointConventionBuilder Map<TRequest, TResponse>(
        IEndpointRouteBuilder routes,
        string method,
        MessageParser<TRequest> parser,
        Func<ServerCallRunner<TRequest, TResponse>, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        routes.MapPost(method, (RequestDelegate)(context => ServerCallRunner<TRequest, TResponse>.RunAsync(context, parser, handler)));

    private static ServerReflectionResponse Reflect(ServerReflectionRequest request, string[] names)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        if (request.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.ListServices)
        {
            response.ListServicesResponse = new ListServiceResponse();
            response.ListServicesResponse.Service.Add(names.Select(n => new ServiceResponse { Name = n }));
        }
        else
        {
            response.ErrorResponse = new ErrorResponse
            {
                ErrorCode = (int)StatusCode.NotFound,
                ErrorMessage = "Only the list of services is served.",
            };
        }

        return response;
    }
}
