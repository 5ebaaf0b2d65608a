using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Submissions as a scan's manifest shows them.</summary>
internal static class Taskforces
{
    /// <returns>Null when it is noted already.</returns>
    public static ScanManifest? Note(ScanManifest manifest, LaunchFleetWorkersV1 input, WorkersDeployedV1 deployed)
    {
        string? uuid = input.Args.Environment?.GetValueOrDefault(WorkerEnvironment.Taskforce);
        // A retried deployment finds its own line by the number made from its key.
        WorkerClusterV1 taskforce = deployed.Cluster is { } cluster
            ? new(cluster.Collector, cluster.Schedd, cluster.ClusterId, deployed.Workers.Count, uuid)
            : new(Collector: "binding", Schedd: input.Args.Region, ClusterId: Number(input.IdempotencyKey), Jobs: deployed.Workers.Count, uuid);
        return manifest.CondorClusters.Contains(taskforce)
            ? null
            : manifest with
            {
                CondorClusters = [.. manifest.CondorClusters.Where(c => (c.Schedd, c.ClusterId) != (taskforce.Schedd, taskforce.ClusterId)), taskforce],
                TmsArgs = [.. manifest.TmsArgs, string.Create(CultureInfo.InvariantCulture, $"deploy --place {input.Args.Region} --workers {input.Number} --key {input.IdempotencyKey}")],
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
