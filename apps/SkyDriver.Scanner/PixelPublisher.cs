using System.Diagnostics;
using System.Globalization;
using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.Tracing;

namespace SkyDriver.Scanner;

/// <summary>Sends pixels to the workers of a scan.</summary>
public sealed partial class PixelPublisher(Broker broker, ILogger<PixelPublisher> log)
{
    /// <summary>Publishes as well as it can: what does not get through is missed later by the ledger, and comes again.</summary>
    /// <param name="trace">W3C context that the work belongs to, whatever call it came up in.</param>
    public async Task TryPublishAsync(string scanId, IReadOnlyList<PixelBatchV1> batches, string? trace)
    {
        if (batches.Count == 0) return;
        using Activity? span = SkyDriverTracing.StartSending("publish pixels", scanId, trace);
        span?.SetTag(SkyDriverTracing.Batches, batches.Count).SetTag(SkyDriverTracing.Variations, batches.Sum(b => b.Variations.Count));
        try
        {
            int refused = (await broker.PublishAllAsync(Topics.Pixels(scanId), [.. batches.Select(Wrap)])).Count;
            if (refused > 0) LogRefused(refused, batches.Count, scanId);
        }
        catch (DaprException fault)
        {
            span?.SetStatus(ActivityStatusCode.Error, fault.Message);
            LogFailed(batches.Count, scanId, fault.Message);
        }
    }

    /// <summary>Gives leased batches the context that they belong to, as published ones have it in their envelopes.</summary>
    public static IReadOnlyList<LeaseV1> Trace(string scanId, IReadOnlyList<LeaseV1> leases, string? trace)
    {
        if (leases.Count == 0) return leases;
        using Activity? span = SkyDriverTracing.StartSending("lease pixels", scanId, trace);
        span?.SetTag(SkyDriverTracing.Batches, leases.Count);
        return SkyDriverTracing.Context is { } context && span is not null ? [.. leases.Select(lease => lease with { Trace = context })] : leases;
    }

    private static ProtobufCloudEvent Wrap(PixelBatchV1 batch) => ProtobufCloudEvent.Wrap(
        string.Create(CultureInfo.InvariantCulture, $"{batch.ScanId}-{batch.BatchNumber}"), MessageTypes.PixelBatchV1, AppIds.Scanner, batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the broker refused {Refused} of {Count} pixel batches of scan {Scan}; they come again when they are overdue")]
    private partial void LogRefused(int refused, int count, string scan);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} pixel batches of scan {Scan} not published: {Fault} They come again when they are overdue")]
    private partial void LogFailed(int count, string scan, string fault);
}
