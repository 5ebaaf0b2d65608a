using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

/// <summary>Tells the world how a scan stands: manifest, results, events, and its life cycle at the end. Every call may be repeated.</summary>
public sealed partial class ScanReporter(Broker broker, ScanStore scans, ResultStore results, LifecycleClient lifecycles, ILogger<ScanReporter> log)
{
    /// <summary>Reasons shown in a progress body; a scan on a broken worker may have any number.</summary>
    private const int MostReasons = 20;

    /// <summary>Reports what is due. A fault is logged only: the next report says the same and more.</summary>
    internal async Task TryReportAsync(ScanRun run, double now)
    {
        ReportDue due = run.TakeReport();
        try
        {
            if (due.Progress) await ProgressAsync(run, due, now);
            if (due.Result) await ResultAsync(run, isFinal: false, now);
        }
        catch (Exception fault) when (fault is DaprException or TimeoutException or InvalidOperationException)
        {
            LogSkipped(run.ScanId, fault.Message);
        }
    }

    /// <summary>The last words: result, progress, and the event that the life cycle waits for.</summary>
    /// <exception cref="Exception">Not everything got through; all of it is to be said again.</exception>
    internal async Task<ScanProgressV1> EndAsync(ScanRun run, double now)
    {
        ScanHead head = run.Head;
        ScanProgressV1 counts = Counts(run);
        if (run.Ledger is not null)
        {
            bool finished = head.State == ScanActorState.Finished;
            ReportDue last = finished ? ReportSchedule.Finished : new(true, true, $"The Skymap Scanner has stopped: {head.Reason}", Final: true);
            await ResultAsync(run, isFinal: finished, now);
            counts = counts with { Progress = await ProgressAsync(run, last, now) };
        }

        ScanEndedV1 end = new(run.ScanId, head.State, head.Reason, counts.Received, counts.SetAside);
        if (!await lifecycles.RaiseAsync(run.ScanId, WorkflowEvents.ScanEnded, end)) LogNoLifecycle(run.ScanId);
        return counts;
    }

    internal static ScanProgressV1 Counts(ScanRun run)
    {
        if (run.Head.Final is { } final) return final;
        if (run.Ledger is not { } ledger) return new(run.ScanId, run.Head.State, 0, 0, 0, 0, 0, 0, null, null);
        ScanCounts counts = ledger.Counts();
        return new(
            run.ScanId, run.Head.State, counts.SentVariations, counts.ReceivedVariations, counts.InFlight, counts.Duplicates, counts.Unknown, counts.SetAside,
            BestFit(ledger), Progress: null, Pending: run.IsScanning ? Math.Max(0, counts.PredictedRecos - counts.ReceivedVariations) : 0);
    }

    private async Task<JsonElement> ProgressAsync(ScanRun run, ReportDue report, double now)
    {
        ArrayBufferWriter<byte> buffer = new();
        run.Ledger!.WriteProgress(buffer, report, now);
        JsonNode body = JsonNode.Parse(buffer.WrittenSpan)!;
        BestFitV1? bestFit = BestFit(run.Ledger);
        JsonObject progress = body["progress"]!.AsObject();
        progress["best_fit"] = JsonSerializer.SerializeToNode(bestFit);
        progress["set_aside"] = SetAside(run.Ledger);
        if (await EventLooks.DescribeAsync(run.Ledger.Plan, report.Final) is { } opinions) progress["opinions"] = opinions;
        JsonElement written = JsonSerializer.SerializeToElement(progress);
        await scans.UpdateManifestAsync(run.ScanId, manifest => manifest with
        {
            Progress = written,
            EventMetadata = manifest.EventMetadata ?? body["event_metadata"].Deserialize<EventMetadataV1>(),
            ScanMetadata = manifest.ScanMetadata ?? body["scan_metadata"].Deserialize<ScanMetadataV1>(),
        });
        await TellAsync(new() { ScanId = run.ScanId, Kind = ScanEventKind.Progress, Timestamp = now, Progress = written, BestFit = bestFit });
        return written;
    }

    private async Task ResultAsync(ScanRun run, bool isFinal, double now)
    {
        SkyScanResult result = run.Ledger!.BuildResult(complete: isFinal && run.Ledger.EndReason is null);
        if (result.IsEmpty) return;
        ArrayBufferWriter<byte> json = new();
        result.WriteJson(json);
        ResultIndexV1 stored = await results.SaveAsync(run.ScanId, json.WrittenMemory, isFinal);
        if (isFinal)
        {
            await scans.UpdateManifestAsync(run.ScanId, manifest =>
                manifest.Lifecycle.HasFinalResult ? null : manifest with { Lifecycle = manifest.Lifecycle with { HasFinalResult = true } });
        }

        await TellAsync(new() { ScanId = run.ScanId, Kind = ScanEventKind.Result, Timestamp = now, ResultRevision = stored.Revision, IsFinal = isFinal });
    }

    private Task TellAsync(ScanEventV1 what) => broker.PublishAsync(Topics.ScanEvents, what);

    private static BestFitV1? BestFit(ScanLedger ledger) => ledger.BestFit is { } best
        ? new(
            best.Pixel.Nside, best.Pixel.Ipix, double.RadiansToDegrees(best.Direction.RightAscension),
            double.RadiansToDegrees(best.Direction.Declination), best.Llh)
        : null;

    private static JsonObject SetAside(ScanLedger ledger) => new()
    {
        ["count"] = ledger.SetAside.Count,
        ["reasons"] = new JsonArray([.. ledger.SetAside.Take(MostReasons).Select(v => (JsonNode)new JsonObject
        {
            ["nside"] = v.Nside,
            ["ipix"] = v.Ipix,
            ["posvar"] = v.Posvar,
            ["reason"] = v.Reason,
        })]),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: a report was skipped: {Fault}")]
    private partial void LogSkipped(string scan, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan} is over, and no life cycle waits for it")]
    private partial void LogNoLifecycle(string scan);
}
