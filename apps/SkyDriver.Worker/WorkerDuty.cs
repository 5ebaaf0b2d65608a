namespace SkyDriver.Worker;

/// <summary>Whether this worker has something to do, and had ever.</summary>
public sealed class WorkerDuty(TimeProvider clock)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private long _idleSince = clock.GetTimestamp();
    private int _batches;

    /// <summary>Ends with the first batch.</summary>
    public Task First => _first.Task;

    /// <summary>For how long there was nothing to do; zero while there is.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_lock) return _batches > 0 ? TimeSpan.Zero : clock.GetElapsedTime(_idleSince);
        }
    }

    /// <summary>A batch is here, until the answer is disposed of.</summary>
    public IDisposable Begin()
    {
        lock (_lock) _batches++;
        _first.TrySetResult();
        return new Batch(this);
    }

    private void End()
    {
        lock (_lock)
        {
            _batches--;
            _idleSince = clock.GetTimestamp();
        }
    }

    private sealed class Batch(WorkerDuty duty) : IDisposable
    {
        public void Dispose() => duty.End();
    }
}
