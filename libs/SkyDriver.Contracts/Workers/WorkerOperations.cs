using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>Start <paramref name="Count"/> workers for a scan.</summary>
/// <param name="IdempotencyKey">The same key again answers with the workers of the first call.</param>
/// <param name="Env">Environment for each worker, beside what the launcher sets.</param>
public sealed record DeployWorkersV1(
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("idempotency_key")] string IdempotencyKey,
    [property: JsonPropertyName("env")] IReadOnlyDictionary<string, string> Env);

public sealed record WorkersDeployedV1([property: JsonPropertyName("workers")] IReadOnlyList<string> Workers);

/// <summary>List workers: of one scan, or all.</summary>
public sealed record ListWorkersV1([property: JsonPropertyName("scan_id")] string? ScanId);

public sealed record WorkerListV1([property: JsonPropertyName("workers")] IReadOnlyList<WorkerInfoV1> Workers);

/// <param name="State">One of <see cref="WorkerState"/>.</param>
/// <param name="Pid">Process, where the launcher has one.</param>
/// <param name="ExitCode">Once exited.</param>
public sealed record WorkerInfoV1(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("scan_id")] string ScanId,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("pid")] int? Pid,
    [property: JsonPropertyName("exit_code")] int? ExitCode);

/// <summary>Values of <see cref="WorkerInfoV1.State"/>.</summary>
public static class WorkerState
{
    public const string Pending = "pending";
    public const string Running = "running";
    public const string Exited = "exited";
}

/// <summary>Remove the workers of a scan, or those named; workers already gone are no error.</summary>
public sealed record RemoveWorkersV1(
    [property: JsonPropertyName("scan_id")] string? ScanId,
    [property: JsonPropertyName("ids")] IReadOnlyList<string>? Ids);

public sealed record WorkersRemovedV1([property: JsonPropertyName("removed")] int Removed);
