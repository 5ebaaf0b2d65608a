namespace Dapr.Actors.Runtime;

/// <summary>A durable alarm of an actor.</summary>
public interface IActorReminder
{
    string Name { get; }

    byte[] State { get; }

    TimeSpan DueTime { get; }

    /// <summary>Negative: fires once.</summary>
    TimeSpan Period { get; }
}

/// <summary>An actor that can be woken by reminders.</summary>
public interface IRemindable
{
    /// <summary>Runs as a turn of its own. Delivery is at least once; due time and period may be zero when it fires.</summary>
    Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period);
}
