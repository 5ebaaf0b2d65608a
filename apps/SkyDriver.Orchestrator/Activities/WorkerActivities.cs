using System.Globalization;
using Dapr;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Asks a launcher for workers, and notes them in the manifest.</summary>
public sealed class DeployWorkers(WorkerLaunchers launchers, ScanStore scans, OrchestratorOptions options) : WorkflowActivity<WorkerDeploymentV1, WorkersStartedV1>
{
    public override async Task<WorkersStartedV1> RunAsync(WorkflowActivityContext context, WorkerDeploymentV1 input)
    {
        Dictionary<string, string> environment = new()
        {
            [WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/'),
            [WorkerEnvironment.ScanId] = input.ScanId,
            [WorkerEnvironment.RecoAlgo] = input.RecoAlgo,
        };
        WorkersDeployedV1 deployed;
        try
        {
            deployed = await launchers.DeployAsync(input.Cluster, new(input.ScanId, input.Count, input.IdempotencyKey, environment));
        }
        catch (DaprException refused) when (IsQuota(refused))
        {
            // Nothing is wrong with the request: it is a matter of waiting, not of trying a few times.
            return new(0, Innermost(refused).Message);
        }

        await scans.UpdateManifestAsync(input.ScanId, manifest => WithTaskforce(manifest, input, deployed.Workers.Count));
        return new(deployed.Workers.Count);
    }

    /// <summary>Launchers have no common code for it, but a common word.</summary>
    private static bool IsQuota(Exception refused) => $"{refused.Message} {Innermost(refused).Message}".Contains("quota", StringComparison.OrdinalIgnoreCase);

    private static Exception Innermost(Exception of) => of.InnerException is { } inner ? Innermost(inner) : of;

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

/// <summary>Counts the scan's workers, and notes the count for whoever asks.</summary>
public sealed class CountWorkers(WorkerLaunchers launchers, StateDocuments documents) : WorkflowActivity<WorkerPlacesV1, WorkersCountedV1>
{
    private const int MostErrors = 5;

    // Killed from outside: nothing that the worker, or the next one in its place, could do about it.
    private static readonly int[] Killed = [137, 143];

    public override async Task<WorkersCountedV1> RunAsync(WorkflowActivityContext context, WorkerPlacesV1 input)
    {
        List<WorkerInfoV1> all = [];
        bool allFailed = input.Clusters.Count > 0;
        foreach (ClusterRequestV1 place in input.Clusters)
        {
            WorkerListV1 list = await launchers.ListAsync(place.Name, input.ScanId);
            all.AddRange(list.Workers);
            allFailed &= place.Count > 0 && list.Workers.Count(HasFailed) >= place.Count;
        }

        Dictionary<string, int> errors = all.Where(HasFailed).CountBy(w => string.Create(CultureInfo.InvariantCulture, $"exit code {w.ExitCode}"))
            .OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal).Take(MostErrors).ToDictionary();
        Dictionary<string, IReadOnlyDictionary<string, int>> statuses = all.GroupBy(Status).ToDictionary(
            g => g.Key, g => (IReadOnlyDictionary<string, int>)g.CountBy(w => HasFailed(w) ? "FatalError" : w.State is WorkerState.Exited ? "Done" : "Running").ToDictionary());
        WorkforceV1 now = new(input.ScanId, statuses, all.Count(w => w.State is WorkerState.Running), errors);
        await documents.UpdateAsync<WorkforceV1>(StateKeys.Workforce(input.ScanId), _ => now);
        string? top = errors.Count > 0 ? string.Join(", ", errors.Select(e => $"{e.Key} ({e.Value} times)")) : null;
        return new(all.Count(w => w.State is not WorkerState.Exited), allFailed, top);
    }

    private static bool HasFailed(WorkerInfoV1 worker) => worker is { State: WorkerState.Exited, ExitCode: { } code } && code != 0 && !Killed.Contains(code);

    private static string Status(WorkerInfoV1 worker) => worker.State switch { WorkerState.Pending => "IDLE", WorkerState.Running => "RUNNING", _ => "COMPLETED" };
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
