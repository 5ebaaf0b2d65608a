using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>Starts workers at one place.</summary>
public sealed class WorkerDeployment : Workflow<WorkerDeploymentV1, WorkersStartedV1>
{
    public override Task<WorkersStartedV1> RunAsync(WorkflowContext context, WorkerDeploymentV1 input) =>
        context.CallActivityAsync<WorkersStartedV1>(ActivityNames.DeployWorkers, input, LifecycleSettings.Launch);
}
