using Google.Protobuf;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.Bindings;

/// <summary>Serves an <see cref="IOutputBinding"/>.</summary>
internal static class OutputBindingService
{
    public const string Name = ComponentService.Package + "OutputBinding";

    public static void Map(ServiceMap map)
    {
        map.Lifecycle(Name);
        // daprd compares with what the app asked for in lower case.
        map.Unary<IOutputBinding, ListOperationsRequest, ListOperationsResponse>($"/{Name}/ListOperations", ListOperationsRequest.Parser, (binding, _, _) =>
            Task.FromResult(new ListOperationsResponse { Operations = { binding.Operations.Select(o => o.ToLowerInvariant()) } }));
        map.Unary<IOutputBinding, InvokeRequest, InvokeResponse>($"/{Name}/Invoke", InvokeRequest.Parser, async (binding, request, ct) =>
        {
            BindingRequest asked = new(request.Operation.ToLowerInvariant(), request.Data.Memory, Wire.Map(request.Metadata));
            BindingResponse response = await binding.InvokeAsync(asked, ct);
            return new InvokeResponse
            {
                Data = UnsafeByteOperations.UnsafeWrap(response.Data),
                Metadata = { Wire.Map(response.Metadata) },
                ContentType = response.ContentType ?? "",
            };
        });
    }
}
