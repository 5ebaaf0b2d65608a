using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>One worker in the memory of the batch that it serves. Written by <see cref="BatchState"/> only.</summary>
public sealed class WorkerRow
{
    public required long Id { get; init; }

    public required string Name { get; set; }

    public string? Hostname { get; set; }

    public WorkerStatus Status { get; internal set; }

    public int Concurrency { get; set; }

    public int Prefetch { get; set; }

    public bool Permanent { get; set; }

    public string? Flavor { get; set; }

    public string? Region { get; set; }

    public string? Provider { get; set; }

    public string? LauncherId { get; set; }

    public int? RecruiterRank { get; set; }

    /// <summary>JSON text, as on the wire.</summary>
    public string TaskProperties { get; set; } = "{}";

    /// <summary>Weight of what still runs on it for former batches.</summary>
    public double CarriedLoad { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Modified { get; set; }

    public DateTimeOffset? FirstContact { get; set; }

    public DateTimeOffset? LastWork { get; set; }

    /// <summary>The batch that it serves by now; only leftovers run here.</summary>
    public string? ReleasedTo { get; set; }

    // --- in memory only

    /// <summary>Of the last contact; after a restart that of the restart, so that everybody has a full grace period.</summary>
    internal DateTimeOffset Contact { get; set; }

    internal int ToldPeriod { get; set; } = WorkerRules.ShortestPeriod;

    internal string? Load { get; set; }

    internal double? Memory { get; set; }

    internal string? Stats { get; set; }

    internal DateTimeOffset RefusedUntil { get; set; }

    internal HashSet<long> Live { get; } = [];

    internal int Running { get; set; }

    /// <summary>Where it stands in the dispatcher's order; null when it takes nothing.</summary>
    internal double? Seat { get; set; }

    /// <summary>Executions of this batch that are not over.</summary>
    public int InHand => Live.Count;

    /// <summary>Share of the concurrency that is taken: running work by its weight, staged work by one each.</summary>
    public double Used => Running + CarriedLoad + (Live.Count - Running);

    public WorkerV1 ToWire(string batch) => new()
    {
        WorkerId = Id,
        Name = Name,
        Hostname = Hostname,
        Status = Status.Name(),
        Concurrency = Concurrency,
        Prefetch = Prefetch,
        Batch = ReleasedTo ?? batch,
        Load = Load,
        Memory = Memory,
        Stats = Stats,
        TaskProperties = TaskProperties,
        Permanent = Permanent,
        Flavor = Flavor,
        Region = Region,
        Provider = Provider,
        CreationDate = Created,
        ModificationDate = Modified,
        LastContactDate = FirstContact is null ? null : Contact,
        FirstContactDate = FirstContact,
        LastWorkDate = LastWork,
        LauncherId = LauncherId,
        RecruiterRank = RecruiterRank,
    };
}

/// <summary>When a worker is away, and when it is given up.</summary>
public static class WorkerRules
{
    public const int ShortestPeriod = 5;

    /// <summary>Seconds for workers whose scan is over: the next one has them only when they hear of it.</summary>
    public const int ShortestPeriodAfterScan = 1;

    public const int LongestPeriod = 60;

    /// <summary>Heartbeats a second that one batch is to bear; more workers speak less often.</summary>
    private const int BeatsPerSecond = 333;

    public static readonly TimeSpan LeastSilence = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(300);

    /// <summary>An assignment that a living worker never took goes back.</summary>
    public static readonly TimeSpan AssignedAtMost = TimeSpan.FromSeconds(600);

    /// <summary>A worker that refused gets nothing for so long.</summary>
    public static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(30);

    /// <summary>Heartbeats in a row without an execution after which the worker has lost it; one may have crossed a report.</summary>
    public const int MissingBeats = 2;

    /// <summary>Seconds between heartbeats for so many workers.</summary>
    /// <param name="isScanOver">They wait for another scan, or to be given back.</param>
    public static int Period(int workers, bool isScanOver) =>
        Math.Clamp((workers + BeatsPerSecond - 1) / BeatsPerSecond, isScanOver ? ShortestPeriodAfterScan : ShortestPeriod, LongestPeriod);

    /// <param name="period">Seconds, as the worker was told.</param>
    public static bool IsSilent(TimeSpan sinceContact, int period)
    {
        TimeSpan patience = TimeSpan.FromSeconds(3 * period);
        return sinceContact > (patience > LeastSilence ? patience : LeastSilence);
    }

    public static bool IsLost(TimeSpan sinceContact) => sinceContact >= LostAfter;
}
