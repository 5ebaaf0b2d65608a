using System.Globalization;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Asks a launcher for workers, and notes them in the manifest.</summary>
public sealed class DeployWorkers(WorkerLaunchers launchers, ScanStore scans, OrchestratorOptions options) : WorkflowActivity<WorkerDeploymentV1, WorkersDeployedV1>
{
    public override async Task<WorkersDeployedV1> RunAsync(WorkflowActivityContext context, WorkerDeploymentV1 input)
    {
        Dictionary<string, string> environment = new()
        {
            [WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/'),
            [WorkerEnvironment.ScanId] = input.ScanId,
            [WorkerEnvironment.RecoAlgo] = input.RecoAlgo,
        };
        WorkersDeployedV1 deployed = await launchers.DeployAsync(input.Cluster, new(input.ScanId, input.Count, input.IdempotencyKey, environment));
        await scans.UpdateManifestAsync(input.ScanId, manifest => WithTaskforce(manifest, input, deployed.Workers.Count));
        return deployed;
    }

    // A retried deployment finds its own line by the number made from its key, so it is noted once.
    private static ScanManifest? WithTaskforce(ScanManifest manifest, WorkerDeploymentV1 input, int workers)
    {
        WorkerClusterV1 taskforce = new(Collector: "binding", Schedd: input.Cluster, ClusterId: Number(input.IdempotencyKey), Jobs: workers);
        return manifest.CondorClusters.Contains(taskforce)
            ? null
            : manifest with
            {
                CondorClusters = [.. manifest.CondorClusters.Where(c => c.ClusterId != taskforce.ClusterId), taskforce],
                TmsArgs = [.. manifest.TmsArgs, string.Create(CultureInfo.InvariantCulture, $"deploy --place {input.Cluster} --workers {input.Count} --key {input.IdempotencyKey}")],
            };
    }

    // FNV-1a folded to 31 bits: HTCondor cluster ids are small positive numbers, and readers expect such.
    private static long Number(string key)
    {
        uint hash = 2166136261;
        foreach (char c in key) hash = unchecked((hash ^ c) * 16777619);
        return (hash & 0x7FFF_FFFF) | 1;
    }
}

/// <summary>Workers of the scan that run or are about to.</summary>
public sealed class CountWorkers(WorkerLaunchers launchers) : WorkflowActivity<WorkerPlacesV1, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, WorkerPlacesV1 input)
    {
        int living = 0;
        foreach (string place in input.Clusters)
        {
            WorkerListV1 list = await launchers.ListAsync(place, input.ScanId);
            living += list.Workers.Count(w => w.State is not WorkerState.Exited);
        }

        return living;
    }
}

/// <summary>Takes the scan's workers away, wherever they are.</summary>
public sealed class RemoveWorkers(WorkerLaunchers launchers) : WorkflowActivity<WorkerRemovalV1, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, WorkerRemovalV1 input)
    {
        int removed = 0;
        foreach (string place in input.Clusters) removed += (await launchers.RemoveAsync(place, input.ScanId)).Removed;
        return removed;
    }
}
