using Google.Protobuf;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Api;

/// <summary>The list of the API's parts that need no engine.</summary>
internal static class DaprApi
{
    public const string GrpcService = "dapr.proto.runtime.v1.Dapr";

    /// <summary>What reflection lists; the task hub has no package.</summary>
    public static IReadOnlyList<string> GrpcServices { get; } = [GrpcService, "TaskHubSidecarService"];

    public static void MapHttp(IEndpointRouteBuilder routes)
    {
        HealthApi.MapHttp(routes);
        MetadataApi.MapHttp(routes);
        StateHttpApi.Map(routes);
        PublishHttpApi.Map(routes);
        BindingApi.MapHttp(routes);
        SecretApi.MapHttp(routes);
        ServiceInvocation.MapHttp(routes);
    }

    public static void MapGrpc(IEndpointRouteBuilder routes)
    {
        MetadataApi.MapGrpc(routes);
        StateGrpcApi.Map(routes);
        PublishGrpcApi.Map(routes);
        BindingApi.MapGrpc(routes);
        SecretApi.MapGrpc(routes);
        InvocationGrpcApi.Map(routes);
        SubscribeStreamApi.Map(routes);
    }

    /// <summary>A unary method of the Dapr service.</summary>
    public static void MapDapr<TRequest, TResponse>(
        this IEndpointRouteBuilder routes, string method, MessageParser<TRequest> parser, Func<TRequest, InstanceSidecar, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        routes.MapGrpcUnary(
            $"/{GrpcService}/{method}", parser, (request, call) => handler(request, call.HttpContext.Sidecar(), call.Cancelled));
}
