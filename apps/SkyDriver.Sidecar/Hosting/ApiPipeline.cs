using System.Collections.Concurrent;
using System.Diagnostics;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Api;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>What happens to a request, on either port of any instance: one table of routes for the whole host.</summary>
/// <remarks>Built by hand instead of with a web host: it is shared by servers that come and go, and starts in a fraction of the time.</remarks>
internal sealed class ApiPipeline : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly ConcurrentBag<IEndpointRouteBuilder> _routes = [];
    private int _warmed;

    public ApiPipeline(IReadOnlyList<ISidecarModule> modules, TimeProvider clock, ILoggerFactory loggers)
    {
        ServiceCollection services = new();
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(clock);
        services.AddOptions();
        services.AddRoutingCore();
        services.AddSingleton<DiagnosticListener>(_ => new DiagnosticListener("SkyDriver.Sidecar"));
        services.AddSingleton<DiagnosticSource>(p => p.GetRequiredService<DiagnosticListener>());
        _services = services.BuildServiceProvider();
        Task<RequestDelegate> http = Task.Run(() => Build(ApiGuard.HttpAsync, routes =>
        {
            DaprApi.MapHttp(routes);
            foreach (ISidecarModule module in modules) module.MapHttp(routes);
        }, ServiceInvocation.OtherAsync));
        Grpc = Build(ApiGuard.GrpcAsync, routes =>
        {
            DaprApi.MapGrpc(routes);
            foreach (ISidecarModule module in modules) module.MapGrpc(routes);
            routes.MapGrpcReflection(DaprApi.GrpcServices);
            routes.MapGrpcUnknown();
        });
        Http = http.GetAwaiter().GetResult();
    }

    public IServiceProvider Services => _services;

    public RequestDelegate Http { get; }

    public RequestDelegate Grpc { get; }

    /// <summary>All that either port serves.</summary>
    public IEnumerable<RouteEndpoint> Routes => _routes.SelectMany(r => r.DataSources).SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();

    /// <summary>Lets a first request pass while the ports open: it costs as much as they do, and no caller should wait for it.</summary>
    public Task WarmAsync(InstanceSidecar sidecar) => Interlocked.Exchange(ref _warmed, 1) == 1 ? Task.CompletedTask : Task.Run(() =>
    {
        DefaultHttpContext context = new() { RequestServices = _services };
        context.Features.Set(sidecar);
        context.Features.Set(sidecar.Instance);
        (context.Request.Method, context.Request.Path) = (HttpMethods.Get, "/v1.0/healthz/outbound");
        return Http(context);
    });

    public void Dispose() => _services.Dispose();

    /// <param name="other">Gets what no route takes. No route itself: it would also get what a route refuses for its verb.</param>
    private RequestDelegate Build(Func<HttpContext, RequestDelegate, Task> guard, Action<IEndpointRouteBuilder> map, RequestDelegate? other = null)
    {
        ApplicationBuilder app = new(_services);
        app.Use(guard);
        app.UseRouting();
        app.UseEndpoints(routes =>
        {
            map(routes);
            _routes.Add(routes);
        });
        if (other is not null) app.Run(other);
        return app.Build();
    }
}
