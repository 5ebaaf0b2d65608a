using System.Runtime.ExceptionServices;
using SkyDriver.Contracts;

namespace SkyDriver.Worker;

/// <summary>Works through a batch on a thread of its own, so that a fit that never ends can be left behind.</summary>
/// <remarks>A thread per batch, not per fit: what it costs does not show beside a batch's work.</remarks>
internal sealed class BatchAttempt(
    PixelBatchV1 batch, int first, Func<PixelVariationV1, PixelBatchV1, CancellationToken, CancellationToken, RecoV1> fit, TimeProvider clock)
{
    /// <summary>For a fit to notice that it should end, beyond its limit.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly List<RecoV1> _answers = [];
    private readonly ManualResetEventSlim _done = new();
    private Exception? _fault;

    /// <summary>As many as were made, in the batch's order.</summary>
    public IReadOnlyList<RecoV1> Answers
    {
        get
        {
            lock (_lock) return [.. _answers];
        }
    }

    /// <summary>A fit did not end when it was told to; its answer and those after it are missing, and its thread goes on.</summary>
    public bool IsLeft { get; private set; }

    /// <exception cref="OperationCanceledException">The worker must give the batch up.</exception>
    public void Run(CancellationToken stop)
    {
        Thread thread = new(() => Work(stop)) { IsBackground = true, Name = "reco-batch" };
        thread.Start();
        TimeSpan patience = Limit == Timeout.InfiniteTimeSpan ? Limit : Limit + Grace;
        int seen = 0;
        try
        {
            while (!_done.Wait(patience, stop))
            {
                if (!Leave(unlessBeyond: seen)) seen = Answers.Count;
                else return;
            }
        }
        catch (OperationCanceledException)
        {
            // The fit may take a moment to notice; what it works with must not be used meanwhile.
            if (!_done.Wait(Grace)) Leave(unlessBeyond: int.MaxValue);
            throw;
        }

        if (_fault is not null) ExceptionDispatchInfo.Throw(_fault);
    }

    /// <returns>False when the thread ended, or has made more answers than it had.</returns>
    private bool Leave(int unlessBeyond)
    {
        lock (_lock)
        {
            if (_answers.Count > unlessBeyond || _done.IsSet) return false;
            return IsLeft = true;
        }
    }

    private TimeSpan Limit => batch.MaxPixelRecoSeconds > 0 ? TimeSpan.FromSeconds(batch.MaxPixelRecoSeconds) : Timeout.InfiniteTimeSpan;

    private void Work(CancellationToken stop)
    {
        try
        {
            for (int i = first; i < batch.Variations.Count; i++)
            {
                stop.ThrowIfCancellationRequested();
                RecoV1 reco = Timed(batch.Variations[i], stop);
                lock (_lock)
                {
                    if (IsLeft) return;
                    _answers.Add(reco);
                }
            }
        }
        catch (Exception fault)
        {
            _fault = fault;
        }
        finally
        {
            _done.Set();
        }
    }

    private RecoV1 Timed(PixelVariationV1 variation, CancellationToken stop)
    {
        using CancellationTokenSource late = new(Limit, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        long start = clock.GetTimestamp();
        RecoV1 reco = fit(variation, batch, either.Token, stop);
        reco.RuntimeSeconds = clock.GetElapsedTime(start).TotalSeconds;
        return reco;
    }
}
