using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Scans;

/// <summary>What a scanner outside of this system reports about its scan.</summary>
internal sealed record ManifestPatch(JsonElement? Progress, EventMetadataV1? EventMetadata, ScanMetadataV1? ScanMetadata, WorkerClusterV1? Cluster)
{
    private static readonly JsonSerializerOptions Strict = new(ContractJson.Options) { RespectRequiredConstructorParameters = true };
    private static readonly string[] ProgressMembers = ["summary", "epilogue", "tallies", "processing_stats", "predictive_scanning_threshold", "last_updated"];

    public static ManifestPatch Read(Arguments arguments) => new(
        ReadProgress(arguments),
        Record<EventMetadataV1>(arguments, "event_metadata"),
        Record<ScanMetadataV1>(arguments, "scan_metadata"),
        Record<WorkerClusterV1>(arguments, "condor_cluster"));

    /// <param name="conflict">The member that is written once and would change, or null.</param>
    /// <returns>The new manifest, or null when there is nothing new.</returns>
    public ScanManifest? Apply(ScanManifest stored, out string? conflict)
    {
        // What the service read from the submitted event gives way to the scanner's own word, once.
        bool assumed = !stored.Lifecycle.EventMetadataReported;
        conflict = !assumed && Differs(stored.EventMetadata, EventMetadata) ? "event_metadata" : Differs(stored.ScanMetadata, ScanMetadata) ? "scan_metadata" : null;
        if (conflict is not null) return null;
        ScanManifest next = stored with
        {
            Progress = Progress is null || IsOlder(Progress, stored.Progress) ? stored.Progress : Progress,
            EventMetadata = EventMetadata ?? stored.EventMetadata,
            ScanMetadata = ScanMetadata ?? stored.ScanMetadata,
            Lifecycle = EventMetadata is null || !assumed ? stored.Lifecycle : stored.Lifecycle with { EventMetadataReported = true },
            // The same taskforce again is a retry of its reporter.
            CondorClusters = Cluster is null ? stored.CondorClusters
                : [.. stored.CondorClusters.Where(c => (c.Schedd, c.ClusterId) != (Cluster.Schedd, Cluster.ClusterId)), Cluster],
        };
        return Differs(stored, next) ? next : null;
    }

    // Only texts of one form can be compared; a report that cannot be is taken.
    private static bool IsOlder(JsonElement? given, JsonElement? stored) => Time(given) is { } time && Time(stored) is { } known && time < known;

    private static DateTime? Time(JsonElement? progress) =>
        progress is { ValueKind: JsonValueKind.Object } report && report.TryGetProperty("last_updated", out JsonElement text) && text.ValueKind is JsonValueKind.String
        && DateTime.TryParseExact(text.GetString(), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) ? time : null;

    private static JsonElement? ReadProgress(Arguments arguments)
    {
        if (arguments.Object("progress") is not { } given) return null;
        JsonObject progress = JsonObject.Create(given)!;
        foreach (string name in ProgressMembers.Where(name => !progress.ContainsKey(name))) arguments.Fault("progress", $"'{name}' is a required property");
        JsonObject? stats = progress["processing_stats"] as JsonObject;
        foreach (string name in new[] { "start", "runtime" }.Where(name => stats?.ContainsKey(name) is not true)) arguments.Fault("progress", $"'processing_stats.{name}' is a required property");
        if (stats is null) return null;

        // What first-generation scanners leave out until they know it.
        stats.TryAdd("rate", new JsonObject());
        stats.TryAdd("end", "");
        stats.TryAdd("finished", false);
        stats.TryAdd("predictions", new JsonObject());
        progress.TryAdd("start", null);
        progress.TryAdd("end", null);
        return JsonSerializer.SerializeToElement(progress);
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
            return value.Deserialize<T>(Strict);
        }
        catch (JsonException)
        {
            arguments.Fault(name, "has a member that is missing or of the wrong type");
            return null;
        }
    }
}
