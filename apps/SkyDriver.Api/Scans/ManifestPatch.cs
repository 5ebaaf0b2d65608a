using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Scans;

/// <summary>What a scanner outside of this system reports about its scan.</summary>
internal sealed record ManifestPatch(JsonElement? Progress, EventMetadataV1? EventMetadata, ScanMetadataV1? ScanMetadata, WorkerClusterV1? Cluster)
{
    private static readonly string[] ProgressMembers = ["summary", "epilogue", "tallies", "processing_stats", "predictive_scanning_threshold", "last_updated"];

    public static ManifestPatch Read(Arguments arguments)
    {
        JsonElement? progress = arguments.Object("progress");
        if (progress is { } body)
        {
            foreach (string name in ProgressMembers.Where(m => !body.TryGetProperty(m, out _))) arguments.Fault("progress", $"'{name}' is a required property");
        }

        return new(
            progress,
            Record<EventMetadataV1>(arguments, "event_metadata"),
            Record<ScanMetadataV1>(arguments, "scan_metadata"),
            Record<WorkerClusterV1>(arguments, "condor_cluster"));
    }

    /// <param name="conflict">A member that is written once would change.</param>
    /// <returns>The new manifest, or null when there is nothing new.</returns>
    public ScanManifest? Apply(ScanManifest stored, out bool conflict)
    {
        conflict = Differs(stored.EventMetadata, EventMetadata) || Differs(stored.ScanMetadata, ScanMetadata);
        if (conflict || (Progress is null && EventMetadata is null && ScanMetadata is null && Cluster is null)) return null;
        return stored with
        {
            Progress = Progress ?? stored.Progress,
            EventMetadata = EventMetadata ?? stored.EventMetadata,
            ScanMetadata = ScanMetadata ?? stored.ScanMetadata,
            // The same taskforce again is a retry of its reporter.
            CondorClusters = Cluster is null ? stored.CondorClusters
                : [.. stored.CondorClusters.Where(c => (c.Schedd, c.ClusterId) != (Cluster.Schedd, Cluster.ClusterId)), Cluster],
        };
    }

    private static bool Differs<T>(T? stored, T? given)
        where T : class =>
        stored is not null && given is not null && JsonSerializer.Serialize(stored, ContractJson.Options) != JsonSerializer.Serialize(given, ContractJson.Options);

    private static T? Record<T>(Arguments arguments, string name)
        where T : class
    {
        if (arguments.Object(name) is not { } value) return null;
        try
        {
            return value.Deserialize<T>(ContractJson.Options);
        }
        catch (JsonException)
        {
            arguments.Fault(name, "has a member that is missing or of the wrong type");
            return null;
        }
    }
}
