namespace Dapr.Actors.Runtime;

/// <summary>Registers reminders and timers; a test replaces it to see what an actor asks for.</summary>
public abstract class ActorTimerManager
{
    public abstract Task RegisterReminderAsync(ActorReminder reminder);

    /// <summary>Null when there is no such reminder.</summary>
    public abstract Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder);

    public abstract Task UnregisterReminderAsync(ActorReminderToken reminder);

    public abstract Task RegisterTimerAsync(ActorTimer timer);

    public abstract Task UnregisterTimerAsync(ActorTimerToken timer);
}

/// <summary>Reminders and timers kept by the sidecar.</summary>
internal sealed class SidecarTimerManager(ActorApi api) : ActorTimerManager
{
    public override Task RegisterReminderAsync(ActorReminder reminder) =>
        api.RegisterReminderAsync(reminder.ActorType, reminder.ActorId.GetId(), reminder.Name, new ActorApi.ReminderRequest
        {
            DueTime = ActorDurations.Format(reminder.DueTime),
            Period = ActorDurations.FormatPeriod(reminder.Period, reminder.Repetitions),
            Data = reminder.State,
            Ttl = ActorDurations.Format(reminder.Ttl),
        }, CancellationToken.None);

    public override async Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder)
    {
        var found = await api.GetReminderAsync(reminder.ActorType, reminder.ActorId.GetId(), reminder.Name, CancellationToken.None);
        if (found is null) return null!;
        var period = string.IsNullOrEmpty(found.Period) ? Timeout.InfiniteTimeSpan : ActorDurations.Parse(found.Period);
        return new ActorReminder(reminder.ActorType, reminder.ActorId, reminder.Name, found.Data, ActorDurations.Parse(found.DueTime), period);
    }

    public override Task UnregisterReminderAsync(ActorReminderToken reminder) =>
        api.UnregisterReminderAsync(reminder.ActorType, reminder.ActorId.GetId(), reminder.Name, CancellationToken.None);

    public override Task RegisterTimerAsync(ActorTimer timer) =>
        api.RegisterTimerAsync(timer.ActorType, timer.ActorId.GetId(), timer.Name, new ActorApi.TimerRequest
        {
            DueTime = ActorDurations.Format(timer.DueTime),
            Period = ActorDurations.Format(timer.Period),
            Callback = timer.TimerCallback,
            Data = timer.Data,
            Ttl = ActorDurations.Format(timer.Ttl),
        }, CancellationToken.None);

    public override Task UnregisterTimerAsync(ActorTimerToken timer) =>
        api.UnregisterTimerAsync(timer.ActorType, timer.ActorId.GetId(), timer.Name, CancellationToken.None);
}
