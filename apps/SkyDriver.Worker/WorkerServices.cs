using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Hosting;

namespace SkyDriver.Worker;

/// <summary>Puts a worker together.</summary>
public static class WorkerServices
{
    public static void AddWorker(this WebApplicationBuilder builder)
    {
        builder.AddSettings(WorkerOptions.Read);
        RequirePort(builder);
        builder.Services.AddHttpClient<EventSource>();
        builder.Services.AddSingleton<WorkerEvent>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WorkerEvent>());
        builder.Services.AddSingleton<RecoSlots>().AddSingleton<WorkerDuty>().AddSingleton<AnswerPublisher>().AddSingleton<PixelHandler>();
        builder.Services.AddHostedService<Announcer>();
        builder.Services.AddHttpClient<ScanWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ScanWatch>());
    }

    public static void MapWorker(this WebApplication app)
    {
        WorkerOptions options = app.Services.GetRequiredService<WorkerOptions>();
        app.MapSubscribeHandler();
        app.MapPost("/pixels", (HttpRequest delivery, PixelHandler handler) => handler.HandleAsync(delivery))
            .WithTopic(Components.PubSub, Topics.Pixels(options.ScanId), new Dictionary<string, string>
            {
                // A batch that waits in one worker is missing to another; brokers that do not know this have a setting of their own.
                ["maxConcurrentMessages"] = options.Slots.ToString(CultureInfo.InvariantCulture),
            });
    }

    // Without a port of its own the sidecar could not deliver, and several workers would want the framework's default one.
    private static void RequirePort(WebApplicationBuilder builder)
    {
        if (builder.Configuration["APP_PORT"] is null && builder.Configuration[WebHostDefaults.ServerUrlsKey] is null)
            throw new SettingsException(["APP_PORT is not set; start the worker through a sidecar with an app port, or set ASPNETCORE_URLS."]);
    }
}
