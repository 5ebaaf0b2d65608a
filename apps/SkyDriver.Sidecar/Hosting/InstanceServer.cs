using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The two ports of one instance's sidecar: HTTP/1.1 and gRPC.</summary>
internal sealed class InstanceServer : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private readonly ApiPipeline _pipeline;
    private readonly InstanceSidecar _sidecar;
    private readonly KestrelServer _server;
    private readonly List<string> _sockets;
    private readonly GrpcServerOptions _grpc;

    private InstanceServer(ApiPipeline pipeline, InstanceSidecar sidecar, KestrelServer server, List<string> sockets) =>
        (_pipeline, _sidecar, _server, _sockets, _grpc) = (pipeline, sidecar, server, sockets, new() { MaxMessageBytes = sidecar.Settings.MaxMessageBytes });

    /// <summary>0 with sockets.</summary>
    public int HttpPort { get; private set; }

    /// <summary>0 with sockets.</summary>
    public int GrpcPort { get; private set; }

    /// <summary>Opens the ports.</summary>
    /// <exception cref="ResourceException">A port or socket is taken or not allowed.</exception>
    public static async Task<InstanceServer> StartAsync(ApiPipeline pipeline, InstanceSidecar sidecar, CancellationToken ct)
    {
        InstanceSettings settings = sidecar.Settings;
        KestrelServerOptions options = new() { ApplicationServices = pipeline.Services, AddServerHeader = false };
        KestrelServerLimits usual = new();
        options.Limits.MaxRequestHeadersTotalSize = settings.ReadBufferSize;
        options.Limits.MaxRequestLineSize = Math.Max(settings.ReadBufferSize, options.Limits.MaxRequestLineSize);
        options.Limits.MaxRequestBufferSize = Math.Max(settings.ReadBufferSize, options.Limits.MaxRequestBufferSize ?? 0);
        List<string> sockets = [];
        if (settings.SocketFolder is { } folder)
        {
            sockets = [Path.Combine(folder, $"dapr-{settings.AppId}-http.socket"), Path.Combine(folder, $"dapr-{settings.AppId}-grpc.socket")];
            File.Delete(sockets[0]);
            options.ListenUnixSocket(sockets[0], listen => listen.Protocols = HttpProtocols.Http1);
            options.ListenGrpcUnix(sockets[1]);
        }
        else
        {
            foreach (IPAddress address in settings.ListenAddresses.Select(IPAddress.Parse))
            {
                options.Listen(address, settings.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
                options.ListenGrpc(address, settings.GrpcPort);
            }
        }

        // Bodies have Dapr's limit and must not come forever; gRPC, whose streams may be silent, lifts both for each of its calls.
        options.Limits.MaxRequestBodySize = settings.MaxBodySize;
        options.Limits.MinRequestBodyDataRate = usual.MinRequestBodyDataRate;
        SocketTransportFactory transport = new(Options.Create(new SocketTransportOptions()), sidecar.Loggers);
        KestrelServer kestrel = new(Options.Create(options), transport, sidecar.Loggers);
        InstanceServer server = new(pipeline, sidecar, kestrel, sockets);
        try
        {
            await kestrel.StartAsync(server, ct);
        }
        catch (IOException taken)
        {
            kestrel.Dispose();
            throw new ResourceException($"The sidecar of {settings.AppId} cannot listen: {taken.Message} Choose other ports (--dapr-http-port, --dapr-grpc-port; 0 takes a free one).");
        }

        if (settings.SocketFolder is null)
        {
            string[] addresses = [.. kestrel.Features.Get<IServerAddressesFeature>()!.Addresses];
            (server.HttpPort, server.GrpcPort) = (new Uri(addresses[0]).Port, new Uri(addresses[1]).Port);
        }

        return server;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        contextFeatures.Set(_sidecar);
        contextFeatures.Set(_sidecar.Instance);
        contextFeatures.Set(_grpc);
        return new DefaultHttpContext(contextFeatures) { RequestServices = _pipeline.Services };
    }

    public Task ProcessRequestAsync(HttpContext context) => HttpProtocol.IsHttp2(context.Request.Protocol) ? _pipeline.Grpc(context) : _pipeline.Http(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // A context holds nothing of its own: services are shared and features are the server's.
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource atOnce = new(TimeSpan.FromMilliseconds(500));
        await _server.StopAsync(atOnce.Token);
        _server.Dispose();
        foreach (string socket in _sockets) File.Delete(socket);
    }
}
