using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>Takes a scan's workers away, everywhere they were asked for. Workers already gone are no error.</summary>
public sealed class WorkerRemoval : Workflow<WorkerRemovalV1, int>
{
    /// <returns>Workers removed.</returns>
    public override Task<int> RunAsync(WorkflowContext context, WorkerRemovalV1 input) =>
        context.CallActivityAsync<int>(ActivityNames.RemoveWorkers, input, LifecycleSettings.Closing);
}
