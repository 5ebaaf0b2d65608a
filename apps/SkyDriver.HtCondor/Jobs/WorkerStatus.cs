using System.Text.Json.Serialization;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>A worker as the launcher's callers see it.</summary>
/// <param name="State">pending, running, held or exited.</param>
/// <param name="ExitCode">128 + n when signal n ended it, as in shells.</param>
/// <param name="Reason">In words, where the state alone does not say it.</param>
/// <param name="Since">When it came into this state.</param>
internal sealed record WorkerStatus(
    string Id,
    string ScanId,
    string State,
    int? Pid,
    int? ExitCode,
    string Place,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Host,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    long ClusterId,
    int ProcId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since)
{
    public const string Pending = "pending";
    public const string Running = "running";
    public const string Held = "held";
    public const string Exited = "exited";
}
