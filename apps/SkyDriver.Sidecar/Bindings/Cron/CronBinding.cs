using System.Collections.Concurrent;
using System.Globalization;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings.Cron;

/// <summary>Sends an event without data whenever a schedule says so (<c>bindings.cron</c>); each reader gets every event.</summary>
/// <remarks>As in Dapr, an event that the app fails is not sent again, and one that comes while the app still works on another is sent
/// beside it; only of those that pile up without an answer some are left out.</remarks>
internal sealed class CronBinding : IInputBinding
{
    private const int MostUnderWay = 10;
    // Timers reach no farther than 49 days, and a clock may be set meanwhile.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(10);

    private readonly string _name;
    private readonly CronSchedule _schedule;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    /// <exception cref="ResourceException">The schedule is missing or none.</exception>
    public CronBinding(ComponentSpec component, TimeProvider clock, ILogger logger)
    {
        (_name, _clock, _logger) = (component.Name, clock, logger);
        string text = component.Required("schedule");
        try
        {
            _schedule = CronSchedule.Parse(text, clock.LocalTimeZone);
        }
        catch (FormatException fault)
        {
            throw component.Fault("schedule", text, fault.Message);
        }
    }

    public async Task ReadAsync(Func<InputEvent, Task<InputResult>> deliver, CancellationToken ct)
    {
        ConcurrentDictionary<Task, byte> underWay = new();
        try
        {
            while (_schedule.Next(_clock.GetUtcNow()) is { } next)
            {
                await SleepUntilAsync(next, ct);
                if (underWay.Count >= MostUnderWay)
                {
                    _logger.LogWarning("The schedule {Name} leaves out an event: the app has not answered the last {Count}.", _name, MostUnderWay);
                    continue;
                }

                Task handling = SendAsync(deliver);
                underWay[handling] = 0;
                _ = handling.ContinueWith(done => underWay.TryRemove(done, out _), TaskScheduler.Default);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        }
        finally
        {
            await Task.WhenAll(underWay.Keys);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task SleepUntilAsync(DateTimeOffset time, CancellationToken ct)
    {
        while (time - _clock.GetUtcNow() is { Ticks: > 0 } left) await Task.Delay(left < LongestSleep ? left : LongestSleep, _clock, ct);
    }

    private async Task SendAsync(Func<InputEvent, Task<InputResult>> deliver)
    {
        Dictionary<string, string> metadata = new()
        {
            ["timeZone"] = _clock.LocalTimeZone.Id,
            ["readTimeUTC"] = _clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'", CultureInfo.InvariantCulture),
        };
        try
        {
            await deliver(new InputEvent([], metadata));
        }
        catch (OperationCanceledException)
        {
            // The app is gone.
        }
    }
}
