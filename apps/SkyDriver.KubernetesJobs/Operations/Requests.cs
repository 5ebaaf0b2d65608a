using SkyDriver.Components.Launchers;

namespace SkyDriver.KubernetesJobs.Operations;

/// <summary>Workers of all places that answered.</summary>
internal sealed record Listed(IReadOnlyList<WorkerInfo> Workers, IReadOnlyList<UnreachablePlace> Unreachable);

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
