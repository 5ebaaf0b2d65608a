using System.Diagnostics;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.Tracing;

namespace SkyDriver.Worker;

/// <summary>What is shown of one batch, however it came here: a span from its taking to its answer, and a count of what became of it.</summary>
/// <param name="sender">W3C context that came with it; null when nobody records.</param>
internal sealed class BatchSpan(PixelBatchV1 batch, string? sender, string worker) : IDisposable
{
    public const string Done = "done", GivenBack = "given_back";

    /// <summary>Its lease was over before the answer came: somebody else does it.</summary>
    public const string Late = "late";

    private readonly Activity? span = SkyDriverTracing.StartTaking("reconstruct batch", batch.ScanId, sender)
        ?.SetTag(SkyDriverTracing.Batch, batch.BatchNumber).SetTag(SkyDriverTracing.Variations, batch.Variations.Count).SetTag(SkyDriverTracing.Worker, worker);

    /// <summary>One of the words above.</summary>
    public string Outcome { get; set; } = GivenBack;

    public void Dispose()
    {
        if (Outcome != Done) span?.SetStatus(ActivityStatusCode.Error, Outcome.Replace('_', ' '));
        span?.Dispose();
        SkyDriverMetrics.WorkerBatches.Add(1, new KeyValuePair<string, object?>("outcome", Outcome));
    }
}
