using System.Diagnostics;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Api;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>What happens to a request, on either port of any instance: one table of routes for the whole host.</summary>
/// <remarks>Built by hand instead of with a web host: it is shared by servers that come and go, and starts in a fraction of the time.</remarks>
internal sealed class ApiPipeline : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<IEndpointRouteBuilder> _routes = [];

    public ApiPipeline(IReadOnlyList<ISidecarModule> modules, TimeProvider clock, ILoggerFactory loggers, int maxMessageBytes)
    {
        ServiceCollection services = new();
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(clock);
        services.AddOptions();
        services.AddRoutingCore();
        services.AddSingleton<DiagnosticListener>(_ => new DiagnosticListener("SkyDriver.Sidecar"));
        services.AddSingleton<DiagnosticSource>(p => p.GetRequiredService<DiagnosticListener>());
        services.Configure<GrpcServerOptions>(o => o.MaxMessageBytes = maxMessageBytes);
        _services = services.BuildServiceProvider();
        Http = Build(ApiGuard.HttpAsync, routes =>
        {
            DaprApi.MapHttp(routes);
            foreach (ISidecarModule module in modules) module.MapHttp(routes);
            ServiceInvocation.MapFallback(routes);
        });
        Grpc = Build(ApiGuard.GrpcAsync, routes =>
        {
            DaprApi.MapGrpc(routes);
            foreach (ISidecarModule module in modules) module.MapGrpc(routes);
            routes.MapGrpcReflection(DaprApi.GrpcServices);
            routes.MapGrpcUnknown();
        });
    }

    public IServiceProvider Services => _services;

    public RequestDelegate Http { get; }

    public RequestDelegate Grpc { get; }

    /// <summary>All that either port serves.</summary>
    public IEnumerable<RouteEndpoint> Routes => _routes.SelectMany(r => r.DataSources).SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();

    public void Dispose() => _services.Dispose();

    private RequestDelegate Build(Func<HttpContext, RequestDelegate, Task> guard, Action<IEndpointRouteBuilder> map)
    {
        ApplicationBuilder app = new(_services);
        app.Use(guard);
        app.UseRouting();
        app.UseEndpoints(routes =>
        {
            map(routes);
            _routes.Add(routes);
        });
        return app.Build();
    }
}
