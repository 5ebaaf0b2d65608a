using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Startup;
using SkyDriver.Worker.Gateway;

namespace SkyDriver.Worker;

/// <summary>Puts a worker together.</summary>
public static class WorkerServices
{
    /// <summary>Longer than the service lets a request for work wait.</summary>
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(100);

    public static void AddWorker(this WebApplicationBuilder builder)
    {
        WorkerOptions options = builder.AddSettings(WorkerOptions.Read);
        builder.Services.AddHttpClient<EventSource>(http => Identify(http, options));
        builder.Services.AddSingleton<WorkerEvent>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WorkerEvent>());
        builder.Services.AddSingleton<RecoSlots>().AddSingleton<WorkerDuty>();
        if (options.UsesGateway) AddGateway(builder, options);
        else AddSidecar(builder, options);
    }

    public static void MapWorker(this WebApplication app)
    {
        app.UseSidecarOnly();
        WorkerOptions options = app.Services.GetRequiredService<WorkerOptions>();
        if (options.UsesGateway) return;
        app.MapSubscribeHandler();
        app.MapPost("/pixels", (HttpRequest delivery, PixelHandler handler) => handler.HandleAsync(delivery))
            .WithTopic(Components.PubSub, Topics.Pixels(options.ScanId), new Dictionary<string, string>
            {
                // A batch that waits in one worker is missing to another; brokers that do not know this have a setting of their own.
                ["maxConcurrentMessages"] = options.Slots.ToString(CultureInfo.InvariantCulture),
            });
    }

    private static void AddSidecar(WebApplicationBuilder builder, WorkerOptions options)
    {
        builder.AddComponentCheck(ComponentNeeds.Worker);
        RequirePort(builder);
        builder.Services.AddSingleton<AnswerPublisher>().AddSingleton<PixelHandler>();
        builder.Services.AddHostedService<Announcer>();
        builder.Services.AddHttpClient<ScanWatch>(http => Identify(http, options));
        builder.Services.AddHostedService(services => services.GetRequiredService<ScanWatch>());
    }

    private static void AddGateway(WebApplicationBuilder builder, WorkerOptions options)
    {
        // Nobody calls such a worker; whoever wants its health finds it on this machine, where a port was given.
        if (builder.Configuration["APP_PORT"] is null && builder.Configuration[WebHostDefaults.ServerUrlsKey] is null) builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HealthCheckServiceOptions>(checks => checks.Registrations.Clear());
        builder.Services.AddHttpClient<GatewayClient>(http =>
        {
            http.Timeout = LongPoll;
            Identify(http, options);
        });
        builder.Services.AddHostedService<GatewayLoop>();
    }

    private static void Identify(HttpClient http, WorkerOptions options)
    {
        if (options.Token is { } token) http.DefaultRequestHeaders.Authorization = new("Bearer", token);
    }

    // Without a port of its own the sidecar could not deliver, and several workers would want the framework's default one.
    private static void RequirePort(WebApplicationBuilder builder)
    {
        if (builder.Configuration["APP_PORT"] is null && builder.Configuration[WebHostDefaults.ServerUrlsKey] is null)
            throw new SettingsException(["APP_PORT is not set; start the worker through a sidecar with an app port, or set ASPNETCORE_URLS."]);
    }
}
