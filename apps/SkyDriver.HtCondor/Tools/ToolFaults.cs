using SkyDriver.Components;

namespace SkyDriver.HtCondor.Tools;

/// <summary>What a tool's failure means.</summary>
internal enum ToolFault
{
    /// <summary>The request itself was refused.</summary>
    Refused,

    /// <summary>The schedd or the collector cannot be reached, or does not answer.</summary>
    Unreachable,

    /// <summary>The schedd does not let this user in.</summary>
    Denied,

    /// <summary>The schedd takes no more jobs for now.</summary>
    Full,
}

/// <summary>Reads the error texts of the tools.</summary>
internal static class ToolFaults
{
    private const int MaxReasonLength = 500;

    private static readonly (string Text, ToolFault Fault)[] Signs =
    [
        ("MAX_JOBS_SUBMITTED", ToolFault.Full),
        ("MAX_JOBS_PER_OWNER", ToolFault.Full),
        ("Can't find address", ToolFault.Unreachable),
        ("Couldn't contact", ToolFault.Unreachable),
        ("Collector has no record", ToolFault.Unreachable),
        ("Unable to locate", ToolFault.Unreachable),
        ("communication error", ToolFault.Unreachable),
        ("Failed to fetch ads", ToolFault.Unreachable),
        ("Can't connect", ToolFault.Unreachable),
        ("not allowed to own jobs", ToolFault.Denied),
        ("User is disabled", ToolFault.Denied),
        ("AUTHENTICATE", ToolFault.Denied),
        ("authenticat", ToolFault.Denied),
        ("Permission denied", ToolFault.Denied),
        ("PERMISSION DENIED", ToolFault.Denied),
        ("authoriz", ToolFault.Denied),
        ("Failed to connect", ToolFault.Unreachable),
    ];

    public static ToolFault Classify(string error) => Signs.Where(s => error.Contains(s.Text, StringComparison.Ordinal)).Select(s => (ToolFault?)s.Fault).FirstOrDefault() ?? ToolFault.Refused;

    /// <summary>The text's own sentences in one line, without the general advice that follows them.</summary>
    public static string Reason(string error)
    {
        IEnumerable<string> lines = error.Split('\n').Select(line => line.Trim()).TakeWhile(line => !line.StartsWith("Extra Info:", StringComparison.Ordinal)).Where(line => line.Length > 0);
        string reason = new(string.Join(' ', lines).Where(c => !char.IsControl(c)).Take(MaxReasonLength).ToArray());
        return reason.Length > 0 ? reason : "no reason was given";
    }

    public static ComponentException Exception(string place, string tool, ToolAnswerText answer) => Exception(place, Classify(answer.Error), $"{tool} ended with {answer.ExitCode}: {Reason(answer.Error)}");

    public static ComponentException Exception(string place, ToolFault fault, string reason) => fault switch
    {
        ToolFault.Unreachable => new(ComponentFault.Unavailable, $"place '{place}' cannot be reached: {reason}; see that its schedd and collector run and that this machine may connect, then ask again"),
        ToolFault.Denied => new(ComponentFault.PermissionDenied, $"place '{place}' does not let us in: {reason}; check its token and owner"),
        ToolFault.Full => new(ComponentFault.ResourceExhausted, $"place '{place}' takes no more jobs for now: {reason}"),
        _ => new(ComponentFault.FailedPrecondition, $"place '{place}' refused: {reason}"),
    };
}

/// <summary>How a tool ended, without its output.</summary>
internal readonly record struct ToolAnswerText(int ExitCode, string Error);
