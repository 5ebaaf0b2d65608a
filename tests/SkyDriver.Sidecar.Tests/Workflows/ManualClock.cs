namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>A clock that stands still until the test moves it; timers fire inside <see cref="Advance"/>.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _set;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return _now + _set;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _now.UtcTicks;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Timers that the test may fire by moving the clock.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _timers.Count(t => t.Due is not null);
        }
    }

    /// <summary>Moves the clock and fires what is due, one deadline after the other, as often as their owners set them again.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset end;
        lock (_gate) end = _now + by;
        while (Next(end) is { } timer) timer.Fire();
        lock (_gate) _now = end;
    }

    /// <summary>Somebody sets the clock, on or back, which is no time that passes.</summary>
    public void Set(TimeSpan by)
    {
        lock (_gate) _set += by;
    }

    private ManualTimer? Next(DateTimeOffset end)
    {
        lock (_gate)
        {
            var next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (next is null) return null;
            if (next.Due > _now) _now = next.Due.Value;
            next.Due = null;
            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset? Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == TimeSpan.Zero)
            {
                // Due already: no need to wait for the test to move the clock.
                ThreadPool.QueueUserWorkItem(_ => Fire());
                return true;
            }

            lock (clock._gate)
            {
                if (!clock._timers.Contains(this)) clock._timers.Add(this);
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock._gate) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
