using Dapr.AspNetCore;
using SkyDriver.Contracts;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.Doctor;
using SkyDriver.Hosting.Startup;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Scanner;

/// <summary>Puts the scanner together.</summary>
public static class ScannerServices
{
    public static void AddScanner(this WebApplicationBuilder builder)
    {
        builder.AddSettings(ScannerOptions.Read);
        builder.AddComponentCheck(ComponentNeeds.Scanner);
        builder.Services.AddDoctor();
        builder.Services.AddLifecycleClient();
        builder.Services.AddSingleton<ScanPlans>().AddSingleton<ScanReporter>().AddSingleton<PixelPublisher>().AddSingleton<RecosHandler>();
        builder.Services.AddActors(actors => actors.Actors.RegisterActor<ScanActor>(ActorTypes.Scan));
    }

    public static void MapScanner(this WebApplication app)
    {
        ScannerOptions options = app.Services.GetRequiredService<ScannerOptions>();
        app.UseSidecarOnly();
        app.MapActorsHandlers();
        app.MapSubscribeHandler();
        app.MapDoctor();
        app.MapPost("/recos", (HttpRequest delivery, RecosHandler handler) => handler.HandleAsync(delivery))
            .WithTopic(Components.PubSub, Topics.Recos)
            .WithBulkSubscribe(new BulkSubscribeTopicOptions
            {
                TopicName = Topics.Recos,
                MaxMessagesCount = options.BulkMessages,
                MaxAwaitDurationMs = (int)options.BulkWait.TotalMilliseconds,
            });
    }
}
