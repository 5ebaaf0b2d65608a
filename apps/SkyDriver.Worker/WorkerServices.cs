using SkyDriver.Contracts;
using SkyDriver.Hosting;

namespace SkyDriver.Worker;

/// <summary>Puts a worker together.</summary>
public static class WorkerServices
{
    public static void AddWorker(this WebApplicationBuilder builder)
    {
        builder.AddSettings(WorkerOptions.Read);
        builder.Services.AddHttpClient<EventSource>();
        builder.Services.AddSingleton<WorkerEvent>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WorkerEvent>());
        builder.Services.AddSingleton<RecoSlots>();
        builder.Services.AddSingleton<PixelHandler>();
    }

    public static void MapWorker(this WebApplication app)
    {
        app.MapSubscribeHandler();
        app.MapPost("/pixels", (HttpRequest delivery, PixelHandler handler) => handler.HandleAsync(delivery))
            .WithTopic(Components.PubSub, Topics.Pixels(app.Services.GetRequiredService<WorkerOptions>().ScanId));
    }
}
