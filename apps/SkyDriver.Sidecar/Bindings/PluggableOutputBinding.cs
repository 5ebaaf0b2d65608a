using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>An output binding that another process serves over gRPC on a Unix socket.</summary>
internal sealed class PluggableOutputBinding : IOutputBinding, IStartsLate
{
    public const string Service = PluggableTypes.Package + "OutputBinding";

    private readonly PluggableConnection _connection;
    private IReadOnlyList<string> _operations = [];

    public PluggableOutputBinding(ComponentSpec component, ComponentEnvironment environment) =>
        _connection = new PluggableConnection(component, Service, environment, DescribeAsync);

    public bool IsServed => _connection.IsServed;

    public Task StartAsync(CancellationToken ct) => _connection.StartAsync(ct);

    public async Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct)
    {
        await SessionAsync(ct);
        return _operations;
    }

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        PluggableSession session = await SessionAsync(ct);
        InvokeRequest message = new() { Operation = request.Operation, Data = UnsafeByteOperations.UnsafeWrap(request.Data), Metadata = { request.Metadata.ToDictionary() } };
        try
        {
            InvokeResponse response = await session.CallAsync("Invoke", message, InvokeResponse.Parser, ct);
            return new(response.Data.ToByteArray(), new Dictionary<string, string>(response.Metadata));
        }
        catch (RpcException fault)
        {
            throw PluggableFaults.Translate(fault);
        }
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task DescribeAsync(PluggableSession session, CancellationToken ct)
    {
        ListOperationsResponse listed = await session.CallAsync("ListOperations", new ListOperationsRequest(), ListOperationsResponse.Parser, ct);
        _operations = [.. listed.Operations];
    }

    private async ValueTask<PluggableSession> SessionAsync(CancellationToken ct)
    {
        try
        {
            return await _connection.SessionAsync(ct);
        }
        catch (RpcException fault)
        {
            throw PluggableFaults.Translate(fault);
        }
    }
}
