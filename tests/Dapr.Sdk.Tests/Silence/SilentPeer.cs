using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>Something that listens where a sidecar should be, and never answers a call.</summary>
public abstract class SilentPeer : IAsyncDisposable
{
    public abstract string Http { get; }

    public abstract string Grpc { get; }

    /// <summary>Calls, or connections where no call can be told from another, that have come in.</summary>
    public abstract int Seen { get; }

    public abstract ValueTask DisposeAsync();

    public static async Task<SilentPeer> StartAsync(bool speaksHttp) => speaksHttp ? await SilentServer.StartAsync() : new SilentSocket();
}

/// <summary>Accepts connections and reads nothing.</summary>
public sealed class SilentSocket : SilentPeer
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _accepted = [];
    private readonly Task _accepting;

    public SilentSocket()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public override string Http => $"http://{_listener.LocalEndpoint}";

    public override string Grpc => Http;

    public override int Seen
    {
        get
        {
            lock (_accepted) return _accepted.Count;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var socket in _accepted) socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync();
            lock (_accepted) _accepted.Add(socket);
        }
    }
}

/// <summary>Speaks HTTP/1.1 and HTTP/2, answers pings, takes every request, and keeps all of them waiting.</summary>
public sealed class SilentServer : SilentPeer
{
    private readonly WebApplication _app;
    private int _seen;
    private int _abandoned;

    private SilentServer(WebApplication app)
    {
        _app = app;
        app.Run(async context =>
        {
            Interlocked.Increment(ref _seen);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Increment(ref _abandoned);
        });
    }

    public override string Http => Addresses[0];

    public override string Grpc => Addresses[1];

    public override int Seen => Volatile.Read(ref _seen);

    /// <summary>Calls whose clients have let the server know that they do not wait any more.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    private string[] Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public static async Task<SilentServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenGrpc(0);
        });
        var server = new SilentServer(builder.Build());
        await server._app.StartAsync();
        return server;
    }

    public override async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
