using Dapr;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Upkeep;

/// <summary>Now and then removes the pieces of events and results whose writer died, here or in another service.</summary>
internal sealed partial class LeftoverSweep(BlobWritings writings, ApiOptions options, TimeProvider clock, ILogger<LeftoverSweep> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer round = new(options.LeftoversAge / 4, clock);
        while (await round.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                int swept = await writings.SweepAsync(options.LeftoversAge, stoppingToken);
                if (swept > 0) LogSwept(swept);
            }
            catch (Exception away) when (away is DaprException or TimeoutException or HttpRequestException)
            {
                LogAway(away.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} events and results that were never written to their end were removed")]
    private partial void LogSwept(int count);

    [LoggerMessage(2, LogLevel.Warning, "what broken writings left was not looked for: {Reason}; tried again later")]
    private partial void LogAway(string reason);
}
