using System.Collections.Concurrent;
using SkyDriver.Sidecar.Scheduling;

namespace SkyDriver.Sidecar.Tests.Workflows;

public sealed class TimerQueueTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Schedule_SeveralDeadlines_EachFiresAtItsTime()
    {
        using var queue = new TimerQueue(_clock);
        ConcurrentQueue<int> fired = [];
        foreach (int minute in (int[])[3, 1, 2]) queue.Schedule(_clock.GetUtcNow().AddMinutes(minute), () => fired.Enqueue(minute));
        foreach (int minute in (int[])[1, 2, 3])
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await EngineHost.UntilAsync(() => Task.FromResult(fired.Count == minute), $"{minute} have fired");
        }

        Assert.Equal([1, 2, 3], fired);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Schedule_Past_FiresAtOnce()
    {
        using var queue = new TimerQueue(_clock);
        var fired = new TaskCompletionSource();
        queue.Schedule(_clock.GetUtcNow().AddHours(-1), fired.SetResult);
        await Until.EndsAsync(fired.Task);
    }

    [Fact]
    public async Task Dispose_Entry_NeverFires()
    {
        using var queue = new TimerQueue(_clock);
        var last = new TaskCompletionSource();
        bool wrong = false;
        using (queue.Schedule(_clock.GetUtcNow().AddMinutes(1), () => wrong = true))
        {
            queue.Schedule(_clock.GetUtcNow().AddMinutes(2), last.SetResult);
        }

        Assert.Equal(1, queue.Count);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await Until.EndsAsync(last.Task);
        Assert.False(wrong);
    }

    [Fact]
    public void Dispose_ManyEntries_LeavesTheOthers()
    {
        using var queue = new TimerQueue(_clock);
        IDisposable[] entries = [.. Enumerable.Range(0, 1000).Select(i => queue.Schedule(_clock.GetUtcNow().AddDays(i + 1), () => { }))];
        foreach (var entry in entries.Skip(1)) entry.Dispose();
        Assert.Equal(1, queue.Count);
        entries[0].Dispose();
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Schedule_ClockIsSetBack_FiresAfterAsMuchTime()
    {
        using var queue = new TimerQueue(_clock);
        ConcurrentQueue<string> fired = [];
        queue.Schedule(_clock.GetUtcNow().AddMinutes(1), () => fired.Enqueue("from before"));
        _clock.Set(TimeSpan.FromHours(-1));
        queue.Schedule(_clock.GetUtcNow().AddMinutes(2), () => fired.Enqueue("since"));
        foreach (int minute in (int[])[1, 2])
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await Until.HoldsAsync(() => fired.Count == minute);
        }

        Assert.Equal(["from before", "since"], fired);
    }

    [Fact]
    public async Task Schedule_ClockIsSetBackAndForth_FiresNotEarlier()
    {
        using var queue = new TimerQueue(_clock);
        ConcurrentQueue<string> fired = [];
        queue.Schedule(_clock.GetUtcNow().AddMinutes(10), () => fired.Enqueue("ten"));
        foreach (int hours in (int[])[-1, 1])
        {
            _clock.Set(TimeSpan.FromHours(hours));
            queue.Schedule(_clock.GetUtcNow().AddMinutes(1), () => fired.Enqueue("one"));
            _clock.Advance(TimeSpan.FromMinutes(2));
        }

        await Until.HoldsAsync(() => fired.Count == 2);
        _clock.Advance(TimeSpan.FromMinutes(6));
        await Until.HoldsAsync(() => fired.Count == 3);
        Assert.Equal(["one", "one", "ten"], fired);
    }

    [Fact]
    public async Task Schedule_ClockIsSetOn_FiresAtTheNextLook()
    {
        using var queue = new TimerQueue(_clock);
        var fired = new TaskCompletionSource();
        queue.Schedule(_clock.GetUtcNow().AddHours(1), fired.SetResult);
        _clock.Set(TimeSpan.FromHours(2));
        _clock.Advance(TimeSpan.FromMinutes(5));
        await Until.EndsAsync(fired.Task);
    }

    [Fact]
    public async Task Schedule_FarDeadline_FiresWhenTheClockGetsThere()
    {
        using var queue = new TimerQueue(_clock);
        var fired = new TaskCompletionSource();
        queue.Schedule(_clock.GetUtcNow().AddDays(100), fired.SetResult);
        queue.Schedule(DateTimeOffset.MaxValue, () => { });
        _clock.Advance(TimeSpan.FromDays(99));
        Assert.False(fired.Task.IsCompleted);
        _clock.Advance(TimeSpan.FromDays(1));
        await Until.EndsAsync(fired.Task);
    }
}
