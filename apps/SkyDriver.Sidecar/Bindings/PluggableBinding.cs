using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Grpc.Protos.Reflection;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>An output binding that another process serves over gRPC on a Unix socket.</summary>
/// <remarks>The process may be started at the same time as this one: its socket is waited for. When it was restarted meanwhile, the
/// component is set up again before the next request.</remarks>
internal sealed class PluggableBinding : IOutputBinding, IStartsLate
{
    public const string Service = "dapr.proto.components.v1.OutputBinding";
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(25);

    private readonly ComponentSpec _component;
    private readonly string _socket;
    private readonly TimeSpan _socketTimeout;
    private readonly GrpcConnection _connection;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _starting = new(1);
    private IReadOnlyList<string>? _operations;

    /// <param name="socketTimeout">How long the socket may take to appear; the component's own time limit counts from then on.</param>
    public PluggableBinding(ComponentSpec component, string socket, TimeSpan socketTimeout, TimeProvider clock, ILogger logger)
    {
        (_component, _socket, _socketTimeout, _clock, _logger) = (component, socket, socketTimeout, clock, logger);
        _connection = new GrpcConnection($"unix://{socket}", new GrpcConnectionOptions
        {
            Headers = new Dictionary<string, string> { ["x-component-instance"] = component.Name },
        });
    }

    public async Task StartAsync(CancellationToken ct)
    {
        await WaitForSocketAsync(ct);
        try
        {
            await SetUpAsync(ct);
        }
        catch (RpcException fault)
        {
            throw new ResourceException($"{_component.Source}: component {_component.Name} ({_component.Type}) cannot be set up: {fault.Status.Detail}");
        }
    }

    public Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct) => SetUpAsync(ct);

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        await SetUpAsync(ct);
        InvokeRequest message = new() { Operation = request.Operation, Data = UnsafeByteOperations.UnsafeWrap(request.Data) };
        foreach ((string name, string value) in request.Metadata) message.Metadata[name] = value;
        try
        {
            InvokeResponse response = await _connection.UnaryAsync($"/{Service}/Invoke", message, InvokeResponse.Parser, ct: ct);
            return new(response.Data.ToByteArray(), new Dictionary<string, string>(response.Metadata));
        }
        catch (RpcException fault)
        {
            if (fault.StatusCode is StatusCode.Unavailable) _operations = null;
            throw new InvalidOperationException(fault.Status.Detail, fault);
        }
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _starting.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IReadOnlyList<string>> SetUpAsync(CancellationToken ct)
    {
        if (_operations is { } known) return known;
        await _starting.WaitAsync(ct);
        try
        {
            if (_operations is { } meanwhile) return meanwhile;
            await CheckServiceAsync(ct);
            InitRequest init = new() { Metadata = new MetadataRequest() };
            foreach ((string name, string value) in _component.Properties) init.Metadata.Properties[name] = value;
            await _connection.UnaryAsync($"/{Service}/Init", init, InitResponse.Parser, _component.InitTimeout, ct: ct);
            ListOperationsResponse listed = await _connection.UnaryAsync(
                $"/{Service}/ListOperations", new ListOperationsRequest(), ListOperationsResponse.Parser, _component.InitTimeout, ct: ct);
            return _operations = [.. listed.Operations];
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task CheckServiceAsync(CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_component.InitTimeout);
        using GrpcDuplexCall<ServerReflectionResponse> call = _connection.Duplex(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser, ct: limit.Token);
        try
        {
            await call.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
            await call.CompleteAsync();
            await foreach (ServerReflectionResponse response in call.ReadAllAsync(limit.Token))
            {
                if (response.ListServicesResponse?.Service.Any(s => s.Name == Service) is true) return;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"{_socket} did not list its services within {_component.InitTimeout.TotalSeconds} s"));
        }

        throw new RpcException(new Status(StatusCode.Unimplemented, $"{_socket} serves no {Service}"));
    }

    private async Task WaitForSocketAsync(CancellationToken ct)
    {
        long start = _clock.GetTimestamp();
        bool told = false;
        while (!await IsListeningAsync(ct))
        {
            TimeSpan waited = _clock.GetElapsedTime(start);
            if (waited > _socketTimeout)
            {
                throw new ResourceException(
                    $"{_component.Source}: component {_component.Name} has type {_component.Type}, which is none of this sidecar's own, and no process serves it " +
                    $"at {_socket} after {_socketTimeout.TotalSeconds:0} s; check the type, or start the process (DAPR_COMPONENTS_SOCKETS_FOLDER names the folder).");
            }

            if (!told && waited > _component.InitTimeout) _logger.LogWarning("Component {Name} still waits for a process at {Socket}.", _component.Name, _socket);
            told |= waited > _component.InitTimeout;
            await Task.Delay(Probe, _clock, ct);
        }
    }

    private async Task<bool> IsListeningAsync(CancellationToken ct)
    {
        if (!File.Exists(_socket)) return false;
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
