using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>The workflows behind the jobs.</summary>
public interface IJobRunner
{
    /// <summary>Starts the present attempt; one that was started already goes on.</summary>
    Task StartAsync(JobRow job);

    /// <summary>False when nobody knows the present attempt.</summary>
    Task<bool> ExistsAsync(JobRow job);

    /// <summary>Ends the present attempt; one that is over or unknown is no error.</summary>
    Task EndAsync(JobRow job);
}

/// <inheritdoc />
public sealed class WorkflowJobRunner(DaprWorkflowClient workflows) : IJobRunner
{
    public async Task StartAsync(JobRow job)
    {
        if (await ExistsAsync(job)) return;
        try
        {
            await workflows.ScheduleNewWorkflowAsync(
                job.IsDeployment ? WorkflowNames.FleetDeployment : WorkflowNames.FleetRemoval, Instance(job), new FleetJobV1(job.Job.JobId, job.Generation, job.Attempt, job.Job.Args));
        }
        catch (Exception)
        {
            // It may have been started although the answer was lost; if not, the fault stands.
            if (!await ExistsAsync(job)) throw;
        }
    }

    public async Task<bool> ExistsAsync(JobRow job) => (await workflows.GetWorkflowStateAsync(Instance(job), getInputsAndOutputs: false)).Exists;

    public async Task EndAsync(JobRow job)
    {
        if (await ExistsAsync(job)) await workflows.TerminateWorkflowAsync(Instance(job));
    }

    private static string Instance(JobRow job) => WorkflowNames.FleetJob(job.Job.JobId, job.Attempt);
}
