using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>A job as the queue or the history shows it; what the job does not have is null.</summary>
internal sealed class JobAd
{
    /// <summary>What is asked for.</summary>
    public static readonly string AttributeList = string.Join(',',
        "ClusterId", "ProcId", "JobStatus", "Owner", "EnteredCurrentStatus", "CompletionDate", "ExitBySignal", "ExitCode", "ExitSignal",
        "HoldReason", "HoldReasonCode", "HoldReasonSubCode", "LastHoldReasonCode", "RemoveReason", "RemoteHost", "LastRemoteHost", "QDate", "StageInFinish",
        JobAttributes.Instance, JobAttributes.Place, JobAttributes.ScanId, JobAttributes.Key, JobAttributes.Count);

    public int ClusterId { get; set; }

    public int ProcId { get; set; }

    /// <summary>1 to 7, as HTCondor numbers them.</summary>
    public long? JobStatus { get; set; }

    public string? Owner { get; set; }

    /// <summary>Seconds since 1970, as all times.</summary>
    public long? EnteredCurrentStatus { get; set; }

    public long? CompletionDate { get; set; }

    public bool? ExitBySignal { get; set; }

    public long? ExitCode { get; set; }

    public long? ExitSignal { get; set; }

    public string? HoldReason { get; set; }

    public long? HoldReasonCode { get; set; }

    public long? HoldReasonSubCode { get; set; }

    /// <summary>Of a hold that is over.</summary>
    public long? LastHoldReasonCode { get; set; }

    public string? RemoveReason { get; set; }

    public string? RemoteHost { get; set; }

    public string? LastRemoteHost { get; set; }

    public long? QDate { get; set; }

    /// <summary>When the last input file had reached the schedd, for jobs whose files are sent there.</summary>
    public long? StageInFinish { get; set; }

    public string? Instance { get; set; }

    /// <summary>Encoded.</summary>
    public string? ScanId { get; set; }

    public string? Key { get; set; }

    public long? Count { get; set; }
}
