namespace Dapr.Actors.Runtime;

/// <summary>Names a reminder.</summary>
public class ActorReminderToken
{
    public ActorReminderToken(string actorType, ActorId actorId, string name)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentNullException.ThrowIfNull(name);
        (ActorType, ActorId, Name) = (actorType, actorId, name);
    }

    public string ActorType { get; }

    public ActorId ActorId { get; }

    public string Name { get; }
}

/// <summary>A reminder with its schedule.</summary>
public class ActorReminder : ActorReminderToken, IActorReminder
{
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, state, dueTime, period, null, null)
    {
    }

    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, state, dueTime, period, null, ttl)
    {
    }

    public ActorReminder(
        string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        if (repetitions is < 1) throw new ArgumentOutOfRangeException(nameof(repetitions), repetitions, "A reminder repeats at least once.");
        if (repetitions is not null && period < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(period), period, "A reminder that repeats needs a period of zero or more; without one, leave out the repetitions.");
        }

        if (ttl < dueTime) throw new ArgumentOutOfRangeException(nameof(ttl), ttl, "The reminder would end before it is due.");
        (State, DueTime, Period, Repetitions, Ttl) = (state ?? [], dueTime, period, repetitions, ttl);
    }

    public byte[] State { get; }

    public TimeSpan DueTime { get; }

    public TimeSpan Period { get; }

    public int? Repetitions { get; }

    public TimeSpan? Ttl { get; }
}
