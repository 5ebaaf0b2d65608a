using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;

namespace SkyDriver.Worker;

/// <summary>One delivery: reconstruct, publish the answer, and only then say so to the broker.</summary>
public sealed partial class PixelHandler(RecoSlots slots, AnswerPublisher answers, WorkerDuty duty, WorkerOptions options, IHostApplicationLifetime lifetime, ILogger<PixelHandler> log)
{
    public async Task<IResult> HandleAsync(HttpRequest delivery)
    {
        DeliveredEvent? message = await DeliveredEvent.ReadAsync(delivery);
        string? fault = "a delivery without an envelope";
        if (message is null || !message.TryUnwrap(MessageTypes.PixelBatchV1, PixelBatchV1.Parser, out PixelBatchV1? batch, out fault))
        {
            LogDropped(fault);
            return TopicAnswer.Drop;
        }

        if (batch.ScanId != options.ScanId)
        {
            LogDropped($"batch {batch.BatchNumber} of scan {batch.ScanId}, which is not the scan of this worker,");
            return TopicAnswer.Drop;
        }

        using IDisposable busy = duty.Begin();
        LogTaken(batch.BatchNumber, batch.Variations.Count);
        // A delivery whose caller went away is delivered to somebody else: no use in finishing it.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, delivery.HttpContext.RequestAborted);
        using BatchSpan span = new(batch, message.TraceParent, options.WorkerId);
        if (!await AnswerAsync(batch, stop.Token)) return TopicAnswer.Retry;
        span.Outcome = BatchSpan.Done;
        return TopicAnswer.Success;
    }

    /// <returns>False when another worker must do it.</returns>
    private async Task<bool> AnswerAsync(PixelBatchV1 batch, CancellationToken stop)
    {
        try
        {
            await answers.PublishAsync(await slots.RunAsync(batch, stop), stop);
            return true;
        }
        catch (Exception given) when (given is OperationCanceledException or DaprException)
        {
            LogGivenUp(batch.BatchNumber, given.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "dropped: {Fault}")]
    private partial void LogDropped(string? fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "batch {Batch} taken: {Count} variations")]
    private partial void LogTaken(long batch, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "batch {Batch} given back: {Reason}")]
    private partial void LogGivenUp(long batch, string reason);
}
