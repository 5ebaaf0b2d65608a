using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Workflows.Fleet;

/// <summary>One run of a destroy job. Workers already gone are no error.</summary>
public sealed class FleetRemoval : Workflow<FleetJobV1, string>
{
    /// <returns>One of <see cref="JobStatus"/>.</returns>
    public override async Task<string> RunAsync(WorkflowContext context, FleetJobV1 input)
    {
        JobReportV1 report;
        try
        {
            await context.CallActivityAsync<int>(ActivityNames.RemoveFleetWorkers, input, FleetJobSettings.Launch);
            report = new(input.JobId, input.Attempt, JobStatus.Succeeded);
        }
        catch (WorkflowTaskFailedException failure)
        {
            report = new(input.JobId, input.Attempt, JobStatus.Failed, failure.FailureDetails.ErrorMessage);
        }

        await context.CallActivityAsync(ActivityNames.ReportFleetJob, report, FleetJobSettings.Report);
        return report.Status;
    }
}
