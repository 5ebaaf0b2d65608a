using Dapr.Actors.Client;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Wakes the fleet once after the service's start, so that its cycle goes on; from then on its reminder does.</summary>
public sealed partial class FleetWaker(IActorProxyFactory actors, TimeProvider clock, ILogger<FleetWaker> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await actors.Fleet().Wake();
                return;
            }
            catch (Exception notYet)
            {
                // The sidecar starts beside us, and its placement of actors after it; or both are being stopped.
                LogNotYet(notYet.Message);
            }

            try
            {
                await Task.Delay(Pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the fleet is not awake yet: {Reason}")]
    private partial void LogNotYet(string reason);
}
