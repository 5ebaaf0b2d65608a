using Dapr.Workflow;

namespace SkyDriver.Workflows.Fleet;

/// <summary>Waits of the jobs of the fleet. Constants: a replay must see what the first run saw.</summary>
internal static class FleetJobSettings
{
    /// <summary>A run of a job ends itself after this; the fleet then decides whether there is another one.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromSeconds(600);

    /// <summary>Before a place that had no room for all is asked for the rest.</summary>
    public static TimeSpan RoomPause { get; } = TimeSpan.FromSeconds(30);

    /// <summary>For launchers, once: whether it fails is told before it is tried again.</summary>
    public static WorkflowTaskOptions FirstLaunch { get; } = new(new WorkflowRetryPolicy(maxNumberOfAttempts: 1, firstRetryInterval: FirstPause));

    public static TimeSpan FirstPause => TimeSpan.FromSeconds(2);

    /// <summary>And then again. The same key is used each time, so that none of the tries submits what another one did.</summary>
    public static WorkflowTaskOptions Launch { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 3, firstRetryInterval: TimeSpan.FromSeconds(6), backoffCoefficient: 3, maxRetryInterval: TimeSpan.FromMinutes(1)));

    /// <summary>For the fleet itself, which must hear of it: about ten minutes.</summary>
    public static WorkflowTaskOptions Report { get; } = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 20, firstRetryInterval: TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(45)));
}
