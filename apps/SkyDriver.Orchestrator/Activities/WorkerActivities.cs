using System.Globalization;
using Dapr;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Auth;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Asks a launcher for workers, and notes them in the manifest.</summary>
public sealed class DeployWorkers(WorkerLaunchers launchers, ScanStore scans, OrchestratorOptions options, WorkerTokens? tokens = null) : WorkflowActivity<WorkerDeploymentV1, WorkersStartedV1>
{
    public override async Task<WorkersStartedV1> RunAsync(WorkflowActivityContext context, WorkerDeploymentV1 input)
    {
        Dictionary<string, string> environment = new()
        {
            [WorkerEnvironment.Api] = options.Api.ToString().TrimEnd('/'),
            [WorkerEnvironment.ScanId] = input.ScanId,
            [WorkerEnvironment.RecoAlgo] = input.RecoAlgo,
        };
        if (tokens is not null) environment[WorkerEnvironment.Token] = tokens.Mint(input.ScanId);
        WorkersDeployedV1 deployed;
        try
        {
            WorkerResourcesV1? resources = Resources(await scans.GetRequestAsync(input.ScanId));
            deployed = await launchers.DeployAsync(input.Cluster, new(input.ScanId, input.Count, input.IdempotencyKey, environment, input.Cluster, resources));
        }
        catch (DaprException refused) when (IsQuota(refused))
        {
            // Nothing is wrong with the request: it is a matter of waiting, not of trying a few times.
            return new(0, Innermost(refused).Message);
        }

        // A launcher that has no room says so in its answer; what fails is another matter.
        string? denied = deployed.Workers.Count == 0 ? deployed.Denied?.Message : null;
        if (denied is null) await scans.UpdateManifestAsync(input.ScanId, manifest => WithTaskforce(manifest, input, deployed));
        return new(deployed.Workers.Count, denied);
    }

    private static WorkerResourcesV1? Resources(ScanRequestV1? request) => request is { WorkerMemoryBytes: > 0 } or { WorkerDiskBytes: > 0 }
        ? new(MemoryBytes: Asked(request.WorkerMemoryBytes), DiskBytes: Asked(request.WorkerDiskBytes))
        : null;

    private static long? Asked(long bytes) => bytes > 0 ? bytes : null;

    /// <summary>Bindings that are not launchers of ours have no common code for it, but a common word.</summary>
    private static bool IsQuota(Exception refused) => $"{refused.Message} {Innermost(refused).Message}".Contains("quota", StringComparison.OrdinalIgnoreCase);

    private static Exception Innermost(Exception of) => of.InnerException is { } inner ? Innermost(inner) : of;

    // A retried deployment finds its own line by the number made from its key, so it is noted once.
    private static ScanManifest? WithTaskforce(ScanManifest manifest, WorkerDeploymentV1 input, WorkersDeployedV1 deployed)
    {
        WorkerClusterV1 taskforce = deployed.Cluster is { } cluster
            ? new(cluster.Collector, cluster.Schedd, cluster.ClusterId, deployed.Workers.Count, input.TaskforceUuid)
            : new(Collector: "binding", Schedd: input.Cluster, ClusterId: Number(input.IdempotencyKey), Jobs: deployed.Workers.Count, input.TaskforceUuid);
        return manifest.CondorClusters.Contains(taskforce)
            ? null
            : manifest with
            {
                CondorClusters = [.. manifest.CondorClusters.Where(c => (c.Schedd, c.ClusterId) != (taskforce.Schedd, taskforce.ClusterId)), taskforce],
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
public sealed class CountWorkers(WorkerLaunchers launchers, WorkerLogKeeper logs, StateDocuments documents) : WorkflowActivity<WorkerPlacesV1, WorkersCountedV1>
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
            await logs.KeepAsync(place.Name, input.ScanId, list.Workers);
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

    private static string Status(WorkerInfoV1 worker) => worker.State switch { WorkerState.Pending => "IDLE", WorkerState.Running => "RUNNING", WorkerState.Held => "HELD", _ => "COMPLETED" };
}

/// <summary>Takes the scan's workers away, wherever they are, and keeps their last words.</summary>
public sealed class RemoveWorkers(WorkerLaunchers launchers, WorkerLogKeeper logs) : WorkflowActivity<WorkerRemovalV1, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, WorkerRemovalV1 input)
    {
        int removed = 0;
        foreach (string place in input.Clusters)
        {
            await logs.KeepAsync(place, input.ScanId);
            removed += (await launchers.RemoveAsync(place, input.ScanId)).Removed;
        }

        return removed;
    }
}
