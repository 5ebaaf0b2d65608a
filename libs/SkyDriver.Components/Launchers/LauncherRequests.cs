using System.Text.Json.Serialization;

namespace SkyDriver.Components.Launchers;

/// <summary>Start workers. The same key of the same scan and place again starts no others.</summary>
public sealed record DeployRequest(
    [property: JsonRequired] string ScanId,
    [property: JsonRequired] int Count,
    [property: JsonRequired] string IdempotencyKey,
    Dictionary<string, string>? Env,
    string? Place,
    ResourceRequest? Resources);

/// <summary>What one worker asks for; null leaves it to the component's settings.</summary>
/// <param name="MaxRunSeconds">From its start on a machine.</param>
public sealed record ResourceRequest(int? Cpus = null, long? MemoryBytes = null, long? DiskBytes = null, string? Image = null, int? MaxRunSeconds = null, int? Priority = null);

/// <param name="ScanId">Null means all.</param>
/// <param name="Place">Null means all.</param>
public sealed record ListRequest(string? ScanId, string? Place);

/// <summary>Those of the scan, those named, or, with both, what is both.</summary>
public sealed record RemoveRequest(string? ScanId, string[]? Ids, string? Place);

/// <summary>The last output of those of the scan, those named, or what is both.</summary>
/// <param name="TailBytes">Of each stream at most.</param>
public sealed record LogsRequest(string? ScanId, string[]? Ids, int? TailBytes, string? Place);

/// <summary>A place that gave no answer, so that nobody takes its workers for gone.</summary>
public sealed record UnreachablePlace(string Place, string Message);
