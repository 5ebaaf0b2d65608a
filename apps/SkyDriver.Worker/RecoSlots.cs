using System.Collections.Concurrent;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Worker;

/// <summary>A fixed number of threads that reconstruct; batches beyond that wait their turn.</summary>
public sealed class RecoSlots : IDisposable
{
    private readonly BlockingCollection<Work> waiting = [];
    private readonly WorkerEvent ev;
    private readonly WorkerOptions options;
    private readonly TimeProvider clock;
    private readonly Lazy<Thread[]> threads;

    public RecoSlots(WorkerEvent ev, WorkerOptions options, TimeProvider clock)
    {
        (this.ev, this.options, this.clock) = (ev, options, clock);
        SkyDriverMetrics.WorkerSlots.Set(options.Slots);
        threads = new(() => [.. Enumerable.Range(0, options.Slots).Select(Start)]);
    }

    /// <exception cref="OperationCanceledException">The worker must give the batch up.</exception>
    public Task<RecoBatchV1> RunAsync(PixelBatchV1 batch, CancellationToken stop)
    {
        _ = threads.Value;
        Work work = new(batch, stop, new(TaskCreationOptions.RunContinuationsAsynchronously));
        waiting.Add(work, stop);
        return work.Done.Task;
    }

    public void Dispose() => waiting.CompleteAdding();

    private Thread Start(int slot)
    {
        Thread thread = new(Serve) { IsBackground = true, Name = $"reco-{slot}" };
        thread.Start();
        return thread;
    }

    private void Serve()
    {
        BatchReconstructor reconstructor = new(ev.Value, options, clock);
        foreach (Work work in waiting.GetConsumingEnumerable())
        {
            try
            {
                work.Done.SetResult(reconstructor.Run(work.Batch, work.Stop));
            }
            catch (OperationCanceledException given)
            {
                work.Done.SetCanceled(given.CancellationToken);
            }
            catch (Exception fault)
            {
                work.Done.SetException(fault);
            }
        }
    }

    private sealed record Work(PixelBatchV1 Batch, CancellationToken Stop, TaskCompletionSource<RecoBatchV1> Done);
}
