using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;

namespace SkyDriver.Api.Live;

/// <summary>Tells whoever listens what the service itself learnt of a scan. A hint: it may get lost, and nobody waits for it.</summary>
internal sealed partial class ScanAnnouncer(Broker broker, TimeProvider clock, ILogger<ScanAnnouncer> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task TellAsync(ScanEventV1 what)
    {
        using CancellationTokenSource limit = new(Patience, clock);
        try
        {
            await broker.PublishAsync(Topics.ScanEvents, what with { Timestamp = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0 }, limit.Token);
        }
        catch (Exception lost) when (lost is DaprException or HttpRequestException or OperationCanceledException)
        {
            LogLost(what.ScanId, what.Kind, lost.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "scan {ScanId}: nobody was told of its {Kind}: {Reason}")]
    private partial void LogLost(string scanId, string kind, string reason);
}
