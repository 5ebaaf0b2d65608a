using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>Starts workers at one place.</summary>
public sealed class WorkerDeployment : Workflow<WorkerDeploymentV1, int>
{
    /// <returns>Workers started.</returns>
    public override async Task<int> RunAsync(WorkflowContext context, WorkerDeploymentV1 input)
    {
        WorkersDeployedV1 deployed = await context.CallActivityAsync<WorkersDeployedV1>(ActivityNames.DeployWorkers, input, LifecycleSettings.Launch);
        return deployed.Workers.Count;
    }
}
