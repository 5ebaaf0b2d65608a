using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace SkyDriver.Sidecar.Actors;

/// <summary>What an app asks for when it registers a reminder or timer; times still as text.</summary>
internal sealed record ScheduleRequest
{
    public string? DueTime { get; init; }

    public string? Period { get; init; }

    public string? Ttl { get; init; }

    /// <summary>JSON text; empty for none.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Timers only: the method to call.</summary>
    public string? Callback { get; init; }

    /// <summary>Reminders only: false refuses a name that is taken.</summary>
    public bool Overwrite { get; init; } = true;

    public FailurePolicy? FailurePolicy { get; init; }
}

/// <summary>What happens when the app fails a reminder. No limit = tried for ever.</summary>
internal sealed record FailurePolicy(bool Drop, TimeSpan Interval, uint? MaxRetries)
{
    /// <summary>Of a reminder that was given none: three more tries at each firing.</summary>
    public static FailurePolicy Default { get; } = new(false, TimeSpan.FromSeconds(1), 3);

    /// <summary>Longest pause between the tries of a last firing.</summary>
    public static TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(1);
}

/// <summary>The rules of a stored reminder: when it fires, how often, and what follows. Pure.</summary>
internal static class ReminderRules
{
    /// <exception cref="FormatException">A time that is none.</exception>
    public static ReminderRecord Create(ActorKey actor, string name, ScheduleRequest request, DateTimeOffset now)
    {
        var due = TimeGrammar.ParseDue(request.DueTime, now);
        var repetition = TimeGrammar.ParsePeriod(request.Period);
        var record = new ReminderRecord
        {
            ActorType = actor.Type,
            ActorId = actor.Id,
            Name = name,
            Data = ByteString.CopyFrom(request.Data.Span),
            Due = Timestamp.FromDateTimeOffset(due),
            Next = Timestamp.FromDateTimeOffset(due),
            Period = repetition.Period is { } period ? Duration.FromTimeSpan(period) : null,
            Left = repetition.Count ?? 0,
            Ttl = request.Ttl ?? "",
            Expires = TimeGrammar.ParseInstant(request.Ttl, now) is { } expires ? Timestamp.FromDateTimeOffset(expires) : null,
        };
        if (request.FailurePolicy is { } policy)
        {
            record.DropOnFailure = policy.Drop;
            record.RetryInterval = Duration.FromTimeSpan(policy.Interval);
            if (policy.MaxRetries is { } max) record.MaxRetries = max;
        }

        return record;
    }

    /// <summary>How long to wait before a firing that failed is tried again; null gives it up.</summary>
    /// <remarks>
    /// Without a policy of its own a reminder is tried as often as Dapr does. But its last firing, after which nothing
    /// would be left of it, goes on with growing pauses until the app takes it: a reminder is a promise, and only its
    /// policy says that the promise may be broken.
    /// </remarks>
    public static TimeSpan? RetryAfter(ReminderRecord record, int failures)
    {
        if (record.DropOnFailure) return null;
        if (record.RetryInterval is { } interval) return record.HasMaxRetries && failures > record.MaxRetries ? null : interval.ToTimeSpan();
        if (failures <= FailurePolicy.Default.MaxRetries) return FailurePolicy.Default.Interval;
        if (!IsLast(record)) return null;
        double growth = Math.Pow(2, Math.Min(failures - (int)FailurePolicy.Default.MaxRetries!, 16));
        return TimeSpan.FromSeconds(Math.Min(FailurePolicy.Default.Interval.TotalSeconds * growth, FailurePolicy.LongestPause.TotalSeconds));
    }

    public static bool IsLast(ReminderRecord record) => record.Period is null || record.Left == 1;

    public static bool IsExpired(ReminderRecord record, DateTimeOffset now) => record.Expires is { } expires && expires.ToDateTimeOffset() <= now;

    /// <summary>The record after one firing; null when that was the last. Firings missed while nothing ran are made up for by one.</summary>
    public static ReminderRecord? Advance(ReminderRecord record, DateTimeOffset now)
    {
        if (IsLast(record)) return null;
        var next = record.Clone();
        if (next.Left > 1) next.Left--;
        var period = record.Period.ToTimeSpan();
        var due = record.Next.ToDateTimeOffset() + period;
        if (due <= now) due += period * Math.Ceiling((now - due) / period);
        next.Next = Timestamp.FromDateTimeOffset(WithinPeriod(due, period, now));
        return IsExpired(next, due) ? null : next;
    }

    /// <summary>The record as a new start of the sidecar goes on with it.</summary>
    public static ReminderRecord Resume(ReminderRecord record, DateTimeOffset now)
    {
        // The first firing may lie as far ahead as the app wished.
        if (record.Period is null || record.Next.Equals(record.Due)) return record;
        var next = record.Next.ToDateTimeOffset();
        var due = WithinPeriod(next, record.Period.ToTimeSpan(), now);
        if (due == next) return record;
        var resumed = record.Clone();
        resumed.Next = Timestamp.FromDateTimeOffset(due);
        return resumed;
    }

    /// <summary>What repeats lies no further ahead than its period, but where the clock was set back: nothing waits until it has caught up.</summary>
    private static DateTimeOffset WithinPeriod(DateTimeOffset due, TimeSpan period, DateTimeOffset now) => due - now > 1.5 * period ? now + period : due;
}
