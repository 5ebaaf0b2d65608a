namespace SkyDriver.Contracts.Fleet;

/// <summary>Ids of tasks, executions, requirements and signals come in blocks, each of one batch, so that an id finds its batch.</summary>
public static class FleetIds
{
    public const int PerBlock = 1000;

    /// <summary>The batch of tasks and workers that name none.</summary>
    public const string DefaultBatch = "Default";

    public static long BlockOf(long id) => id / PerBlock;
}

/// <summary>Input of <see cref="WorkflowNames.FleetDeployment"/> and <see cref="WorkflowNames.FleetRemoval"/>.</summary>
/// <param name="Generation">Restarts by hand; part of a submission's key, which automatic retries share.</param>
/// <param name="Attempt">Runs of the job, of whatever kind.</param>
public sealed record FleetJobV1(long JobId, int Generation, int Attempt, JobArgsV1 Args);

/// <summary>Input of <see cref="ActivityNames.LaunchFleetWorkers"/>.</summary>
/// <param name="Number">Workers still missing.</param>
/// <param name="IdempotencyKey">Job, attempt and round; a repeat starts nothing new.</param>
public sealed record LaunchFleetWorkersV1(long JobId, int Number, string IdempotencyKey, JobArgsV1 Args);

/// <summary>Output of <see cref="ActivityNames.LaunchFleetWorkers"/>.</summary>
/// <param name="Fault">What is wrong with the request, so that asking again would not help; else null.</param>
public sealed record FleetWorkersLaunchedV1(IReadOnlyList<string> Workers, string? Denied = null, string? Fault = null);
