using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>How a scan stands.</summary>
/// <param name="ScanState">One of the words of <c>scan_state</c>; match its beginning.</param>
/// <param name="ScanComplete">The final result is stored; workers may linger.</param>
/// <param name="Failure">Why the scan failed, or null.</param>
public sealed record ScanStatus(
    [property: JsonPropertyName("scan_state")] string ScanState,
    [property: JsonPropertyName("is_deleted")] bool IsDeleted,
    [property: JsonPropertyName("ewms_deactivated")] string? EwmsDeactivated,
    [property: JsonPropertyName("scan_complete")] bool ScanComplete,
    [property: JsonPropertyName("ewms_workforce")] WorkforceV1? Workforce,
    [property: JsonPropertyName("clusters")] IReadOnlyList<WorkerClusterV1>? Clusters,
    [property: JsonPropertyName("phase")] string? Phase,
    [property: JsonPropertyName("failure")] string? Failure,
    [property: JsonPropertyName("set_aside")] long SetAside);

/// <summary>What happened to a scan, in words.</summary>
/// <param name="Url">Where the site keeps the scanner's log, or null.</param>
/// <param name="Text">Null where the service has none.</param>
public sealed record ScanLogs([property: JsonPropertyName("url")] string? Url, [property: JsonPropertyName("text")] string? Text)
{
    /// <summary>The last output of the workers, as far as it was kept; it comes beside the rest.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerLogV1> Workers { get; init; } = [];
}

/// <summary>Workers that were asked for.</summary>
public sealed record AddedWorkers([property: JsonPropertyName("taskforce_uuid")] string TaskforceUuid, [property: JsonPropertyName("n_workers")] int Workers);

/// <summary>Which scans to find.</summary>
public sealed record ScanQuery
{
    /// <summary>Conditions on members of the manifest, as MongoDB writes them; empty for all.</summary>
    [JsonPropertyName("filter")]
    public JsonObject Filter { get; init; } = [];

    /// <summary>Null leaves it to the filter.</summary>
    [JsonPropertyName("include_deleted"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IncludeDeleted { get; init; }

    /// <summary>Members wanted; the others have their defaults. <c>scan_id</c> always comes.</summary>
    [JsonPropertyName("manifest_projection"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Projection { get; init; }

    /// <summary>1 … 10,000.</summary>
    [JsonPropertyName("limit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Limit { get; init; }

    [JsonPropertyName("skip"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Skip { get; init; }

    /// <summary>A member, with <c>-</c> before it for falling order; oldest first when null.</summary>
    [JsonPropertyName("sort"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sort { get; init; }
}

/// <summary>One message of an event stream.</summary>
/// <param name="Id">Where to go on after it.</param>
/// <param name="Kind">One of <see cref="ScanEventKind"/>, or <see cref="Reset"/>.</param>
/// <param name="Event">Null with <see cref="Reset"/>.</param>
public sealed record ScanEvent(long Id, string Kind, ScanEventV1? Event)
{
    /// <summary>Some events were missed for good: read the status anew.</summary>
    public const string Reset = "reset";
}

internal sealed record FoundScans([property: JsonPropertyName("manifests")] IReadOnlyList<ScanManifest> Manifests);

internal sealed record ScansOfEvent([property: JsonPropertyName("scan_ids")] IReadOnlyList<string> ScanIds);

internal sealed record LogsAnswer([property: JsonPropertyName("scanner_server")] ScanLogs ScannerServer, [property: JsonPropertyName("workers")] IReadOnlyList<WorkerLogV1>? Workers = null);

internal sealed record ResultAnswer(
    [property: JsonPropertyName("scan_id")] string? ScanId,
    [property: JsonPropertyName("is_deleted")] bool? IsDeleted,
    [property: JsonPropertyName("skyscan_result")] JsonElement? SkyscanResult,
    [property: JsonPropertyName("is_final")] bool IsFinal)
{
    public ScanResultDocument? Document => ScanId is null || SkyscanResult is null ? null : new(ScanId, IsDeleted, SkyscanResult.Value, IsFinal);
}
