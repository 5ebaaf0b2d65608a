using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;

namespace SkyDriver.Orchestrator;

/// <summary>Tells whoever listens what became of a scan.</summary>
public sealed class ScanEventPublisher(Broker broker, TimeProvider clock)
{
    public Task PhaseAsync(string scanId, string phase, string? message, bool isFinal = false) => broker.PublishAsync(
        Topics.ScanEvents,
        new ScanEventV1
        {
            ScanId = scanId,
            Kind = isFinal ? ScanEventKind.Ended : ScanEventKind.Phase,
            Phase = phase,
            Message = message,
            IsFinal = isFinal,
            Timestamp = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0,
        });
}
