using System.Diagnostics;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.Tracing;

namespace SkyDriver.Scanner;

/// <summary>One bulk delivery of reconstructions: sorted by scan, each scan's share to its actor, acknowledged when the actor has it on record.</summary>
public sealed partial class RecosHandler(IActorProxyFactory actors, ILogger<RecosHandler> log)
{
    /// <summary>Records in one call of an actor stay below this, bytes; base64 and the sidecar's 4 MiB are above it.</summary>
    private const int MaxCallBytes = 1 << 20;

    public async Task<BulkAnswer> HandleAsync(HttpRequest delivery)
    {
        List<BulkEntryAnswer> answers = [];
        Dictionary<string, List<(BulkEntry Entry, byte[] Data)>> byScan = [];
        foreach (BulkEntry entry in await BulkDelivery.ReadAsync(delivery))
        {
            string? fault = "it has no envelope";
            if (entry.Event is not null && entry.Event.TryUnwrap(MessageTypes.RecoBatchV1, RecoBatchV1.Parser, out RecoBatchV1? batch, out fault) && batch.ScanId != "")
            {
                if (!byScan.TryGetValue(batch.ScanId, out List<(BulkEntry, byte[])>? share)) byScan[batch.ScanId] = share = [];
                share.Add((entry, entry.Event.DataBase64!));
                continue;
            }

            LogDropped(entry.EntryId, fault ?? "it names no scan");
            answers.Add(new(entry.EntryId, BulkEntryAnswer.Drop));
        }

        BulkEntryAnswer[][] recorded = await Task.WhenAll(byScan.Select(scan => RecordAsync(scan.Key, scan.Value)));
        return new([.. answers, .. recorded.SelectMany(r => r)]);
    }

    private async Task<BulkEntryAnswer[]> RecordAsync(string scanId, List<(BulkEntry Entry, byte[] Data)> share)
    {
        IScanActor actor = actors.CreateActorProxy<IScanActor>(new ActorId(scanId), ActorTypes.Scan);
        List<BulkEntryAnswer> answers = [];
        for (int first = 0; first < share.Count;)
        {
            int bytes = 0;
            (BulkEntry Entry, byte[] Data)[] call = [.. share.Skip(first).TakeWhile((item, i) => (bytes += item.Data.Length) <= MaxCallBytes || i == 0)];
            first += call.Length;
            string status = await RecordAsync(actor, scanId, call) ? BulkEntryAnswer.Success : BulkEntryAnswer.Retry;
            answers.AddRange(call.Select(item => new BulkEntryAnswer(item.Entry.EntryId, status)));
        }

        return [.. answers];
    }

    private async Task<bool> RecordAsync(IScanActor actor, string scanId, (BulkEntry Entry, byte[] Data)[] call)
    {
        using Activity? span = SkyDriverTracing.StartTaking("record reconstructions", scanId, call[0].Entry.Event?.TraceParent, call.Select(item => item.Entry.Event?.TraceParent));
        span?.SetTag(SkyDriverTracing.Batches, call.Length);
        try
        {
            await actor.RecordRecos(new([.. call.Select(item => item.Data)]));
            return true;
        }
        catch (Exception unreachable) when (unreachable is DaprException or HttpRequestException or OperationCanceledException)
        {
            span?.SetStatus(ActivityStatusCode.Error, unreachable.Message);
            LogGivenBack(call.Length, scanId, unreachable.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "reconstructions {Entry} dropped: {Fault}")]
    private partial void LogDropped(string entry, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} batches of scan {Scan} given back: {Fault}")]
    private partial void LogGivenBack(int count, string scan, string fault);
}
