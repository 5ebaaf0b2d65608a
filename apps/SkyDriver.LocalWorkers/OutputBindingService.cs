using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.LocalWorkers;

/// <summary>The output-binding service that sidecars call over the component's socket.</summary>
internal static class OutputBindingService
{
    private const string Service = "dapr.proto.components.v1.OutputBinding";

    public static void MapOutputBinding(this WebApplication app)
    {
        ComponentInstances instances = app.Services.GetRequiredService<ComponentInstances>();
        app.MapGrpcReflection([Service]);
        app.MapGrpcUnary($"/{Service}/Init", InitRequest.Parser, (request, call) =>
        {
            instances.Configure(Name(call), request.Metadata?.Properties ?? []);
            return Task.FromResult(new InitResponse());
        });
        app.MapGrpcUnary($"/{Service}/ListOperations", ListOperationsRequest.Parser, (_, _) =>
            Task.FromResult(new ListOperationsResponse { Operations = { LauncherOperations.All } }));
        app.MapGrpcUnary($"/{Service}/Ping", PingRequest.Parser, (_, _) => Task.FromResult(new PingResponse()));
        app.MapGrpcUnary($"/{Service}/Invoke", InvokeRequest.Parser, async (request, call) =>
        {
            byte[] answer = await LauncherOperations.InvokeAsync(instances.Find(Name(call)), request.Operation, request.Data.Memory);
            return new InvokeResponse { Data = ByteString.CopyFrom(answer), ContentType = "application/json" };
        });
        app.MapGrpcUnknown();
    }

    // Each component YAML of this type is an instance of its own, with its own settings and workers.
    private static string Name(GrpcServerCall call) =>
        call.Metadata("x-component-instance") ?? throw new RpcException(new Status(StatusCode.InvalidArgument, "The call lacks x-component-instance."));
}
