using Dapr;
using Dapr.Actors.Runtime;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Orchestrator.Launching;

/// <summary>The backlog: lets scans go by priority, then age, no faster than the site wants. Urgent ones do not wait.</summary>
/// <remarks>
/// A permit is told first and noted then: after a crash in between it is told again, which a life cycle takes no notice of,
/// while an alert whose permit was noted and not told would lie for the length of the deadline.
/// </remarks>
[Actor(TypeName = ActorTypes.LaunchQueue)]
public sealed partial class LaunchQueueActor(
    ActorHost host, ScanStore scans, LifecycleClient lifecycles, ScanEventPublisher events, BacklogOptions options, TimeProvider clock, ILogger<LaunchQueueActor> log)
    : ServiceActor(host), ILaunchQueue, IRemindable
{
    private const string Look = "look";

    /// <summary>Running scans looked after at each look while the backlog is blocked by them.</summary>
    private const int Sample = 8;

    private Backlog? kept;

    public async Task Enqueue(BacklogEntryV1 entry)
    {
        Backlog backlog = await TakeAsync();
        bool isNew = backlog.Add(entry with { PendingTimestamp = null, NextAttempt = 1 });
        // Before the state: a reminder of an empty backlog ends itself, a backlog without a reminder could wait for ever.
        if (!isNew || backlog.Waiting == 1) await RegisterReminderAsync(Look, [], options.LookInterval, options.LookInterval);
        if (isNew) await backlog.SaveAsync();
        await AdvanceAsync(backlog);
    }

    public async Task Launched(string scanId)
    {
        Backlog backlog = await TakeAsync();
        backlog.Launch(scanId);
        await AdvanceAsync(backlog);
    }

    public async Task Remove(string scanId)
    {
        Backlog backlog = await TakeAsync();
        backlog.Remove(scanId);
        await AdvanceAsync(backlog);
    }

    public async Task<BacklogV1> List()
    {
        Backlog backlog = await TakeAsync();
        kept = backlog;
        return new(backlog.List());
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        Backlog backlog = await TakeAsync();
        if (backlog.Waiting == 0)
        {
            await UnregisterReminderAsync(Look);
            kept = backlog;
            return;
        }

        await ReviveAsync(backlog);
        if (backlog.Running >= options.MaxConcurrentScans) await ForgetEndedAsync(backlog);
        await AdvanceAsync(backlog);
    }

    /// <summary>Permits that nobody took up come again, or the scan is given up.</summary>
    private async Task ReviveAsync(Backlog backlog)
    {
        foreach (BacklogEntryV1 entry in backlog.Overdue(Now(), options.PermitDeadline))
        {
            if (entry.NextAttempt <= options.Attempts) backlog.Change(entry with { PendingTimestamp = null });
            else await GiveUpAsync(backlog, entry);
        }
    }

    /// <summary>Lets go whoever may, and makes the turn durable.</summary>
    private async Task AdvanceAsync(Backlog backlog)
    {
        foreach (BacklogEntryV1 entry in backlog.InTurn())
        {
            bool urgent = entry.Priority >= options.AsapPriority;
            if (!urgent && !MayLaunch(backlog)) break;
            if (await scans.GetManifestAsync(entry.ScanId) is not { IsDeleted: false, Complete: false })
            {
                backlog.Remove(entry.ScanId);
                continue;
            }

            if (await TryPermitAsync(entry) is not { } heard) break;
            if (heard && entry.NextAttempt == 1) SkyDriverMetrics.QueueSeconds.Record(Math.Max(0, Now() - entry.Timestamp));
            backlog.Change(entry with { PendingTimestamp = Now(), NextAttempt = entry.NextAttempt + 1 });
            if (heard && !urgent) backlog.LastLaunch = Now();
        }

        await backlog.SaveAsync();
        SkyDriverMetrics.ScansWaiting.Set(backlog.Waiting);
        SkyDriverMetrics.ScansRunning.Set(backlog.Running);
        kept = backlog;
    }

    private bool MayLaunch(Backlog backlog)
    {
        double since = Now() - backlog.LastLaunch;
        // A start in the future: the clock was set back, and nobody is to wait until it has caught up.
        return backlog.Running < options.MaxConcurrentScans && (since < 0 || since >= options.LaunchInterval.TotalSeconds);
    }

    /// <returns>False when the scan has no life cycle; null when nobody can be told anything, so that it is no fault of the scan.</returns>
    private async Task<bool?> TryPermitAsync(BacklogEntryV1 entry)
    {
        try
        {
            bool heard = await lifecycles.RaiseAsync(entry.ScanId, WorkflowEvents.LaunchPermit, new LaunchPermitV1(entry.ScanId, entry.NextAttempt));
            if (!heard) LogNoLifecycle(entry.ScanId);
            return heard;
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
        {
            LogAway(entry.ScanId, away.Message);
            return null;
        }
    }

    /// <summary>Never in silence: the manifest says it now, and the life cycle, should it come round, ends by itself.</summary>
    private async Task GiveUpAsync(Backlog backlog, BacklogEntryV1 entry)
    {
        string reason = $"The scan was let go {options.Attempts} times and did not start once; the orchestrator's log says why. A rescan tries again.";
        LogGivenUp(entry.ScanId, options.Attempts);
        SkyDriverMetrics.ScansGivenUp.Add(1);
        await scans.UpdateManifestAsync(entry.ScanId, m => m.Complete ? null : m with
        {
            Complete = true,
            Lifecycle = m.Lifecycle with { Phase = ScanPhase.Failed, Failure = reason, EwmsDeactivated = m.Lifecycle.EwmsDeactivated ?? Deactivated.Finished, Waiting = null },
        });
        try
        {
            await lifecycles.RaiseAsync(entry.ScanId, WorkflowEvents.LaunchRefused, new LaunchRefusedV1(entry.ScanId, reason));
            await events.PhaseAsync(entry.ScanId, ScanPhase.Failed, reason, isFinal: true);
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException or DaprException)
        {
            LogAway(entry.ScanId, away.Message);
        }

        backlog.Remove(entry.ScanId);
    }

    /// <summary>Whoever ended without a word, such as a life cycle that somebody terminated, must not hold a place for ever.</summary>
    private async Task ForgetEndedAsync(Backlog backlog)
    {
        foreach (string scanId in backlog.SampleRunning(Sample))
            if (await scans.GetManifestAsync(scanId) is not { Complete: false }) backlog.Remove(scanId);
    }

    /// <summary>The field is empty during a turn, so that after a failed one the next loads what was saved last.</summary>
    private async Task<Backlog> TakeAsync()
    {
        Backlog taken = kept ?? await Backlog.LoadAsync(StateManager);
        kept = null;
        return taken;
    }

    /// <summary>Another process may have the backlog next.</summary>
    protected override Task OnDeactivateAsync()
    {
        SkyDriverMetrics.ScansWaiting.Clear();
        SkyDriverMetrics.ScansRunning.Clear();
        return Task.CompletedTask;
    }

    private double Now() => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan} may start, and has no life cycle")]
    private partial void LogNoLifecycle(string scan);

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: its life cycle cannot be told anything now, it will be tried again: {Fault}")]
    private partial void LogAway(string scan, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "scan {Scan} is given up after {Attempts} permits that it did not take up")]
    private partial void LogGivenUp(string scan, int attempts);
}
