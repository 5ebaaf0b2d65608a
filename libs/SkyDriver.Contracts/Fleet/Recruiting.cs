using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>Hires workers for a batch; key is (<see cref="Batch"/>, <see cref="Rank"/>).</summary>
public sealed record RecruiterV1
{
    [JsonPropertyName("batch")]
    public required string Batch { get; init; }

    /// <summary>From 1; the lowest hires first.</summary>
    [JsonPropertyName("rank")]
    public required int Rank { get; init; }

    /// <summary>From 1.</summary>
    [JsonPropertyName("tasks_per_worker")]
    public required int TasksPerWorker { get; init; }

    /// <summary>A name, or <c>auto</c> with a filter.</summary>
    [JsonPropertyName("worker_flavor")]
    public required string WorkerFlavor { get; init; }

    [JsonPropertyName("worker_concurrency")]
    public required int WorkerConcurrency { get; init; }

    /// <summary>Null: only recycles.</summary>
    [JsonPropertyName("worker_provider")]
    public string? WorkerProvider { get; init; }

    /// <summary>Null: only recycles.</summary>
    [JsonPropertyName("worker_region")]
    public string? WorkerRegion { get; init; }

    [JsonPropertyName("worker_prefetch")]
    public int WorkerPrefetch { get; init; }

    [JsonPropertyName("minimum_tasks")]
    public int MinimumTasks { get; init; }

    [JsonPropertyName("maximum_workers")]
    public int? MaximumWorkers { get; init; }

    /// <summary>What counts as workers: <c>batch</c> all of them, <c>recruiter</c> those hired by this rank.</summary>
    [JsonPropertyName("scope")]
    public string Scope { get; init; } = RecruiterScope.Batch;

    /// <summary>May take workers that still run work of another batch.</summary>
    [JsonPropertyName("partial_recycling")]
    public bool PartialRecycling { get; init; } = true;

    /// <summary>Environment for workers that it deploys.</summary>
    [JsonPropertyName("environment")]
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}

/// <summary>Values of <see cref="RecruiterV1.Scope"/>.</summary>
public static class RecruiterScope
{
    public const string Batch = "batch";
    public const string Recruiter = "recruiter";
}

/// <summary>Members of a recruiter that may be changed; null = not given.</summary>
public sealed record RecruiterFieldsV1
{
    [JsonPropertyName("tasks_per_worker")]
    public int? TasksPerWorker { get; init; }

    [JsonPropertyName("worker_flavor")]
    public string? WorkerFlavor { get; init; }

    [JsonPropertyName("worker_concurrency")]
    public int? WorkerConcurrency { get; init; }

    [JsonPropertyName("worker_provider")]
    public string? WorkerProvider { get; init; }

    [JsonPropertyName("worker_region")]
    public string? WorkerRegion { get; init; }

    [JsonPropertyName("worker_prefetch")]
    public int? WorkerPrefetch { get; init; }

    [JsonPropertyName("minimum_tasks")]
    public int? MinimumTasks { get; init; }

    [JsonPropertyName("maximum_workers")]
    public int? MaximumWorkers { get; init; }

    /// <summary>JSON names of the members that the caller set to null on purpose.</summary>
    [JsonPropertyName("cleared")]
    public IReadOnlyList<string>? Cleared { get; init; }
}

public sealed record UpdateRecruiterV1(
    [property: JsonPropertyName("rank")] int Rank,
    [property: JsonPropertyName("fields")] RecruiterFieldsV1 Fields);

/// <param name="Batches">Only of these; null for all.</param>
public sealed record RecruiterFilterV1([property: JsonPropertyName("batch")] IReadOnlyList<string>? Batches = null);

/// <summary>A line of the catalogue: a resource class at a place, with its price.</summary>
public sealed record FlavorV1
{
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("provider")]
    public required string Provider { get; init; }

    [JsonPropertyName("region")]
    public required string Region { get; init; }

    /// <summary>Cores.</summary>
    [JsonPropertyName("cpu")]
    public int Cpu { get; init; }

    /// <summary>GB.</summary>
    [JsonPropertyName("ram")]
    public double Ram { get; init; }

    /// <summary>GB.</summary>
    [JsonPropertyName("disk")]
    public double Disk { get; init; }

    /// <summary>Letters: G gpu, M metal, N nvme.</summary>
    [JsonPropertyName("tags")]
    public string Tags { get; init; } = "";

    [JsonPropertyName("gpu")]
    public string? Gpu { get; init; }

    /// <summary>GB.</summary>
    [JsonPropertyName("gpumem")]
    public double? GpuMem { get; init; }

    /// <summary>Per hour.</summary>
    [JsonPropertyName("cost")]
    public double Cost { get; init; }

    /// <summary>Percent.</summary>
    [JsonPropertyName("eviction")]
    public double Eviction { get; init; }

    /// <summary>How many more can be had; null when nobody counts.</summary>
    [JsonPropertyName("available")]
    public int? Available { get; init; }

    /// <summary>Container image, where the class brings one.</summary>
    [JsonPropertyName("image")]
    public string? Image { get; init; }
}

/// <param name="Protofilters">Filter items as in an <c>auto</c> flavor, separated by colons.</param>
public sealed record FlavorFilterV1(
    [property: JsonPropertyName("min_cpu")] int MinCpu = 0,
    [property: JsonPropertyName("min_ram")] double MinRam = 0,
    [property: JsonPropertyName("min_disk")] double MinDisk = 0,
    [property: JsonPropertyName("max_eviction")] double MaxEviction = 5,
    [property: JsonPropertyName("limit")] int Limit = 10,
    [property: JsonPropertyName("provider")] string? Provider = null,
    [property: JsonPropertyName("region")] string? Region = null,
    [property: JsonPropertyName("protofilters")] string? Protofilters = null);

/// <summary>Workers asked for by hand.</summary>
/// <param name="Number">1 to 10000.</param>
/// <param name="Provider">Null: the one from the settings; likewise the region.</param>
public sealed record DeployFleetWorkersV1(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("concurrency")] int Concurrency,
    [property: JsonPropertyName("flavor")] string Flavor,
    [property: JsonPropertyName("provider")] string? Provider = null,
    [property: JsonPropertyName("region")] string? Region = null,
    [property: JsonPropertyName("prefetch")] int Prefetch = 0);

/// <param name="JobIds">Their number need not be that of the workers.</param>
public sealed record JobsOrderedV1(
    [property: JsonPropertyName("result")] string Result,
    [property: JsonPropertyName("job_ids")] IReadOnlyList<long> JobIds);

/// <summary>An operation of a provider.</summary>
public sealed record JobV1
{
    [JsonPropertyName("job_id")]
    public long JobId { get; init; }

    /// <summary>Name of the worker, or of the first of them.</summary>
    [JsonPropertyName("target")]
    public required string Target { get; init; }

    /// <summary>One of <see cref="JobAction"/>.</summary>
    [JsonPropertyName("action")]
    public required string Action { get; init; }

    [JsonPropertyName("args")]
    public required JobArgsV1 Args { get; init; }

    /// <summary>Retries used so far.</summary>
    [JsonPropertyName("retry")]
    public int Retry { get; init; }

    /// <summary>One of <see cref="JobStatus"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    [JsonPropertyName("log")]
    public string Log { get; init; } = "";

    /// <summary>Percent.</summary>
    [JsonPropertyName("progression")]
    public int Progression { get; init; }

    [JsonPropertyName("creation_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset CreationDate { get; init; }

    [JsonPropertyName("modification_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset ModificationDate { get; init; }
}

/// <param name="Number">Workers that the job is about.</param>
/// <param name="Names">Names of them, as far as they are given.</param>
/// <param name="LauncherIds">To be removed.</param>
public sealed record JobArgsV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("provider")] string Provider,
    [property: JsonPropertyName("region")] string Region,
    [property: JsonPropertyName("flavor")] string Flavor,
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("concurrency")] int Concurrency = 1,
    [property: JsonPropertyName("prefetch")] int Prefetch = 0,
    [property: JsonPropertyName("recruiter_rank")] int? RecruiterRank = null,
    [property: JsonPropertyName("names")] IReadOnlyList<string>? Names = null,
    [property: JsonPropertyName("worker_ids")] IReadOnlyList<long>? WorkerIds = null,
    [property: JsonPropertyName("launcher_ids")] IReadOnlyList<string>? LauncherIds = null,
    [property: JsonPropertyName("environment")] IReadOnlyDictionary<string, string>? Environment = null);

/// <param name="Next">Give it as <c>after</c> to read on; null at the end.</param>
public sealed record JobPageV1(
    [property: JsonPropertyName("jobs")] IReadOnlyList<JobV1> Jobs,
    [property: JsonPropertyName("next")] long? Next);

/// <summary>What the workflow of a job tells. Each may come twice.</summary>
/// <param name="Attempt">Of which run of the job; reports of former ones are not heeded.</param>
/// <param name="Status">One of <see cref="JobStatus"/>.</param>
/// <param name="Workers">Launcher ids of workers that were started so far.</param>
/// <param name="Denied">Why there are fewer than asked for.</param>
/// <param name="IsFinal">It failed, and trying again would not help.</param>
public sealed record JobReportV1(
    [property: JsonPropertyName("job_id")] long JobId,
    [property: JsonPropertyName("attempt")] int Attempt,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("message")] string? Message = null,
    [property: JsonPropertyName("workers")] IReadOnlyList<string>? Workers = null,
    [property: JsonPropertyName("denied")] string? Denied = null,
    [property: JsonPropertyName("final")] bool IsFinal = false);
