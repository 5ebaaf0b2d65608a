namespace SkyDriver.Apps.Tests.Client;

/// <summary>A clock that skips pauses but lets time limits be: short waits are over at once and move it on, long ones never end.</summary>
internal sealed class PausesSkipped(TimeSpan longestPause) : TimeProvider
{
    private readonly TimeSpan _longestPause = longestPause;
    private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

    public List<TimeSpan> Pauses { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Wait wait = new(this, callback, state);
        wait.Change(dueTime, period);
        return wait;
    }

    private sealed class Wait(PausesSkipped clock, TimerCallback callback, object? state) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan || dueTime > clock._longestPause) return true;
            Interlocked.Add(ref clock._ticks, dueTime.Ticks);
            lock (clock.Pauses) clock.Pauses.Add(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

}
