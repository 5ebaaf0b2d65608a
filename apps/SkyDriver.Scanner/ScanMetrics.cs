using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

/// <summary>Counts what scans do. A turn that fails and comes again is counted again: these are doings, the ledger has the truth.</summary>
internal static class ScanMetrics
{
    public const string Broker = "broker", Lease = "lease";

    public static void Sent(PixelBatchV1 batch, string route)
    {
        KeyValuePair<string, object?> by = new("route", route);
        SkyDriverMetrics.BatchesSent.Add(1, by);
        SkyDriverMetrics.VariationsSent.Add(batch.Variations.Count, by);
    }

    public static void Received(RecoV1 reco, FoldStatus status, string algorithm)
    {
        string outcome = status switch
        {
            FoldStatus.Accepted => "accepted",
            FoldStatus.Duplicate => "duplicate",
            FoldStatus.Unknown => "unknown",
            FoldStatus.Failed => "failed",
            _ => "set_aside",
        };
        SkyDriverMetrics.RecosReceived.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (reco.RuntimeSeconds > 0) SkyDriverMetrics.RecoSeconds.Record(reco.RuntimeSeconds, new KeyValuePair<string, object?>("algorithm", algorithm));
    }

    public static void Ended(ScanRun run)
    {
        KeyValuePair<string, object?> how = new("state", run.Head.State);
        SkyDriverMetrics.ScansEnded.Add(1, how);
        if (run.Head.Ended is { } ended) SkyDriverMetrics.ScanSeconds.Record(ended - run.Head.Opened, how);
        SkyDriverMetrics.Ledgers.Forget(run.ScanId);
    }

    /// <summary>After each turn.</summary>
    public static void Note(ScanRun run, TimeProvider clock)
    {
        if (run is not { IsScanning: true, Ledger: { } ledger }) return;
        ScanCounts counts = ledger.Counts();
        SkyDriverMetrics.Ledgers.Note(run.ScanId, counts.InFlight, counts.Queued, ledger.AnswersReceived, clock);
    }
}
