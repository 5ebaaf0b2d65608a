namespace Dapr.Workflow;

/// <summary>When a failed activity or child is tried again. Waits are durable timers.</summary>
public class WorkflowRetryPolicy
{
    // A policy without a limit still has to name a date that a calendar holds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(36_500);

    /// <param name="firstRetryInterval">Above zero, and at most an hour where there is no <paramref name="maxRetryInterval"/>.</param>
    /// <param name="maxRetryInterval">At least <paramref name="firstRetryInterval"/>.</param>
    /// <param name="retryTimeout">At least <paramref name="firstRetryInterval"/>, or infinite.</param>
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRetryInterval ?? TimeSpan.FromHours(1), firstRetryInterval, nameof(maxRetryInterval));
        if (retryTimeout is { } limit && limit != Timeout.InfiniteTimeSpan) ArgumentOutOfRangeException.ThrowIfLessThan(limit, firstRetryInterval, nameof(retryTimeout));
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval;
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>Counts the first attempt.</summary>
    public int MaxNumberOfAttempts { get; }

    public TimeSpan FirstRetryInterval { get; }

    /// <summary>Each wait is this many times the one before.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>Longest wait between two attempts; null sets no limit.</summary>
    public TimeSpan? MaxRetryInterval { get; }

    /// <summary>No new attempt starts later than this after the first; infinite by default.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>The wait after the n-th attempt (n from 1) failed: first · coefficient^(n-1), at most the maximum.</summary>
    internal TimeSpan DelayAfter(int attempt)
    {
        double ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempt - 1);
        var limit = MaxRetryInterval ?? LongestWait;
        return ticks < limit.Ticks ? TimeSpan.FromTicks((long)ticks) : limit;
    }
}
