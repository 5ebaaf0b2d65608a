using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>A job as the fleet keeps it.</summary>
/// <param name="Generation">Restarts by hand: each asks the provider for new workers.</param>
/// <param name="Attempt">Workflow runs so far, each with an instance of its own.</param>
/// <param name="IsScheduled">The workflow of the present attempt was started for certain.</param>
/// <param name="Started">When the present attempt began.</param>
/// <param name="Launched">Launcher ids of workers that were started so far.</param>
/// <param name="Image">Container image of the workers, for recruiting.</param>
/// <param name="Denied">What the place said last when it had no room for all; null when it had.</param>
/// <param name="Fault">Why the last attempt failed; null when it did not.</param>
/// <param name="Trouble">Why a try failed that is being repeated; null when none did.</param>
/// <param name="Cause">One of <see cref="ExecutionCause"/>: what live executions of a worker that goes are told to have died of.</param>
public sealed record JobRow(
    JobV1 Job,
    int Generation = 1,
    int Attempt = 0,
    bool IsScheduled = false,
    DateTimeOffset? Started = null,
    IReadOnlyList<string>? Launched = null,
    string? Image = null,
    string? Cause = null,
    string? Denied = null,
    string? Fault = null,
    string? Trouble = null)
{
    public bool IsOpen => Job.Status is JobStatus.Pending or JobStatus.Running;

    public bool IsDeployment => Job.Action is not JobAction.Destroy;

    /// <summary>Workers that are ordered and not there yet.</summary>
    public int Missing => IsOpen && IsDeployment ? Math.Max(0, Job.Args.Number - (Launched?.Count ?? 0)) : 0;
}

/// <summary>The life of a job.</summary>
public static class JobRules
{
    public const int MostRunning = 10;

    public const int Retries = 2;

    /// <summary>A run of a job may take so long; then its workflow ends it by itself.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(600);

    /// <summary>And so much longer before it is ended from outside.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private const int MostLog = 16 << 10;

    public static JobRow Start(JobRow row, DateTimeOffset now) => Touch(row, now, JobStatus.Running) with { Attempt = row.Attempt + 1, IsScheduled = false, Started = now };

    /// <returns>The row unchanged when the report is of a former attempt, or comes again.</returns>
    public static JobRow Report(JobRow row, JobReportV1 report, DateTimeOffset now)
    {
        if (row.Job.Status is not JobStatus.Running || report.Attempt != row.Attempt) return row;
        string? fault = report.Denied is null && report.Status is not JobStatus.Succeeded ? report.Message : null;
        bool isOver = report.Status is JobStatus.Failed;
        JobRow next = row with { IsScheduled = true, Denied = report.Denied, Fault = isOver ? fault : null, Trouble = isOver && report.IsFinal ? null : fault };
        if (report.Workers is { Count: > 0 } workers)
            next = next with { Launched = [.. (next.Launched ?? []).Union(workers)], Job = next.Job with { Action = next.IsDeployment ? JobAction.Deploy : next.Job.Action } };
        int percent = next.IsDeployment ? (int)(100L * (next.Launched?.Count ?? 0) / Math.Max(1, next.Job.Args.Number)) : 0;
        next = next with { Job = next.Job with { Progression = Math.Clamp(percent, next.Job.Progression, 100) } };
        next = Log(next, report.Denied is { } denied ? $"There is no room: {denied}" : report.Message, now);
        return report.Status switch
        {
            JobStatus.Succeeded => Touch(next, now, JobStatus.Succeeded) with { Job = Touch(next, now, JobStatus.Succeeded).Job with { Progression = 100 } },
            JobStatus.Failed => Fail(next, report.IsFinal, now),
            _ => Touch(next, now, JobStatus.Running),
        };
    }

    /// <summary>Pending again, as long as there are retries left and they could help.</summary>
    public static JobRow Fail(JobRow row, bool isFinal, DateTimeOffset now)
    {
        if (isFinal || row.Job.Retry >= Retries) return Touch(row, now, JobStatus.Failed);
        JobRow again = Touch(row, now, JobStatus.Pending);
        return again with { Job = again.Job with { Retry = row.Job.Retry + 1 } };
    }

    /// <summary>It ran when the service went down, and nobody knows its workflow any more.</summary>
    public static JobRow Forgotten(JobRow row, DateTimeOffset now) => Touch(Log(row, "The run of this job is unknown since a restart of the service; restart it if it is still wanted.", now), now, JobStatus.Failed);

    public static bool IsOverdue(JobRow row, DateTimeOffset now) => row.Job.Status is JobStatus.Running && now - row.Started > Life + Grace;

    /// <summary>By hand, after a failure: what is missing is asked for once more.</summary>
    public static JobRow Restart(JobRow row, DateTimeOffset now)
    {
        int missing = Math.Max(1, row.Job.Args.Number - (row.IsDeployment ? row.Launched?.Count ?? 0 : 0));
        JobRow again = Touch(row, now, JobStatus.Pending) with { Generation = row.Generation + 1, Launched = null };
        return again with { Job = again.Job with { Log = "", Retry = 0, Progression = 0, Args = row.Job.Args with { Number = missing } } };
    }

    public static JobRow Log(JobRow row, string? line, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(line)) return row;
        string log = FormattableString.Invariant($"{row.Job.Log}{now:yyyy-MM-dd HH:mm:ss} {line}\n");
        return row with { Job = row.Job with { Log = log.Length > MostLog ? log[^MostLog..] : log } };
    }

    private static JobRow Touch(JobRow row, DateTimeOffset now, string status) => row with { Job = row.Job with { Status = status, ModificationDate = now } };
}
