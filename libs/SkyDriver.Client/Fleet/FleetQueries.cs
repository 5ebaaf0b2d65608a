using System.Text.Json.Serialization;

namespace SkyDriver.Client.Fleet;

/// <summary>Which tasks; members that are null do not filter.</summary>
public sealed record TaskQuery
{
    [JsonPropertyName("task_id")]
    public IReadOnlyList<long>? TaskIds { get; init; }

    [JsonPropertyName("batch")]
    public IReadOnlyList<string>? Batches { get; init; }

    [JsonPropertyName("status")]
    public IReadOnlyList<string>? Statuses { get; init; }

    [JsonPropertyName("name")]
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Only ids above it.</summary>
    [JsonPropertyName("after")]
    public long? After { get; init; }

    [JsonPropertyName("limit")]
    public int? Limit { get; init; }
}

/// <summary>Which workers; members that are null do not filter.</summary>
public sealed record WorkerQuery
{
    [JsonPropertyName("worker_id")]
    public IReadOnlyList<long>? WorkerIds { get; init; }

    [JsonPropertyName("name")]
    public IReadOnlyList<string>? Names { get; init; }

    [JsonPropertyName("hostname")]
    public IReadOnlyList<string>? Hostnames { get; init; }

    [JsonPropertyName("batch")]
    public IReadOnlyList<string>? Batches { get; init; }

    [JsonPropertyName("status")]
    public IReadOnlyList<string>? Statuses { get; init; }

    [JsonPropertyName("flavor")]
    public IReadOnlyList<string>? Flavors { get; init; }

    [JsonPropertyName("provider")]
    public IReadOnlyList<string>? Providers { get; init; }

    [JsonPropertyName("region")]
    public IReadOnlyList<string>? Regions { get; init; }

    [JsonPropertyName("permanent")]
    public bool? Permanent { get; init; }

    [JsonPropertyName("after")]
    public long? After { get; init; }

    [JsonPropertyName("limit")]
    public int? Limit { get; init; }
}

/// <summary>Which executions; members that are null do not filter.</summary>
public sealed record ExecutionQuery
{
    [JsonPropertyName("task_id")]
    public IReadOnlyList<long>? TaskIds { get; init; }

    [JsonPropertyName("status")]
    public IReadOnlyList<string>? Statuses { get; init; }

    [JsonPropertyName("latest")]
    public bool? Latest { get; init; }

    [JsonPropertyName("task_name")]
    public string? TaskName { get; init; }

    [JsonPropertyName("batch")]
    public IReadOnlyList<string>? Batches { get; init; }

    [JsonPropertyName("worker_id")]
    public long? WorkerId { get; init; }

    [JsonPropertyName("limit")]
    public int? Limit { get; init; }

    /// <summary>Newest first.</summary>
    [JsonPropertyName("reverse")]
    public bool? Reverse { get; init; }

    /// <summary>Without what was printed.</summary>
    [JsonPropertyName("no_output")]
    public bool? NoOutput { get; init; }

    /// <summary>Only the last so many characters of what was printed.</summary>
    [JsonPropertyName("trunc")]
    public int? Trunc { get; init; }
}

/// <summary>One line of the list of batches.</summary>
public sealed record FleetBatch(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("paused")] int Paused,
    [property: JsonPropertyName("waiting")] int Waiting,
    [property: JsonPropertyName("pending")] int Pending,
    [property: JsonPropertyName("assigned")] int Assigned,
    [property: JsonPropertyName("accepted")] int Accepted,
    [property: JsonPropertyName("running")] int Running,
    [property: JsonPropertyName("failed")] int Failed,
    [property: JsonPropertyName("succeeded")] int Succeeded,
    [property: JsonPropertyName("debug")] int Debug,
    [property: JsonPropertyName("workers")] IReadOnlyList<string> Workers,
    [property: JsonPropertyName("external_pending")] long ExternalPending);
