using SkyDriver.Contracts;
using SkyDriver.Hosting;

namespace SkyDriver.Worker.Agent;

/// <summary>Serves one scan: a host of its own with one subscription, from its start to the scan's end or the worker's move to another.</summary>
internal static class ScanLife
{
    /// <param name="isFirst">The sidecar was started with this process and reads once what is subscribed to: whoever comes later fetches its pixels from the service.</param>
    /// <returns>Exit code of the host.</returns>
    public static Task<int> RunAsync(string[] args, string scan, bool isFirst, FleetAgent agent, FailureCount pixels, WorkerToken token) => SkyDriverHost.RunAsync(
        args,
        builder =>
        {
            builder.Configuration[WorkerEnvironment.ScanId] = scan;
            builder.Configuration[WorkerEnvironment.Token] = token.Now;
            if (!isFirst) builder.Configuration[WorkerEnvironment.Work] = "gateway";
            builder.Services.AddSingleton(pixels);
            builder.Services.AddHostedService(services => new End(scan, agent, services.GetRequiredService<IHostApplicationLifetime>()));
            builder.AddWorker();
        },
        app => app.MapWorker());

    /// <summary>Ends the host when the agent has something else in mind.</summary>
    private sealed class End(string scan, FleetAgent agent, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                while (true)
                {
                    Task changed = agent.Changed;
                    if (agent.Batch != scan || agent.Quarantine is not null || agent.IsToRestart) break;
                    await changed.WaitAsync(stoppingToken);
                }

                lifetime.StopApplication();
            }
            catch (OperationCanceledException)
            {
                // The scan is over.
            }
        }
    }
}
