using System.Net.Sockets;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Grpc.Protos.Reflection;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Components;

/// <summary>The way to one component that another process serves over gRPC on a Unix socket: waits for it, sets it up, and sets it up
/// again when the process was restarted.</summary>
/// <remarks>A restarted process has made its socket file anew, so the file's time tells: looking at it costs a microsecond per call.
/// Calls that fail on the way make the next one start over too.</remarks>
internal sealed class PluggableConnection : IDisposable
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(25);

    private readonly ComponentSpec _component;
    private readonly string _service;
    private readonly string _socket;
    private readonly ComponentEnvironment _environment;
    private readonly Func<PluggableSession, CancellationToken, Task> _describe;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private Task<PluggableSession>? _opening;
    private PluggableSession? _session;

    /// <param name="service">Full name of the gRPC service that the component is.</param>
    /// <param name="describe">Asks what the component can do, after each Init.</param>
    public PluggableConnection(ComponentSpec component, string service, ComponentEnvironment environment, Func<PluggableSession, CancellationToken, Task> describe)
    {
        (_component, _service, _environment, _describe) = (component, service, environment, describe);
        _socket = PluggableTypes.Socket(component, environment);
        _logger = environment.Loggers.CreateLogger("dapr.components");
    }

    /// <summary>False when the process was there and turned out not to serve what the component is.</summary>
    public bool IsServed { get; private set; } = true;

    /// <summary>Waits for the process and sets the component up.</summary>
    /// <exception cref="ResourceException">Nobody serves the type in time, or the component cannot be set up.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await WaitForSocketAsync(ct);
        try
        {
            await SessionAsync(ct);
        }
        catch (RpcException fault)
        {
            throw new ResourceException($"{_component.Source}: component {_component.Name} ({_component.Type}) cannot be set up: {fault.Status.Detail}");
        }
    }

    /// <summary>The process as it is now, set up. Callers that come while it is set up share the attempt and its fault.</summary>
    /// <exception cref="RpcException">It cannot be reached or set up.</exception>
    public async ValueTask<PluggableSession> SessionAsync(CancellationToken ct)
    {
        Task<PluggableSession> opening;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
            if (_session is { IsBroken: false } session && session.Stamp == Stamp()) return session;
            if (_opening is null or { IsCompleted: true }) _opening = OpenAsync();
            opening = _opening;
        }

        return await opening.WaitAsync(ct);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed.IsCancellationRequested) return;
            _closed.Cancel();
            _session?.Dispose();
        }
    }

    // The time is read before the process is: one that comes in between is set up twice, never not at all.
    private DateTime Stamp() => File.GetCreationTimeUtc(_socket);

    private async Task<PluggableSession> OpenAsync()
    {
        await Task.Yield();
        DateTime stamp = Stamp();
        GrpcConnection connection = new($"unix://{_socket}", new GrpcConnectionOptions
        {
            Headers = new Dictionary<string, string> { ["x-component-instance"] = _component.Instance },
        });
        try
        {
            PluggableSession session = new(connection, _service, await ListServicesAsync(connection), stamp);
            await SetUpAsync(session);
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
                if (_session is not null) _logger.LogInformation("Component {Name} was set up again: its process is a new one.", _component.Name);
                _session?.Dispose();
                return _session = session;
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task SetUpAsync(PluggableSession session)
    {
        InitRequest init = new() { Metadata = new MetadataRequest() };
        foreach ((string name, string value) in _component.Properties) init.Metadata.Properties[name] = value;
        try
        {
            await session.CallAsync("Init", init, InitResponse.Parser, _closed.Token, _component.InitTimeout);
            await _describe(session, _closed.Token);
        }
        catch (RpcException fault) when (fault.StatusCode is StatusCode.DeadlineExceeded)
        {
            throw new RpcException(new Status(
                StatusCode.DeadlineExceeded, $"{_socket} did not answer Init within {_component.InitTimeout.TotalSeconds} s; look at its log, or raise spec.initTimeout"));
        }
    }

    /// <exception cref="RpcException">The process does not serve what the component is.</exception>
    private async Task<IReadOnlyList<string>> ListServicesAsync(GrpcConnection connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
        limit.CancelAfter(_component.InitTimeout);
        using GrpcDuplexCall<ServerReflectionResponse> call = connection.Duplex(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ServerReflectionResponse.Parser, ct: limit.Token);
        List<string> services = [];
        try
        {
            await call.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
            await call.CompleteAsync();
            await foreach (ServerReflectionResponse response in call.ReadAllAsync(limit.Token)) services.AddRange(response.ListServicesResponse?.Service.Select(s => s.Name) ?? []);
        }
        catch (OperationCanceledException) when (!_closed.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"{_socket} did not list its services within {_component.InitTimeout.TotalSeconds} s"));
        }

        IsServed = services.Contains(_service);
        if (IsServed) return services;
        string[] others = [.. services.Where(s => !s.StartsWith("grpc.", StringComparison.Ordinal))];
        throw new RpcException(new Status(StatusCode.Unimplemented, $"{_socket} serves no {_service}, only {(others.Length > 0 ? string.Join(", ", others) : "reflection")}"));
    }

    private async Task WaitForSocketAsync(CancellationToken ct)
    {
        TimeSpan limit = _environment.SocketTimeout ?? _component.InitTimeout;
        TimeProvider clock = _environment.Clock;
        long start = clock.GetTimestamp();
        bool told = false;
        while (!await IsListeningAsync(ct))
        {
            TimeSpan waited = clock.GetElapsedTime(start);
            if (waited > limit)
            {
                throw new ResourceException(
                    $"{_component.Source}: component {_component.Name} has type {_component.Type}, which is none of this sidecar's own, and no process serves it " +
                    $"at {_socket} after {limit.TotalSeconds:0} s; check the type, or start the process (DAPR_COMPONENTS_SOCKETS_FOLDER names the folder).");
            }

            if (!told && waited > _component.InitTimeout) _logger.LogWarning("Component {Name} still waits for a process at {Socket}.", _component.Name, _socket);
            told |= waited > _component.InitTimeout;
            await Task.Delay(Probe, clock, ct);
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
