using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>What a scan is and how it stands: the merged shape that clients of both REST generations read.</summary>
/// <remarks>
/// Kept under <see cref="StateKeys.Manifest"/>; several programs write it, each by read, change and save with its ETag.
/// Every member is present, null when unset. Members that this version does not know are carried along.
/// </remarks>
public sealed record ScanManifest
{
    /// <summary>Stands where the event object is not shown.</summary>
    public const string EventMarker = "use 'i3_event_id'";

    /// <summary>Stands where an older generation described the compute side.</summary>
    public const string EwmsTaskMarker = "use 'ewms_workflow_id'";

    [JsonPropertyName("scan_id")]
    public required string ScanId { get; init; }

    /// <summary>When the scan was requested, unix seconds.</summary>
    [JsonPropertyName("timestamp")]
    public double Timestamp { get; init; }

    /// <summary>When this document last changed, unix seconds.</summary>
    [JsonPropertyName("last_updated")]
    public double LastUpdated { get; init; }

    [JsonPropertyName("is_deleted")]
    public bool IsDeleted { get; init; }

    /// <summary>The scan ended and its workers are gone, or were given up.</summary>
    [JsonPropertyName("complete")]
    public bool Complete { get; init; }

    [JsonPropertyName("priority")]
    public int Priority { get; init; }

    [JsonPropertyName("classifiers")]
    public IReadOnlyDictionary<string, JsonElement> Classifiers { get; init; } = new Dictionary<string, JsonElement>();

    [JsonPropertyName("i3_event_id")]
    public string? I3EventId { get; init; }

    /// <summary>The event object on the routes that show it, else <see cref="EventMarker"/>; the stored document has the marker.</summary>
    [JsonPropertyName("event_i3live_json_dict")]
    public JsonElement? EventI3LiveJsonDict { get; init; }

    [JsonPropertyName("event_i3live_json_dict__hash")]
    public string? EventI3LiveJsonDictHash { get; init; }

    [JsonPropertyName("scanner_server_args")]
    public string? ScannerServerArgs { get; init; }

    [JsonPropertyName("tms_args")]
    public IReadOnlyList<string> TmsArgs { get; init; } = [];

    [JsonPropertyName("env_vars")]
    public IReadOnlyDictionary<string, EnvironmentValueV1> EnvVars { get; init; } = new Dictionary<string, EnvironmentValueV1>();

    [JsonPropertyName("condor_clusters")]
    public IReadOnlyList<WorkerClusterV1> CondorClusters { get; init; } = [];

    [JsonPropertyName("ewms_task")]
    public string EwmsTask { get; init; } = EwmsTaskMarker;

    [JsonPropertyName("ewms_workflow_id")]
    public string? EwmsWorkflowId { get; init; }

    [JsonPropertyName("ewms_address")]
    public string? EwmsAddress { get; init; }

    [JsonPropertyName("event_metadata")]
    public EventMetadataV1? EventMetadata { get; init; }

    [JsonPropertyName("scan_metadata")]
    public ScanMetadataV1? ScanMetadata { get; init; }

    /// <summary>The progress body as the scanner made it.</summary>
    [JsonPropertyName("progress")]
    public JsonElement? Progress { get; init; }

    [JsonPropertyName("replaced_by_scan_id")]
    public string? ReplacedByScanId { get; init; }

    /// <summary>Ours: where the scan stands, from which the REST service derives <c>scan_state</c>.</summary>
    [JsonPropertyName("lifecycle")]
    public LifecycleV1 Lifecycle { get; init; } = new();

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extra { get; set; }
}

/// <summary>Where a scan stands between request and end.</summary>
public sealed record LifecycleV1
{
    /// <summary>One of <see cref="ScanPhase"/>.</summary>
    [JsonPropertyName("phase")]
    public string Phase { get; init; } = ScanPhase.Requested;

    /// <summary>One of <see cref="ScanEngine"/>: who makes the scan. Null in records from before there was a choice.</summary>
    [JsonPropertyName("engine")]
    public string? Engine { get; init; }

    /// <summary>Workers that users asked for while the scan ran, in the order of asking.</summary>
    [JsonPropertyName("added_workers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AddedWorkersV1>? AddedWorkers { get; init; }

    /// <summary>The final result is stored; stays true whatever happens later.</summary>
    [JsonPropertyName("has_final_result")]
    public bool HasFinalResult { get; init; }

    /// <summary>Null, <c>ABORTED</c> or <c>FINISHED</c>: the compute side was told to end.</summary>
    [JsonPropertyName("ewms_deactivated")]
    public string? EwmsDeactivated { get; init; }

    /// <summary>Why the scan failed, or null.</summary>
    [JsonPropertyName("failure")]
    public string? Failure { get; init; }

    /// <summary>What keeps the scan from going on and when that is tried again, for people; null while nothing does.</summary>
    [JsonPropertyName("waiting")]
    public string? Waiting { get; init; }

    /// <summary>Variations that failed on three different workers and count as NaN.</summary>
    [JsonPropertyName("set_aside")]
    public long SetAside { get; init; }

    /// <summary>The scanner said itself which event it scans; until then the manifest has what was read from the submitted event.</summary>
    [JsonPropertyName("event_metadata_reported"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EventMetadataReported { get; init; }

    /// <summary>Workers may still run: removing them failed for too long.</summary>
    [JsonPropertyName("lingering_compute")]
    public bool LingeringCompute { get; init; }
}

/// <summary>Values of <see cref="LifecycleV1.Phase"/>.</summary>
public static class ScanPhase
{
    public const string Requested = "requested";
    public const string Backlogged = "backlogged";
    public const string Launching = "launching";
    public const string Scanning = "scanning";
    public const string FinalStored = "final-stored";
    public const string TearingDown = "tearing-down";
    public const string Aborting = "aborting";
    public const string Done = "done";
    public const string Failed = "failed";
    public const string Stopped = "stopped";
}

/// <summary>One environment variable of the scan's programs; secrets appear only by reference.</summary>
public sealed record EnvironmentValueV1(
    [property: JsonPropertyName("value")] string? Value,
    [property: JsonPropertyName("value_from")] JsonElement? ValueFrom);

/// <summary>A user's wish for more workers, as the user was told of it.</summary>
public sealed record AddedWorkersV1(
    [property: JsonPropertyName("taskforce_uuid")] string TaskforceUuid,
    [property: JsonPropertyName("cluster_location")] string ClusterLocation,
    [property: JsonPropertyName("n_workers")] int Workers);

/// <summary>Workers asked for in one submission; for launchers other than HTCondor collector = kind, schedd = place.</summary>
/// <param name="TaskforceUuid">Of <see cref="AddedWorkersV1"/>, when a user asked for them while the scan ran.</param>
public sealed record WorkerClusterV1(
    [property: JsonPropertyName("collector")] string Collector,
    [property: JsonPropertyName("schedd")] string Schedd,
    [property: JsonPropertyName("cluster_id")] long ClusterId,
    [property: JsonPropertyName("jobs")] int Jobs,
    [property: JsonPropertyName("taskforce_uuid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TaskforceUuid = null);

/// <summary>Which event is scanned.</summary>
/// <param name="EventType">HESE, EHE, neutrino, …; empty when unknown.</param>
/// <param name="Mjd">Start of the event, UTC.</param>
/// <param name="Version">Column version of the result tables.</param>
public sealed record EventMetadataV1(
    [property: JsonPropertyName("run_id")] long RunId,
    [property: JsonPropertyName("event_id")] long EventId,
    [property: JsonPropertyName("event_type")] string EventType,
    [property: JsonPropertyName("mjd")] double Mjd,
    [property: JsonPropertyName("is_real_event")] bool IsRealEvent,
    [property: JsonPropertyName("version")] int Version = 1);

/// <summary>How the event is scanned.</summary>
public sealed record ScanMetadataV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("nside_progression")] OrderedDictionary<string, int> NsideProgression,
    [property: JsonPropertyName("position_variations")] int PositionVariations);
