using System.Threading.Channels;

namespace Dapr.Sdk.Tests.Fakes;

/// <summary>A clock that stands still: its timers fire when the test says so, one by one.</summary>
internal sealed class StepClock : TimeProvider
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<Timer> _delays = Channel.CreateUnbounded<Timer>();
    private readonly Channel<Timer> _periodic = Channel.CreateUnbounded<Timer>();

    /// <summary>The next timer that fires again and again, once it is set.</summary>
    public Task<Timer> NextPeriodicAsync() => NextAsync(_periodic);

    /// <summary>The next delay, once somebody waits for it.</summary>
    public Task<Timer> NextDelayAsync() => NextAsync(_delays);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state, dueTime, period);
        (period == Timeout.InfiniteTimeSpan ? _delays : _periodic).Writer.TryWrite(timer);
        return timer;
    }

    private static async Task<Timer> NextAsync(Channel<Timer> timers)
    {
        using var limit = new CancellationTokenSource(Limit);
        return await timers.Reader.ReadAsync(limit.Token);
    }

    internal sealed class Timer(TimerCallback callback, object? state, TimeSpan due, TimeSpan period) : ITimer
    {
        private volatile bool _disposed;

        public TimeSpan Due => due;

        public TimeSpan Period => period;

        public void Fire()
        {
            if (!_disposed) callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => !_disposed;

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
