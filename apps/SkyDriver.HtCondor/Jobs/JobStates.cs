using System.Globalization;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>From a job ad to what the launcher's callers are told.</summary>
internal static class JobStates
{
    private const int SignalBase = 128;
    private const int MaxReasonLength = 400;

    /// <summary>The job is over: it does not come back, in whatever list it is.</summary>
    public static bool IsOver(JobAd job) => job.JobStatus is 3 or 4;

    /// <summary>Its submission was cut off while its files were on their way: it never ran and never can.</summary>
    public static bool IsUnspooled(JobAd job) => job.StageInFinish is null && (job.HoldReasonCode == HoldReasons.Spooling || job.LastHoldReasonCode == HoldReasons.Spooling);

    public static WorkerStatus Describe(JobAd job, string place)
    {
        (string state, string? reason) = job.JobStatus switch
        {
            1 => (WorkerStatus.Pending, null),
            2 => (WorkerStatus.Running, null),
            3 => (WorkerStatus.Exited, Ending(job) is { } ending ? $"{ending}; removed" : Removal(job)),
            4 => (WorkerStatus.Exited, Ending(job)),
            // Nobody has to act on it.
            5 when job.HoldReasonCode == HoldReasons.Spooling => (WorkerStatus.Pending, HoldReasons.Describe(job.HoldReasonCode, null, null)),
            5 => (WorkerStatus.Held, HoldReasons.Describe(job.HoldReasonCode, job.HoldReasonSubCode, job.HoldReason)),
            6 => (WorkerStatus.Running, "its output is being transferred"),
            7 => (WorkerStatus.Running, "suspended"),
            _ => (WorkerStatus.Pending, string.Create(CultureInfo.InvariantCulture, $"HTCondor says {(job.JobStatus is { } status ? $"JobStatus {status}" : "nothing of its status")}, which is not known here")),
        };
        bool isOver = state == WorkerStatus.Exited;
        long? since = isOver && job.CompletionDate > 0 ? job.CompletionDate : job.EnteredCurrentStatus;
        return new(
            new WorkerName(place, job.ClusterId, job.ProcId).ToString(),
            SubmitText.Decode(job.ScanId ?? ""),
            state,
            Pid: null,
            // Between retries a waiting job shows the code of its last try.
            isOver ? ExitCode(job) : null,
            place,
            Machine(state == WorkerStatus.Running ? job.RemoteHost : job.LastRemoteHost ?? job.RemoteHost),
            Shorten(reason),
            job.ClusterId,
            job.ProcId,
            since is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(since.Value) : null);
    }

    private static int? ExitCode(JobAd job)
    {
        if (job.ExitBySignal is true) return job.ExitSignal is > 0 and < 128 ? SignalBase + (int)job.ExitSignal.Value : null;
        return job.ExitCode is >= int.MinValue and <= int.MaxValue ? (int)job.ExitCode.Value : null;
    }

    private static string? Ending(JobAd job) => job.ExitBySignal is true && job.ExitSignal is { } signal ? string.Create(CultureInfo.InvariantCulture, $"ended by signal {signal}")
        : job.ExitCode is { } code and not 0 ? string.Create(CultureInfo.InvariantCulture, $"ended with {code}")
        : job.ExitCode is 0 && job.JobStatus == 3 ? "ended with 0" : null;

    private static string Removal(JobAd job) => string.IsNullOrWhiteSpace(job.RemoveReason) ? "removed" : $"removed: {job.RemoveReason}";

    // slot1_2@farm1.pool.test
    private static string? Machine(string? slot) => slot is null ? null : slot[(slot.LastIndexOf('@') + 1)..];

    private static string? Shorten(string? reason) => reason is null || reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength] + " ...";
}
