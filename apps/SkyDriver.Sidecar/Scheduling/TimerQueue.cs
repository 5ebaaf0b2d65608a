namespace SkyDriver.Sidecar.Scheduling;

/// <summary>
/// Any number of deadlines on one timer of the clock. Callbacks run on the thread pool, in the order of their deadlines,
/// and must not throw.
/// </summary>
/// <remarks>A deadline comes when as much time has passed as it was ahead: a clock that is set back delays nothing. One that is set on, further than it ever was, brings deadlines nearer.</remarks>
internal sealed class TimerQueue : IDisposable
{
    /// <summary>Longest sleep: a step of the clock ahead, and the end of a machine's sleep, are noticed after this time at the latest.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Entry, (long Ticks, long Order)> _queue = new();
    private readonly DateTimeOffset _clockStart;
    private readonly long _start;
    private TimeSpan _lead;
    private long _order;
    private int _cancelled;
    private bool _disposed;

    public TimerQueue(TimeProvider clock)
    {
        (_clock, _clockStart, _start) = (clock, clock.GetUtcNow(), clock.GetTimestamp());
        _timer = clock.CreateTimer(static self => ((TimerQueue)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Entries that have neither fired nor been taken back.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _queue.Count - _cancelled;
        }
    }

    /// <summary>Runs the callback at the given time, at once when it is past. Dispose the result to take it back.</summary>
    public IDisposable Schedule(DateTimeOffset due, Action callback)
    {
        var entry = new Entry(this, callback);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _queue.Enqueue(entry, ((Now() + (due - _clock.GetUtcNow())).Ticks, _order++));
            if (ReferenceEquals(_queue.Peek(), entry)) Arm();
        }

        return entry;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _queue.Clear();
        }

        _timer.Dispose();
    }

    private void Fire()
    {
        List<Entry> due = [];
        lock (_gate)
        {
            if (_disposed) return;
            long now = Now().Ticks;
            while (_queue.TryPeek(out var entry, out var place) && (entry.IsSpent || place.Ticks <= now))
            {
                _queue.Dequeue();
                if (entry.IsSpent) _cancelled--;
                else due.Add(entry);
            }

            Arm();
        }

        foreach (var entry in due)
        {
            if (entry.Take() is { } callback) ThreadPool.UnsafeQueueUserWorkItem(static run => run(), callback, preferLocal: false);
        }
    }

    private void Arm()
    {
        if (!_queue.TryPeek(out _, out var next)) return;
        var wait = TimeSpan.FromTicks(Math.Max(0, next.Ticks - Now().Ticks));
        // Timers count whole milliseconds: rounding up keeps one from firing too early and again at once.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer.Change(wait < LongestSleep ? wait : LongestSleep, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Time since the start, and the most by which the clock was ever ahead of it.</summary>
    private TimeSpan Now()
    {
        // In this order: a pause between the two readings must not look as if the clock had been set on.
        var clock = _clock.GetUtcNow() - _clockStart;
        var passed = _clock.GetElapsedTime(_start);
        if (clock - passed > _lead) _lead = clock - passed;
        return passed + _lead;
    }

    private void Forget()
    {
        lock (_gate)
        {
            _cancelled++;
            if (_cancelled < 64 || _cancelled < _queue.Count / 2) return;
            // Entries taken back long before their time would pile up otherwise.
            var live = _queue.UnorderedItems.Where(item => !item.Element.IsSpent).ToArray();
            _queue.Clear();
            _queue.EnqueueRange(live);
            _cancelled = 0;
        }
    }

    private sealed class Entry(TimerQueue owner, Action callback) : IDisposable
    {
        private Action? _callback = callback;

        public bool IsSpent => Volatile.Read(ref _callback) is null;

        public Action? Take() => Interlocked.Exchange(ref _callback, null);

        public void Dispose()
        {
            if (Take() is not null) owner.Forget();
        }
    }
}
