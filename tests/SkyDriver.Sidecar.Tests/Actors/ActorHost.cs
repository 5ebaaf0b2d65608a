using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Actors;

/// <summary>The actor API of one app instance on real ports, over a store that may outlive it.</summary>
internal sealed class ActorHost : IAsyncDisposable, IAppDirectory
{
    private readonly ActorModule _module = new();
    private readonly Dictionary<string, AppGroup> _apps = new(StringComparer.Ordinal);
    private readonly List<WebApplication> _servers = [];
    private readonly IStateStore? _store;
    private readonly TimeProvider _clock;
    private int _instances;

    public ActorHost(IStateStore? store, TimeProvider? clock = null) => (_store, _clock) = (store, clock ?? TimeProvider.System);

    public IReadOnlyCollection<AppGroup> Apps => _apps.Values;

    public AppGroup? Find(string appId) => _apps.GetValueOrDefault(appId);

    /// <summary>Adds an instance of an app: its sidecar ports open, its actors registered.</summary>
    public async Task<Sidecar> AddAsync(string appId, TestApp? app)
    {
        if (!_apps.TryGetValue(appId, out var group))
        {
            group = _apps[appId] = new AppGroup(new AppScope(appId, "default", _store, _clock, NullLoggerFactory.Instance), this);
            group.Add(_module.Create(group));
        }

        var channel = app is null ? null : new AppChannel(app.Address, 0, appToken: null);
        var instance = new AppInstance(group, $"{appId}-{_instances++}", channel);
        var http = await ServeAsync(instance, kestrel => { }, "http://127.0.0.1:0", _module.MapHttp);
        var grpc = await ServeAsync(instance, kestrel => kestrel.ListenGrpc(0), null, _module.MapGrpc);
        group.Add(instance);
        await group.Engine<ActorEngine>()!.AddInstanceAsync(instance, CancellationToken.None);
        return new Sidecar(instance, new Uri(http), new GrpcConnection(grpc));
    }

    public static async Task RemoveAsync(Sidecar sidecar)
    {
        sidecar.Instance.Leave();
        sidecar.Instance.App.Remove(sidecar.Instance);
        await sidecar.Instance.App.Engine<ActorEngine>()!.RemoveInstanceAsync(sidecar.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var group in _apps.Values) await group.Engine<ActorEngine>()!.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
    }

    private async Task<string> ServeAsync(AppInstance instance, Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions> listen, string? url, Action<Microsoft.AspNetCore.Routing.IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(listen);
        if (url is not null) builder.WebHost.UseUrls(url);
        var server = builder.Build();
        server.Use(async (context, next) =>
        {
            context.Features.Set(instance);
            try
            {
                await next(context);
            }
            catch (DaprFault fault)
            {
                await DaprErrors.WriteAsync(context, fault);
            }
        });
        map(server);
        await server.StartAsync();
        _servers.Add(server);
        return server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }
}

/// <summary>The sidecar of one instance, as its app and other callers see it.</summary>
internal sealed record Sidecar(AppInstance Instance, Uri Http, GrpcConnection Grpc)
{
    private static readonly HttpClient Client = new();

    public async Task<(int Status, string Body)> SendAsync(HttpMethod verb, string path, string? body = null, string? chain = null)
    {
        using var request = new HttpRequestMessage(verb, new Uri(Http, "/v1.0/actors/" + path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (chain is not null) request.Headers.Add(ActorCall.ChainHeader, chain);
        using var response = await Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task<(int Status, string Body)> CallAsync(string actor, string method, string? body = null, string? chain = null) =>
        SendAsync(HttpMethod.Put, $"Counter/{actor}/method/{method}", body, chain);

    public Task<(int Status, string Body)> RemindAsync(string actor, string name, string body) =>
        SendAsync(HttpMethod.Post, $"Counter/{actor}/reminders/{name}", body);
}
