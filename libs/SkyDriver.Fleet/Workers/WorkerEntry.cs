using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>What the fleet itself keeps of a worker; the rest is with the batch that it serves.</summary>
/// <param name="Image">Container image that it runs in, where its flavor does not say it.</param>
/// <param name="Moving">Set while it goes to another batch: what is left to do is done again after a crash.</param>
/// <param name="Absences">Looks in a row at which its provider did not have it.</param>
/// <param name="GivenBack">When its removal was ordered last; should that fail, it is ordered again.</param>
/// <param name="Carried">Batches that it served before and whose work it may still run.</param>
/// <param name="LaunchedFor">The batch that it was started for, under which its provider lists it; null when it was not ordered here.</param>
public sealed record WorkerEntry(
    long Id,
    string Name,
    string? Hostname,
    string Batch,
    bool Permanent,
    string? Flavor,
    string? Provider,
    string? Region,
    string? LauncherId,
    int? RecruiterRank,
    DateTimeOffset Created,
    IReadOnlyDictionary<string, CarriedWeight> Carried,
    string? Image = null,
    Recycling? Moving = null,
    int Absences = 0,
    DateTimeOffset? GivenBack = null,
    string? LaunchedFor = null)
{
    /// <summary>As JSON text of the wire.</summary>
    public string TaskProperties => Properties(Carried);

    public static string Properties(IReadOnlyDictionary<string, CarriedWeight> carried) =>
        System.Text.Json.JsonSerializer.Serialize(carried.OrderBy(c => c.Key, StringComparer.Ordinal).ToDictionary(c => c.Key, c => new[] { c.Value.Weight, c.Value.Priority }));
}

/// <summary>How long a worker may do nothing before it is given back.</summary>
/// <param name="Idle">After its last work.</param>
/// <param name="NeverWorked">After its first contact.</param>
public sealed record IdleLimits(TimeSpan Idle, TimeSpan NeverWorked)
{
    public static IdleLimits Usual { get; } = new(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(900));
}

/// <summary>Whom the fleet gives back. The server judges: a dead worker cannot say that it is idle.</summary>
public static class IdleRules
{
    /// <summary>Why a worker that says that it is idle is not given back, or null when it may be.</summary>
    public static string? WhyKeep(WorkerEntry entry, WorkerDigestV1 worker, BatchDigestV1 batch)
    {
        if (entry.Permanent) return "nothing to do: the worker is permanent";
        if (entry.Moving is not null) return "refused: the worker goes to another batch";
        if (worker.Live > 0) return $"refused: the worker has {worker.Live} live executions";
        if (entry.Carried.Count > 0) return "refused: work of a former batch runs on the worker";
        long pending = RecruitingCycle.Pending(batch);
        return pending > 0 ? $"refused: its batch has {pending} pending tasks" : null;
    }

    /// <summary>Has it been idle for long enough?</summary>
    public static bool IsDue(WorkerEntry entry, WorkerDigestV1 worker, BatchDigestV1 batch, IdleLimits limits, DateTimeOffset now)
    {
        if (worker is not { Status: FleetWorkerStatus.Running, FirstContact: { } first, ReleasedTo: null } || WhyKeep(entry, worker, batch) is not null) return false;
        // Pixels are work that the batch does not see one by one: whoever was there while some were pending has worked.
        DateTimeOffset? lastWork = Latest(worker.LastWork, batch.BacklogEnded > first ? batch.BacklogEnded : null);
        DateTimeOffset since = Latest(lastWork ?? first, worker.Modified)!.Value;
        return now - since >= (lastWork is null ? limits.NeverWorked : limits.Idle);
    }

    /// <summary>Its scan is over: is it to go now?</summary>
    /// <param name="linger">How long it may wait for another scan. One that never spoke cannot be told of another, and does not wait.</param>
    public static bool IsOver(WorkerDigestV1 worker, BatchDigestV1 batch, TimeSpan linger, DateTimeOffset now)
    {
        if (batch.ScanEnded is not { } ended || worker.Live > 0 || worker.ReleasedTo is not null) return false;
        return worker is not { FirstContact: not null, Status: FleetWorkerStatus.Running } || now - (batch.BacklogEnded ?? ended) >= linger;
    }

    private static DateTimeOffset? Latest(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;
}
