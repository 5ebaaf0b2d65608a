using System.Globalization;
using System.Text.RegularExpressions;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>Reads a job event log: what became of each job, event by event.</summary>
/// <param name="zone">Of the times in the log, which are the schedd's own.</param>
internal sealed partial class EventLogParser(TimeZoneInfo zone)
{
    private readonly Dictionary<(int Cluster, int Proc), JobAd> _jobs = [];

    public IReadOnlyCollection<JobAd> Jobs => _jobs.Values;

    /// <summary>Takes one event; what is none, or of no meaning here, changes nothing.</summary>
    /// <param name="text">Its lines, without the three dots that end it.</param>
    public void Take(string text)
    {
        string[] lines = text.Split('\n');
        Match head = Head().Match(lines[0]);
        if (!head.Success || !int.TryParse(head.Groups["cluster"].ValueSpan, CultureInfo.InvariantCulture, out int cluster)
            || !int.TryParse(head.Groups["proc"].ValueSpan, CultureInfo.InvariantCulture, out int proc)) return;
        if (!_jobs.TryGetValue((cluster, proc), out JobAd? job)) _jobs[(cluster, proc)] = job = new() { ClusterId = cluster, ProcId = proc, JobStatus = 1 };
        Apply(job, int.Parse(head.Groups["event"].ValueSpan, CultureInfo.InvariantCulture), Seconds(head.Groups["time"].Value), [.. lines.Select(line => line.Trim())]);
    }

    private static void Apply(JobAd job, int number, long? at, string[] lines)
    {
        switch (number)
        {
            case 0: // submitted
                job.QDate = at;
                Become(job, 1, at);
                break;
            case 1: // executing
                job.RemoteHost = Slot(lines);
                job.LastRemoteHost = job.RemoteHost;
                Become(job, 2, at);
                break;
            case 4: // evicted
            case 7: // shadow exception
            case 13: // released
            case 24: // reconnection failed
                Become(job, 1, at);
                break;
            case 5: // terminated
                (job.ExitBySignal, job.ExitCode, job.ExitSignal) = Ending(lines);
                job.CompletionDate = at;
                Become(job, 4, at);
                break;
            case 9: // aborted
                job.RemoveReason = lines.ElementAtOrDefault(1);
                Become(job, 3, at);
                break;
            case 10: // suspended
                Become(job, 7, at);
                break;
            case 11: // unsuspended
                Become(job, 2, at);
                break;
            case 12: // held
                job.HoldReason = lines.ElementAtOrDefault(1);
                (job.HoldReasonCode, job.HoldReasonSubCode) = Code(lines);
                Become(job, 5, at);
                break;
        }
    }

    private static void Become(JobAd job, int status, long? at)
    {
        job.JobStatus = status;
        job.EnteredCurrentStatus = at;
        if (status != 5) (job.HoldReason, job.HoldReasonCode, job.HoldReasonSubCode) = (null, null, null);
    }

    private static (bool BySignal, long? Code, long? Signal) Ending(string[] lines)
    {
        Match match = lines.Select(line => TerminationForm().Match(line)).FirstOrDefault(m => m.Success) ?? Match.Empty;
        long? number = long.TryParse(match.Groups["number"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
        return match.Groups["signal"].Success ? (true, null, number) : (false, number, null);
    }

    private static (long? Code, long? SubCode) Code(string[] lines)
    {
        Match match = lines.Select(line => CodeForm().Match(line)).FirstOrDefault(m => m.Success) ?? Match.Empty;
        return match.Success ? (long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), long.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture)) : (null, null);
    }

    private static string? Slot(string[] lines) => lines.FirstOrDefault(line => line.StartsWith("SlotName: ", StringComparison.Ordinal))?["SlotName: ".Length..];

    // 2026-11-21 04:29:52, with or without fraction. The older form without a year says nothing that could be compared.
    private long? Seconds(string text) =>
        DateTime.TryParseExact(text.Split('.')[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) && !zone.IsInvalidTime(time)
            ? new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUnixTimeSeconds() : null;

    [GeneratedRegex(@"^(?<event>[0-9]{3}) \((?<cluster>[0-9]{1,10})\.(?<proc>[0-9]{1,10})\.[0-9]+\) (?<time>[0-9/-]+ [0-9:.]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Head();

    [GeneratedRegex(@"^\(1\) Normal termination \(return value (?<number>-?[0-9]{1,18})\)|^\(0\) Abnormal termination \((?<signal>signal) (?<number>[0-9]{1,9})\)", RegexOptions.CultureInvariant)]
    private static partial Regex TerminationForm();

    [GeneratedRegex(@"^Code ([0-9]{1,9}) Subcode ([0-9]{1,9})", RegexOptions.CultureInvariant)]
    private static partial Regex CodeForm();
}
