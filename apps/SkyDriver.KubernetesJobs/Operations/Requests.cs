using System.Text.Json.Serialization;

namespace SkyDriver.KubernetesJobs.Operations;

internal sealed record DeployRequest(
    [property: JsonRequired] string ScanId,
    [property: JsonRequired] int Count,
    [property: JsonRequired] string IdempotencyKey,
    Dictionary<string, string>? Env,
    string? Place,
    ResourceRequest? Resources);

/// <param name="MaxRunSeconds">Of one worker, from its start on a node.</param>
internal sealed record ResourceRequest(int? Cpus, long? MemoryBytes, long? DiskBytes, string? Image, int? MaxRunSeconds, int? Priority);

internal sealed record ListRequest(string? ScanId, string? Place);

/// <summary>Workers of all places that answered.</summary>
internal sealed record Listed(IReadOnlyList<WorkerInfo> Workers, IReadOnlyList<UnreachablePlace> Unreachable);

/// <summary>A place that gave no answer, so that nobody takes its workers for gone.</summary>
internal sealed record UnreachablePlace(string Place, string Message);

internal sealed record RemoveRequest(string? ScanId, string[]? Ids);

internal sealed record LogsRequest(string? ScanId, string[]? Ids, int? TailBytes);

/// <param name="Denied">Why there are fewer workers than were asked for; a matter of waiting.</param>
internal sealed record Deployed(IReadOnlyList<string> Workers, Denial? Denied);

/// <param name="Kind"><c>quota</c> or <c>unavailable</c>.</param>
internal sealed record Denial(string Kind, string Message)
{
    public static Denial Quota(string message) => new("quota", message);

    public static Denial Unavailable(string message) => new("unavailable", message);
}

/// <param name="State">pending, running, held or exited.</param>
/// <param name="Place">As the caller named it.</param>
/// <param name="Host">Node.</param>
/// <param name="Reason">Why it is so, in words, where that needs saying.</param>
/// <param name="Since">UTC, when it came into this state.</param>
internal sealed record WorkerInfo(string Id, string ScanId, string State, int? ExitCode, string? Place, string? Host, string? Reason, DateTime? Since);

/// <param name="Stdout">Both streams: Kubernetes keeps them in one.</param>
internal sealed record WorkerLog(string Id, string Stdout, string Stderr, bool IsTruncated);
