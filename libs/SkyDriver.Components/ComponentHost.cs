using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc;

namespace SkyDriver.Components;

/// <summary>A process that is a pluggable component: listens on a Unix socket where sidecars find it. Made by <see cref="ComponentHostBuilder"/>.</summary>
public sealed class ComponentHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<ComponentInstances> _instances = [];
    private bool _started;
    private bool _stopped;

    internal ComponentHost(WebApplication app, string socket, IReadOnlyList<Registration> registrations)
    {
        (_app, Socket) = (app, socket);
        app.MapGrpcReflection(registrations.SelectMany(r => r.Services).SelectMany(s => s.Names));
        CancellationToken stopping = app.Lifetime.ApplicationStopping;
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SkyDriver.Components");
        foreach (Registration registration in registrations)
        {
            ComponentInstances instances = new(registration.Create, app.Services);
            _instances.Add(instances);
            ServiceMap map = new(app, instances, logger, stopping);
            foreach (ComponentService service in registration.Services) service.Map(map);
        }

        app.MapGrpcUnknown();
    }

    /// <summary>Path of the socket; the file is there while the host listens.</summary>
    public string Socket { get; }

    /// <summary>Services of the host.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public async Task StartAsync(CancellationToken ct = default)
    {
        await _app.StartAsync(ct);
        _started = true;
    }

    /// <summary>Starts, and serves until the process is asked to end (SIGTERM, SIGINT) or the token fires.</summary>
    public async Task RunAsync(CancellationToken ct = default)
    {
        await StartAsync(ct);
        try
        {
            // The wait ends with the host's stop: the token, SIGTERM or SIGINT.
            await _app.WaitForShutdownAsync(ct);
        }
        finally
        {
            await StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Ends the streams, lets other calls finish, disposes of the components and removes the socket.</summary>
    /// <param name="ct">Fires when calls that still run must be cut off.</param>
    public async Task StopAsync(CancellationToken ct = default)
    {
        if (!_started || _stopped) return;
        _stopped = true;
        try
        {
            await _app.StopAsync(ct);
        }
        finally
        {
            // Whoever started meanwhile on the same path keeps his file.
            SocketFile.RemoveUnlessLive(Socket);
            await Task.WhenAll(_instances.Select(i => i.CloseAsync()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }
}
