using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Workflows.Fleet;

/// <summary>One run of a deploy job: asks the provider for workers; and, when somebody ordered them by hand, for the rest when there was no room for all. A recruiter orders again by itself.</summary>
/// <remarks>
/// The instance id names job and attempt. A round's key names job, generation and round, not the attempt: whatever fails
/// between a submission and its report, the next try is answered with the workers of the first.
/// </remarks>
public sealed class FleetDeployment : Workflow<FleetJobV1, string>
{
    /// <returns>One of <see cref="JobStatus"/>.</returns>
    public override async Task<string> RunAsync(WorkflowContext context, FleetJobV1 input)
    {
        DateTime end = context.CurrentUtcDateTime + FleetJobSettings.Life;
        HashSet<string> workers = [];
        string? denied = null;
        for (int round = 1; ; round++)
        {
            FleetWorkersLaunchedV1 launched;
            try
            {
                launched = await LaunchAsync(context, input, workers, round);
            }
            catch (WorkflowTaskFailedException failure)
            {
                return await ReportAsync(context, new(input.JobId, input.Attempt, JobStatus.Failed, failure.FailureDetails.ErrorMessage, [.. workers]));
            }

            workers.UnionWith(launched.Workers);
            denied = launched.Denied ?? denied;
            if (launched.Fault is { } fault) return await ReportAsync(context, new(input.JobId, input.Attempt, JobStatus.Failed, fault, [.. workers], IsFinal: true));
            if (workers.Count >= input.Args.Number) return await ReportAsync(context, new(input.JobId, input.Attempt, JobStatus.Succeeded, $"{workers.Count} workers were started.", [.. workers]));
            if (input.Args.RecruiterRank is not null || context.CurrentUtcDateTime + FleetJobSettings.RoomPause > end) break;
            await ReportAsync(context, new(input.JobId, input.Attempt, JobStatus.Running, null, [.. workers], launched.Denied));
            await context.CreateTimer(FleetJobSettings.RoomPause);
        }

        // What there is room for is there; whoever wants more orders again.
        string result = workers.Count > 0 ? JobStatus.Succeeded : JobStatus.Failed;
        return await ReportAsync(context, new(input.JobId, input.Attempt, result, $"{workers.Count} of {input.Args.Number} workers were started.", [.. workers], denied, IsFinal: true));
    }

    /// <summary>Tries a few times. The first failure is told at once: people wait for these workers.</summary>
    private static async Task<FleetWorkersLaunchedV1> LaunchAsync(WorkflowContext context, FleetJobV1 input, IReadOnlyCollection<string> workers, int round)
    {
        LaunchFleetWorkersV1 request = new(input.JobId, input.Args.Number - workers.Count, $"fleet-{input.JobId}-{input.Generation}-{round}", input.Args);
        try
        {
            return await context.CallActivityAsync<FleetWorkersLaunchedV1>(ActivityNames.LaunchFleetWorkers, request, FleetJobSettings.FirstLaunch);
        }
        catch (WorkflowTaskFailedException failure)
        {
            await ReportAsync(context, new(input.JobId, input.Attempt, JobStatus.Running, failure.FailureDetails.ErrorMessage, [.. workers]));
        }

        await context.CreateTimer(FleetJobSettings.FirstPause);
        return await context.CallActivityAsync<FleetWorkersLaunchedV1>(ActivityNames.LaunchFleetWorkers, request, FleetJobSettings.Launch);
    }

    private static async Task<string> ReportAsync(WorkflowContext context, JobReportV1 report)
    {
        await context.CallActivityAsync(ActivityNames.ReportFleetJob, report, FleetJobSettings.Report);
        return report.Status;
    }
}
