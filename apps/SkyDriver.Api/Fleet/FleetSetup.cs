using Microsoft.Extensions.DependencyInjection.Extensions;
using SkyDriver.Hosting;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Fleet;

/// <summary>Tasks, workers, executions and recruiters over REST.</summary>
internal static class FleetSetup
{
    public static void AddFleet(this WebApplicationBuilder builder)
    {
        builder.AddSettings(FleetStorageOptions.Read);
        builder.Services.TryAddSingleton<FleetDirectory>();
        builder.Services.AddSingleton<FleetLocator>().AddSingleton<HeartbeatCollector>().AddSingleton<DeclarationCollector>().AddSingleton<WorkerContact>().AddSingleton<WorkerAccess>();
        builder.Services.AddSingleton<TaskEndpoints>().AddSingleton<RequirementEndpoints>().AddSingleton<ExecutionEndpoints>().AddSingleton<LogEndpoints>()
            .AddSingleton<WorkerEndpoints>().AddSingleton<WorkerContactEndpoints>().AddSingleton<BatchEndpoints>().AddSingleton<RecruiterEndpoints>()
            .AddSingleton<JobEndpoints>().AddSingleton<StorageEndpoints>();
    }

    public static void MapFleet(this WebApplication app)
    {
        app.Services.GetRequiredService<TaskEndpoints>().Map(app);
        app.Services.GetRequiredService<RequirementEndpoints>().Map(app);
        app.Services.GetRequiredService<ExecutionEndpoints>().Map(app);
        app.Services.GetRequiredService<LogEndpoints>().Map(app);
        app.Services.GetRequiredService<WorkerEndpoints>().Map(app);
        app.Services.GetRequiredService<WorkerContactEndpoints>().Map(app);
        app.Services.GetRequiredService<BatchEndpoints>().Map(app);
        app.Services.GetRequiredService<RecruiterEndpoints>().Map(app);
        app.Services.GetRequiredService<JobEndpoints>().Map(app);
        app.Services.GetRequiredService<StorageEndpoints>().Map(app);
    }
}
