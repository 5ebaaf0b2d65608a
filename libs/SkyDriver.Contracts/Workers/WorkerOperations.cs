using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>Start <paramref name="Count"/> workers for a scan.</summary>
/// <param name="ScanId">The scan, or the batch of tasks, that they are for.</param>
/// <param name="IdempotencyKey">The same key again answers with the workers of the first call.</param>
/// <param name="Env">Environment for each worker, beside what the launcher sets.</param>
/// <param name="Place">Name of the cluster in the request, for a launcher that serves several.</param>
/// <param name="Resources">What each worker needs; null leaves it to the launcher's settings.</param>
public sealed record DeployWorkersV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("idempotency_key")] string IdempotencyKey,
    [property: JsonPropertyName("env")] IReadOnlyDictionary<string, string> Env,
    [property: JsonPropertyName("place"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Place = null,
    [property: JsonPropertyName("resources"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] WorkerResourcesV1? Resources = null);

/// <summary>What one worker asks of the machine that it will run on.</summary>
/// <param name="Priority">Larger is sooner, among the jobs of the same owner.</param>
public sealed record WorkerResourcesV1(
    [property: JsonPropertyName("cpus")] int? Cpus = null,
    [property: JsonPropertyName("memory_bytes")] long? MemoryBytes = null,
    [property: JsonPropertyName("disk_bytes")] long? DiskBytes = null,
    [property: JsonPropertyName("image")] string? Image = null,
    [property: JsonPropertyName("max_run_seconds")] int? MaxRunSeconds = null,
    [property: JsonPropertyName("priority")] int? Priority = null);

/// <param name="Cluster">The scheduler's name for the submission, where it has one.</param>
/// <param name="Denied">Why there are fewer workers than asked for; a matter of waiting, not of failing.</param>
public sealed record WorkersDeployedV1(
    [property: JsonPropertyName("workers")] IReadOnlyList<string> Workers,
    [property: JsonPropertyName("cluster"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SubmittedClusterV1? Cluster = null,
    [property: JsonPropertyName("denied"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeployDeniedV1? Denied = null);

/// <summary>One submission to a scheduler.</summary>
public sealed record SubmittedClusterV1(
    [property: JsonPropertyName("collector")] string Collector,
    [property: JsonPropertyName("schedd")] string Schedd,
    [property: JsonPropertyName("cluster_id")] long ClusterId);

/// <param name="Kind"><c>quota</c> or <c>unavailable</c>.</param>
public sealed record DeployDeniedV1(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("message")] string Message);

/// <summary>List workers: of one scan, or all.</summary>
/// <param name="Place">Only those that were asked for at this place; null for all of the launcher.</param>
public sealed record ListWorkersV1(
    [property: JsonPropertyName("scan_id")] string? ScanId,
    [property: JsonPropertyName("place"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Place = null);

/// <param name="Unreachable">Places that gave no answer, so that nobody may take their workers for gone; null means none.</param>
public sealed record WorkerListV1(
    [property: JsonPropertyName("workers")] IReadOnlyList<WorkerInfoV1> Workers,
    [property: JsonPropertyName("unreachable"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<UnreachablePlaceV1>? Unreachable = null)
{
    public bool IsReachable(string? place) => Unreachable?.Any(u => u.Place == place) is not true;
}

/// <param name="Message">Why, and what to do.</param>
public sealed record UnreachablePlaceV1(
    [property: JsonPropertyName("place")] string Place,
    [property: JsonPropertyName("message")] string Message);

/// <param name="State">One of <see cref="WorkerState"/>.</param>
/// <param name="Pid">Process, where the launcher has one.</param>
/// <param name="ExitCode">Once exited.</param>
/// <param name="Place">Name of the cluster that it was asked for at.</param>
/// <param name="Host">Machine that it runs on.</param>
/// <param name="Reason">Why it is in this state, in words, where that needs saying.</param>
/// <param name="ClusterId">The scheduler's numbers, where it has such.</param>
/// <param name="Since">UTC, when it came into this state.</param>
public sealed record WorkerInfoV1(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("pid")] int? Pid,
    [property: JsonPropertyName("exit_code")] int? ExitCode,
    [property: JsonPropertyName("place"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Place = null,
    [property: JsonPropertyName("host"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Host = null,
    [property: JsonPropertyName("reason"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonPropertyName("cluster_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ClusterId = null,
    [property: JsonPropertyName("proc_id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ProcId = null,
    [property: JsonPropertyName("since"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null);

/// <summary>Values of <see cref="WorkerInfoV1.State"/>.</summary>
public static class WorkerState
{
    public const string Pending = "pending";
    public const string Running = "running";

    /// <summary>The scheduler will not start it until somebody acts.</summary>
    public const string Held = "held";
    public const string Exited = "exited";
}

/// <summary>Remove the workers of a scan, or those named; workers already gone are no error.</summary>
public sealed record RemoveWorkersV1(
    [property: JsonPropertyName("scan_id")] string? ScanId,
    [property: JsonPropertyName("ids")] IReadOnlyList<string>? Ids);

public sealed record WorkersRemovedV1([property: JsonPropertyName("removed")] int Removed);

/// <summary>The last output of the workers of a scan, or of those named.</summary>
/// <param name="TailBytes">Most bytes of each stream, from its end; null means 64 KiB.</param>
public sealed record WorkerLogsRequestV1(
    [property: JsonPropertyName("scan_id")] string? ScanId,
    [property: JsonPropertyName("ids")] IReadOnlyList<string>? Ids,
    [property: JsonPropertyName("tail_bytes")] int? TailBytes = null);

public sealed record WorkerLogsV1([property: JsonPropertyName("logs")] IReadOnlyList<WorkerLogV1> Logs);

/// <param name="IsTruncated">Earlier output is left out.</param>
public sealed record WorkerLogV1(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("stdout")] string Stdout,
    [property: JsonPropertyName("stderr")] string Stderr,
    [property: JsonPropertyName("is_truncated")] bool IsTruncated);
