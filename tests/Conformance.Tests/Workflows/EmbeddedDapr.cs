using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>
/// The engines of the sidecar on real ports, and an app made with the SDK beside them. Everything but the store ends with
/// this object, so that a second one on the same store is a restart.
/// </summary>
internal sealed class EmbeddedDapr : IAppDirectory, IAsyncDisposable
{
    private readonly AppGroup _group;
    private readonly List<WebApplication> _servers = [];
    private string _http = "", _grpc = "";
    private AppInstance? _instance;

    private EmbeddedDapr(IStateStore store) =>
        _group = new AppGroup(new AppScope("app", "default", store, TimeProvider.System, NullLoggerFactory.Instance), this);

    public IReadOnlyCollection<AppGroup> Apps => [_group];

    public Uri Http => new(_http);

    public string GrpcAddress => _grpc;

    /// <summary>Of the app.</summary>
    public IServiceProvider Services => _servers[^1].Services;

    public AppGroup? Find(string appId) => appId == _group.AppId ? _group : null;

    /// <summary>Starts the sidecar, then the app, then lets the engines meet the app.</summary>
    public static async Task<EmbeddedDapr> StartAsync(IStateStore store, Action<IServiceCollection> services, Action<WebApplication>? map = null)
    {
        var dapr = new EmbeddedDapr(store);
        foreach (var module in SidecarModules.All)
        {
            if (module.Create(dapr._group) is { } engine) dapr._group.Add(engine);
        }

        int appPort = FreePort();
        dapr._instance = new AppInstance(dapr._group, "app-1", new AppChannel(new Uri($"http://127.0.0.1:{appPort}/"), 0, appToken: null));
        dapr._group.Add(dapr._instance);
        dapr._http = await dapr.ServeAsync(k => k.Listen(IPAddress.Loopback, 0), m => m.MapHttp);
        dapr._grpc = await dapr.ServeAsync(k => k.ListenGrpc(0), m => m.MapGrpc);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_HTTP_ENDPOINT"] = dapr._http, ["DAPR_GRPC_ENDPOINT"] = dapr._grpc });
        builder.WebHost.UseUrls($"http://127.0.0.1:{appPort}");
        services(builder.Services);
        var app = builder.Build();
        map?.Invoke(app);
        await app.StartAsync();
        dapr._servers.Add(app);
        foreach (var engine in dapr._group.Engines) await engine.AddInstanceAsync(dapr._instance, CancellationToken.None);
        return dapr;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _group.Engines) await engine.DisposeAsync();
        for (int i = _servers.Count - 1; i >= 0; i--) await _servers[i].DisposeAsync();
        _instance?.Dispose();
    }

    private async Task<string> ServeAsync(Action<KestrelServerOptions> listen, Func<ISidecarModule, Action<Microsoft.AspNetCore.Routing.IEndpointRouteBuilder>> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(listen);
        var server = builder.Build();
        server.Use(async (context, next) =>
        {
            context.Features.Set(_instance);
            try
            {
                await next(context);
            }
            catch (DaprFault fault)
            {
                await DaprErrors.WriteAsync(context, fault);
            }
        });
        foreach (var module in SidecarModules.All) map(module)(server);
        await server.StartAsync();
        _servers.Add(server);
        return server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
