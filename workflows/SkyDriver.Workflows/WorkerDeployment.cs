using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>Starts workers at one place and tells the scan how many it may count on.</summary>
public sealed class WorkerDeployment : Workflow<WorkerDeploymentV1, int>
{
    /// <returns>Workers started.</returns>
    public override async Task<int> RunAsync(WorkflowContext context, WorkerDeploymentV1 input)
    {
        WorkersDeployedV1 deployed = await context.CallActivityAsync<WorkersDeployedV1>(ActivityNames.DeployWorkers, input, LifecycleSettings.Launch);
        await context.CallActivityAsync(ActivityNames.HintWorkers, new WorkerHintForScanV1(input.ScanId, deployed.Workers.Count), LifecycleSettings.Step);
        return deployed.Workers.Count;
    }
}
