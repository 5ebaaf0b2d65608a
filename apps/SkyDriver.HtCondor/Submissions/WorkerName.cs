using System.Globalization;
using System.Text.RegularExpressions;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>The id of a worker, <c>{place}-{cluster}.{proc}</c>: the same in the launcher's answers, in the worker's environment and in condor_q.</summary>
internal readonly partial record struct WorkerName(string Place, int Cluster, int Proc)
{
    /// <summary>Variable that tells a worker its id.</summary>
    public const string Variable = "SKYDRIVER_WORKER_ID";

    /// <summary>The ids of all jobs of a submit file.</summary>
    public static string Pattern(string place) => $"{place}-$(ClusterId).$(ProcId)";

    public static WorkerName? Parse(string id)
    {
        Match match = Form().Match(id);
        return match.Success && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int cluster)
            && int.TryParse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int proc)
            ? new(match.Groups[1].Value, cluster, proc) : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Place}-{Cluster}.{Proc}");

    [GeneratedRegex(@"^(.+)-([1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
