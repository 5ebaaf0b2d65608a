using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Api;

/// <summary>Output bindings.</summary>
internal static class BindingApi
{
    private static readonly string[] Writes = ["POST", "PUT"];

    public static void MapHttp(IEndpointRouteBuilder routes) => routes.MapMethods("/v1.0/bindings/{name}", Writes, (RequestDelegate)InvokeAsync);

    public static void MapGrpc(IEndpointRouteBuilder routes) => routes.MapDapr("InvokeBinding", InvokeBindingRequest.Parser, InvokeAsync);

    private static async Task InvokeAsync(HttpContext context)
    {
        using JsonDocument body = await context.ReadJsonAsync();
        if (body.RootElement.ValueKind is not JsonValueKind.Object) throw DaprErrors.MalformedRequest("the body must be {operation, data, metadata}");
        // The component gets the data as JSON text: a string keeps its quotes.
        byte[] data = body.RootElement.TryGetProperty("data", out JsonElement given) ? JsonMarshal.GetRawUtf8Value(given).ToArray() : [];
        BindingRequest request = new(HttpBodies.Text(body.RootElement, "operation") ?? "", data, HttpBodies.TextMap(body.RootElement, "metadata"));
        BindingAnswer answer = await InvokeAsync(context.Sidecar(), context.Route("name"), request, context.RequestAborted);
        foreach ((string name, string value) in answer.Metadata.Where(m => IsHeader(m.Key, m.Value))) context.Response.Headers["metadata." + name] = value;
        if (answer.Data.Length == 0)
        {
            await context.WriteNothing();
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Data.Length;
        await context.Response.Body.WriteAsync(answer.Data, context.RequestAborted);
    }

    private static async Task<InvokeBindingResponse> InvokeAsync(InvokeBindingRequest request, InstanceSidecar sidecar, CancellationToken ct)
    {
        Dictionary<string, string> metadata = new(request.Metadata, StringComparer.OrdinalIgnoreCase);
        BindingAnswer answer = await InvokeAsync(sidecar, request.Name, new(request.Operation, request.Data.ToByteArray(), metadata), ct);
        InvokeBindingResponse response = new() { Data = UnsafeByteOperations.UnsafeWrap(answer.Data) };
        foreach ((string name, string value) in answer.Metadata) response.Metadata[name] = value;
        return response;
    }

    private static async Task<BindingAnswer> InvokeAsync(InstanceSidecar sidecar, string name, BindingRequest request, CancellationToken ct)
    {
        try
        {
            // Only then it is known which directions pluggable components have.
            await sidecar.Components.Ready.WaitAsync(ct);
            IOutputBinding binding = sidecar.Components.Binding(name);
            if (request.Operation.Length == 0) throw DaprErrors.BindingFailed(name, "operation is missing from the request");
            string operation = request.Operation.ToLowerInvariant();
            IReadOnlyList<string> known = await binding.ListOperationsAsync(ct);
            if (!known.Contains(operation, StringComparer.OrdinalIgnoreCase))
            {
                throw DaprErrors.BindingFailed(name, $"operation {operation} is not supported; the binding has {string.Join(", ", known)}");
            }

            return await sidecar.Resources.Policies.Outbound(ComponentKind.Binding, name).ExecuteAsync(
                (Binding: binding, Request: request with { Operation = operation }), static (s, token) => new ValueTask<BindingAnswer>(s.Binding.InvokeAsync(s.Request, token)), ct);
        }
        catch (Exception fault) when (fault is not (DaprFault or OperationCanceledException))
        {
            throw DaprErrors.BindingFailed(name, fault.Message);
        }
    }

    // What the component answers may be anything; a header may not.
    private static bool IsHeader(string name, string value) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
