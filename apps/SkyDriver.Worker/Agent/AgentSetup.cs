using SkyDriver.Client.Fleet;
using SkyDriver.Worker.Agent.Staging;

namespace SkyDriver.Worker.Agent;

/// <summary>Puts together what lives as long as the process does.</summary>
internal static class AgentSetup
{
    /// <summary>Batches of pixels that all failed, in a row; a crash of a reconstruction is more often the event's fault than the machine's.</summary>
    private const int PixelsPerTask = 4;

    public static void AddAgent(this WebApplicationBuilder builder, AgentOptions options)
    {
        IServiceCollection services = builder.Services;
        services.AddSingleton(options).AddSingleton(new WorkerToken(options.Token));
        services.AddHttpClient("fleet", http => (http.BaseAddress, http.Timeout) = (new($"{options.Api.AbsoluteUri.TrimEnd('/')}/"), Timeout.InfiniteTimeSpan));
        services.AddHttpClient("files", http => http.Timeout = TimeSpan.FromHours(12));
        services.AddHttpClient<ScanProbe>(http => (http.BaseAddress, http.Timeout) = (new($"{options.Api.AbsoluteUri.TrimEnd('/')}/"), TimeSpan.FromSeconds(30)));
        services.AddSingleton(all => new FleetWorkerClient(all.GetRequiredService<IHttpClientFactory>().CreateClient("fleet"), all.GetRequiredService<WorkerToken>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new WorkFolder(options.Folder)).AddSingleton<StartGate>().AddSingleton<LocalStore>().AddSingleton(_ => S3Store.FromEnvironment());
        services.AddSingleton(all => new FileStores(all.GetRequiredService<LocalStore>(), new HttpStore(all.GetRequiredService<IHttpClientFactory>().CreateClient("files")), all.GetRequiredService<S3Store>()));
        services.AddSingleton(all => new SharedFiles(all.GetRequiredService<WorkFolder>().Resources, all.GetRequiredService<FileStores>())).AddSingleton<Stager>();
        services.AddSingleton(all => new TaskTools(
            all.GetRequiredService<FleetWorkerClient>(), all.GetRequiredService<WorkFolder>(), all.GetRequiredService<Stager>(), all.GetRequiredService<StartGate>(),
            new FailureCount(options.QuarantineAfter), options, all.GetRequiredService<TimeProvider>(), all.GetRequiredService<ILogger<TaskRun>>()));
        services.AddSingleton(new FailureCount(PixelsPerTask * options.QuarantineAfter));
        services.AddSingleton<FleetAgent>();
    }
}
