using System.Collections.Concurrent;

namespace SkyDriver.Hosting.Metrics;

/// <summary>How the open scans of this process stand, summed up when somebody looks. Scans themselves never show.</summary>
public sealed class LedgerBoard
{
    private readonly ConcurrentDictionary<string, Reading> scans = new();

    internal LedgerBoard()
    {
        SkyDriverMetrics.Observe("skydriver_scans_open", "Scans whose ledger is open in this process.", () => [new(scans.Count)]);
        SkyDriverMetrics.Observe("skydriver_variations_in_flight", "Pixel variations handed out and not answered yet.", () => [new(scans.Values.Sum(s => (double)s.InFlight))]);
        SkyDriverMetrics.Observe("skydriver_variations_queued", "Pixel variations that wait to be handed out.", () => [new(scans.Values.Sum(s => (double)s.Queued))]);
        SkyDriverMetrics.Observe(
            "skydriver_ledger_lag_seconds", "Longest time that an open scan with work handed out has been without an answer.", () => [new(scans.Values.Select(Lag).DefaultIfEmpty().Max())]);
    }

    /// <summary>Notes a scan as it stands after a turn.</summary>
    /// <param name="answers">All that came so far.</param>
    public void Note(string scanId, long inFlight, long queued, long answers, TimeProvider clock) => scans.AddOrUpdate(
        scanId,
        _ => new(inFlight, queued, answers, clock.GetTimestamp(), clock),
        (_, before) => new(inFlight, queued, answers, answers != before.Answers || before.InFlight == 0 ? clock.GetTimestamp() : before.Since, clock));

    /// <summary>The scan is over, or lives in another process now.</summary>
    public void Forget(string scanId) => scans.TryRemove(scanId, out _);

    private static double Lag(Reading scan) => scan.InFlight > 0 ? scan.Clock.GetElapsedTime(scan.Since).TotalSeconds : 0;

    /// <param name="Since">Of the last answer, or of the first work handed out; a timestamp of the clock.</param>
    private sealed record Reading(long InFlight, long Queued, long Answers, long Since, TimeProvider Clock);
}
