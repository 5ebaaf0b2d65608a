using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Bindings.Cron;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Bindings;

public sealed class CronBindingTests
{
    private readonly ManualClock _clock = new();
    private readonly ConcurrentQueue<string> _times = [];

    [Fact]
    public async Task Read_TimePasses_SendsAnEventAtEachTime()
    {
        using CancellationTokenSource stop = new();
        Task reading = Binding("@every 1h").ReadAsync(Answer, stop.Token);
        for (int hour = 1; hour <= 3; hour++)
        {
            await AdvanceAsync(TimeSpan.FromHours(1), hour);
            Assert.Equal(hour, _times.Count);
        }

        Assert.Equal("2026-01-01 01:00:00.0000000 +0000 UTC", _times.First());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Read_AppDoesNotAnswer_EventsGoOnUpToALimitAndTheEndWaits()
    {
        using CancellationTokenSource stop = new();
        TaskCompletionSource answer = new();
        int started = 0;
        Task reading = Binding("* * * * * *").ReadAsync(
            async _ =>
            {
                Interlocked.Increment(ref started);
                await answer.Task;
                return new InputResult([], null);
            },
            stop.Token);
        for (int second = 1; second <= 10; second++) await UntilAsync(() => Volatile.Read(ref started) == second);
        await stop.CancelAsync();
        Assert.False(reading.IsCompleted);
        answer.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(10, started);
    }

    [Fact]
    public void Create_BadSchedule_NamesFieldValueAndRemedy()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => Binding("61 * * * * *"));
        foreach (string word in new[] { "file.yaml", "schedule", "61 * * * * *", "from 0 to 59" }) Assert.Contains(word, fault.Message);
        Assert.Contains("schedule", Assert.Throws<ResourceException>(() => new CronBinding(Specs.Of("bindings.cron"), _clock, NullLogger.Instance)).Message);
    }

    private CronBinding Binding(string schedule) => new(Specs.Of("bindings.cron", ("schedule", schedule)), _clock, NullLogger.Instance);

    private Task<InputResult> Answer(InputEvent given)
    {
        Assert.Empty(given.Data);
        _times.Enqueue(given.Metadata["readTimeUTC"]);
        return Task.FromResult(new InputResult([], null));
    }

    /// <summary>Moves the clock in steps that the binding's own sleeps allow.</summary>
    private async Task AdvanceAsync(TimeSpan by, int events)
    {
        DateTimeOffset end = _clock.GetUtcNow() + by;
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (_times.Count < events || _clock.GetUtcNow() < end)
        {
            Assert.True(DateTime.UtcNow < limit, "the event did not come");
            if (_clock.Waiting > 0 && _clock.GetUtcNow() < end) _clock.Advance(TimeSpan.FromMinutes(1));
            else await Task.Delay(1);
        }
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        DateTime limit = DateTime.UtcNow.AddSeconds(60);
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < limit, "the event did not come");
            if (_clock.Waiting > 0) _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
    }
}
