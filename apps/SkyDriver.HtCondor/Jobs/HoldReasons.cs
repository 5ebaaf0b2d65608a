using System.Globalization;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>Why HTCondor holds a job, by its number.</summary>
internal static class HoldReasons
{
    /// <summary>Input files of the job are still on their way to the schedd.</summary>
    public const int Spooling = 16;

    private const int OutOfResources = 34;
    private const int OutOfDisk = 104;

    private static readonly Dictionary<long, string> Words = new()
    {
        [1] = "held by a person",
        [3] = "held by the policy of the job",
        [4] = "its credentials are not valid",
        [5] = "the job's policy could not be evaluated",
        [6] = "its program cannot be started",
        [7] = "its standard output or error cannot be opened",
        [8] = "its standard input cannot be opened",
        [12] = "its output files could not be transferred",
        [13] = "its input files could not be transferred",
        [14] = "its initial directory cannot be reached",
        [15] = "submitted on hold",
        [Spooling] = "its input files are being sent to the schedd",
        [19] = "a start hook of the site failed",
        [21] = "the job, or its wrapper, asked to be held",
        [22] = "its event log cannot be written",
        [26] = "held by the policy of the schedd",
        [32] = "its input files are larger than allowed",
        [33] = "its output files are larger than allowed",
        [OutOfResources] = "it needed more memory than it asked for",
        [35] = "its container image cannot be used",
        [45] = "the machine's container runtime failed its test",
        [46] = "it was in the queue for longer than allowed",
        [47] = "it ran for longer than allowed",
    };

    /// <summary>Words for the number, the number itself and the schedd's own words.</summary>
    public static string Describe(long? code, long? subCode, string? reason)
    {
        string number = code is null ? "no code" : string.Create(CultureInfo.InvariantCulture, $"code {code}{(subCode is null or 0 ? "" : $".{subCode}")}");
        string words = code == OutOfResources && subCode == OutOfDisk ? "it needed more disk than it asked for"
            : code is { } known && Words.TryGetValue(known, out string? text) ? text : "held";
        return string.IsNullOrWhiteSpace(reason) ? $"{words} ({number})" : $"{words} ({number}): {reason}";
    }
}
