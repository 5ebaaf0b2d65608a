using System.Collections.Concurrent;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Worker.Agent;

namespace SkyDriver.Worker;

/// <summary>A fixed number of threads that reconstruct; batches beyond that wait their turn.</summary>
public sealed class RecoSlots : IDisposable
{
    /// <summary>Exit code of a worker in which too many fits never ended: each of them keeps a core busy.</summary>
    public const int StuckFits = 7;

    private const int MostLeftBehind = 3;
    private readonly BlockingCollection<Work> waiting = [];
    private readonly WorkerEvent ev;
    private readonly WorkerOptions options;
    private readonly TimeProvider clock;
    private readonly FailureCount? failures;
    private readonly IHostApplicationLifetime? lifetime;
    private readonly Lazy<Thread[]> threads;

    /// <param name="failures">Told how batches end; null where nobody counts.</param>
    public RecoSlots(WorkerEvent ev, WorkerOptions options, TimeProvider clock, FailureCount? failures = null, IHostApplicationLifetime? lifetime = null)
    {
        (this.ev, this.options, this.clock, this.failures, this.lifetime) = (ev, options, clock, failures, lifetime);
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
        using BatchReconstructor reconstructor = new(ev.Value, options, clock);
        foreach (Work work in waiting.GetConsumingEnumerable())
        {
            try
            {
                RecoBatchV1 found = reconstructor.Run(work.Batch, work.Stop);
                Count(found);
                work.Done.SetResult(found);
            }
            catch (OperationCanceledException given)
            {
                work.Done.SetCanceled(given.CancellationToken);
            }
            catch (Exception fault)
            {
                work.Done.SetException(fault);
            }

            if (reconstructor.LeftBehind < MostLeftBehind) continue;
            Environment.ExitCode = StuckFits;
            lifetime?.StopApplication();
        }
    }

    /// <summary>A pixel that fails is the event's matter; a whole batch of them may be this machine's.</summary>
    private void Count(RecoBatchV1 found)
    {
        if (failures is null) return;
        string[] reasons = [.. found.Recos.Select(reco => reco.Failure).Where(reason => reason.Length > 0)];
        bool areAll = reasons.Length > 0 && reasons.Length == found.Recos.Count;
        if (areAll) failures.Failed(reasons[0]);
        else failures.Succeeded();
        foreach (string reason in reasons.Skip(areAll ? 1 : 0)) failures.Note(reason);
    }

    private sealed record Work(PixelBatchV1 Batch, CancellationToken Stop, TaskCompletionSource<RecoBatchV1> Done);
}
