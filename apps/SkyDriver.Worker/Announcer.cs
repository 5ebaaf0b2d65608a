using Dapr;
using Dapr.Client;

namespace SkyDriver.Worker;

/// <summary>Tells the scan that this worker listens, as soon as its subscription is live.</summary>
/// <remarks>
/// A broker may drop pixels that were sent before anybody subscribed, so the scan sends none until the first word. A word may be lost,
/// as may the pixels: it is said again, ever more rarely, until a batch arrives.
/// </remarks>
public sealed partial class Announcer(AnswerPublisher answers, WorkerDuty duty, DaprClient dapr, WorkerOptions options, TimeProvider clock, ILogger<Announcer> log)
    : BackgroundService
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(50), LongestProbe = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10), LongestPause = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await UntilSubscribedAsync(stoppingToken);
            for (TimeSpan pause = FirstPause; !duty.First.IsCompleted; pause = Min(2 * pause, LongestPause))
            {
                await AnnounceAsync(stoppingToken);
                await Task.WhenAny(duty.First, Task.Delay(pause, clock, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    /// <summary>The sidecar is healthy, other than merely ready for outbound calls, when it has subscribed for its app.</summary>
    private async Task UntilSubscribedAsync(CancellationToken stop)
    {
        for (TimeSpan wait = Probe; !await dapr.CheckHealthAsync(stop); wait = Min(2 * wait, LongestProbe)) await Task.Delay(wait, clock, stop);
    }

    private async Task AnnounceAsync(CancellationToken stop)
    {
        try
        {
            await answers.PublishAsync(new() { ScanId = options.ScanId, WorkerId = options.WorkerId, Slots = options.Slots }, stop);
        }
        catch (DaprException away)
        {
            LogUnheard(away.Message);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Warning, Message = "the scan was not told that this worker listens; it is told again: {Fault}")]
    private partial void LogUnheard(string fault);
}
