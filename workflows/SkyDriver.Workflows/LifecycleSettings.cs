using Dapr.Workflow;

namespace SkyDriver.Workflows;

/// <summary>Waits of the workflows that a site need not set, by name. Constants: a replay must see what the first run saw. The others are in <see cref="SkyDriver.Contracts.LifecycleTermsV1"/>.</summary>
internal static class LifecycleSettings
{
    /// <summary>For work inside the cluster, such as a write to the store: half a minute of trouble is ridden out.</summary>
    public static WorkflowTaskOptions Step { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 6, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(15)));

    /// <summary>For launchers, which may be away for longer: about a minute and a half.</summary>
    public static WorkflowTaskOptions Launch { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 5, firstRetryInterval: TimeSpan.FromSeconds(2), backoffCoefficient: 3, maxRetryInterval: TimeSpan.FromMinutes(5)));

    /// <summary>For what must be done at the end, whatever it takes: about an hour, after which compute is called lingering.</summary>
    public static WorkflowTaskOptions Closing { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 18, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(5)));

    /// <summary>Between two looks of a waiting scan whether the backlog still has it.</summary>
    public static TimeSpan BacklogWatch { get; } = TimeSpan.FromHours(1);

    /// <summary>Between two tries to take lingering compute away, each of which lasts about an hour.</summary>
    public static TimeSpan SweepPause { get; } = TimeSpan.FromHours(1);

    /// <summary>Tries after which an operator is left alone with lingering compute: about a week.</summary>
    public const int MaxSweeps = 84;

    /// <summary>First look after the workers; later looks are twice as far apart each time, as long as all is well.</summary>
    public static TimeSpan FirstWatch { get; } = TimeSpan.FromSeconds(5);

    /// <summary>While workers are ordered and none is there: what goes wrong is to be seen soon.</summary>
    public static TimeSpan OrderWatch { get; } = TimeSpan.FromSeconds(10);

    public static TimeSpan LongestWatch { get; } = TimeSpan.FromMinutes(3);

    /// <summary>Looks before the history is folded into a fresh one.</summary>
    public const int WatchesPerHistory = 15;

    /// <summary>Between two looks whether the workers of a scan that is over are gone; twice as long each time.</summary>
    public static TimeSpan FirstRemovalPause { get; } = TimeSpan.FromMilliseconds(500);

    public static TimeSpan LongestRemovalPause { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Looks after which such workers are called lingering: about an hour.</summary>
    public const int MaxRemovalLooks = 38;
}
