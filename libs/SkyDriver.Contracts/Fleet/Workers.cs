using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>A process somewhere that takes work of one batch at a time.</summary>
public sealed record WorkerV1
{
    [JsonPropertyName("worker_id")]
    public long WorkerId { get; init; }

    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("hostname")]
    public string? Hostname { get; init; }

    /// <summary>One of <see cref="FleetWorkerStatus"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>Tasks at once; 0 for none.</summary>
    [JsonPropertyName("concurrency")]
    public int Concurrency { get; init; }

    /// <summary>Tasks staged ahead.</summary>
    [JsonPropertyName("prefetch")]
    public int Prefetch { get; init; }

    [JsonPropertyName("batch")]
    public required string Batch { get; init; }

    [JsonPropertyName("load")]
    public string? Load { get; init; }

    /// <summary>Percent of the machine's memory.</summary>
    [JsonPropertyName("memory")]
    public double? Memory { get; init; }

    /// <summary>JSON text.</summary>
    [JsonPropertyName("stats")]
    public string? Stats { get; init; }

    /// <summary>JSON text: batch to [weight, priority] of work kept from former batches.</summary>
    [JsonPropertyName("task_properties")]
    public string TaskProperties { get; init; } = "{}";

    /// <summary>Never destroyed.</summary>
    [JsonPropertyName("permanent")]
    public bool Permanent { get; init; }

    [JsonPropertyName("flavor")]
    public string? Flavor { get; init; }

    [JsonPropertyName("region")]
    public string? Region { get; init; }

    [JsonPropertyName("provider")]
    public string? Provider { get; init; }

    [JsonPropertyName("creation_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset CreationDate { get; init; }

    [JsonPropertyName("modification_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset ModificationDate { get; init; }

    [JsonPropertyName("last_contact_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? LastContactDate { get; init; }

    /// <summary>Kept for old readers; null.</summary>
    [JsonPropertyName("idle_callback")]
    public string? IdleCallback { get; init; }

    [JsonPropertyName("first_contact_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? FirstContactDate { get; init; }

    /// <summary>When its last execution ended.</summary>
    [JsonPropertyName("last_work_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? LastWorkDate { get; init; }

    /// <summary>The launcher's name of it.</summary>
    [JsonPropertyName("launcher_id")]
    public string? LauncherId { get; init; }

    /// <summary>Rank of the recruiter that hired it.</summary>
    [JsonPropertyName("recruiter_rank")]
    public int? RecruiterRank { get; init; }

    /// <summary>Secret, in the answer to a worker's own declaration: lets this one worker in from now on. Null where it does not need one.</summary>
    [JsonPropertyName("token")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }
}

/// <summary>A worker declares itself, or somebody makes a row for one. The same name and host name, or the same launcher id, is the same worker.</summary>
public sealed record NewWorkerV1
{
    /// <summary>1 to 128 printable characters.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("concurrency")]
    public required int Concurrency { get; init; }

    [JsonPropertyName("hostname")]
    public string? Hostname { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("batch")]
    public string? Batch { get; init; }

    [JsonPropertyName("permanent")]
    public bool? Permanent { get; init; }

    [JsonPropertyName("prefetch")]
    public int? Prefetch { get; init; }

    [JsonPropertyName("flavor")]
    public string? Flavor { get; init; }

    [JsonPropertyName("provider")]
    public string? Provider { get; init; }

    [JsonPropertyName("region")]
    public string? Region { get; init; }

    /// <summary>What the launcher calls it (<see cref="WorkerEnvironment.WorkerId"/>), for one that was deployed.</summary>
    [JsonPropertyName("launcher_id")]
    public string? LauncherId { get; init; }
}

/// <summary>Members of a worker that may be changed; null = not given.</summary>
public sealed record WorkerFieldsV1
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("hostname")]
    public string? Hostname { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("concurrency")]
    public int? Concurrency { get; init; }

    [JsonPropertyName("prefetch")]
    public int? Prefetch { get; init; }

    [JsonPropertyName("batch")]
    public string? Batch { get; init; }

    [JsonPropertyName("permanent")]
    public bool? Permanent { get; init; }

    [JsonPropertyName("flavor")]
    public string? Flavor { get; init; }

    [JsonPropertyName("region")]
    public string? Region { get; init; }

    [JsonPropertyName("provider")]
    public string? Provider { get; init; }

    /// <summary>When it becomes evicted: <c>none</c>, <c>delete</c> or <c>replace</c>.</summary>
    [JsonPropertyName("eviction_action")]
    public string? EvictionAction { get; init; }
}

public sealed record UpdateWorkerV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("fields")] WorkerFieldsV1 Fields);

/// <summary>Null members do not filter; several values of one are alternatives.</summary>
public sealed record WorkerFilterV1(
    [property: JsonPropertyName("worker_id")] IReadOnlyList<long>? WorkerIds = null,
    [property: JsonPropertyName("name")] IReadOnlyList<string>? Names = null,
    [property: JsonPropertyName("hostname")] IReadOnlyList<string>? Hostnames = null,
    [property: JsonPropertyName("batch")] IReadOnlyList<string>? Batches = null,
    [property: JsonPropertyName("status")] IReadOnlyList<string>? Statuses = null,
    [property: JsonPropertyName("flavor")] IReadOnlyList<string>? Flavors = null,
    [property: JsonPropertyName("provider")] IReadOnlyList<string>? Providers = null,
    [property: JsonPropertyName("region")] IReadOnlyList<string>? Regions = null,
    [property: JsonPropertyName("permanent")] bool? Permanent = null,
    [property: JsonPropertyName("after")] long After = 0,
    [property: JsonPropertyName("limit")] int Limit = 1000);

/// <param name="Next">Give it as <c>after</c> to read on; null at the end.</param>
public sealed record WorkerPageV1(
    [property: JsonPropertyName("workers")] IReadOnlyList<WorkerV1> Workers,
    [property: JsonPropertyName("next")] long? Next);

/// <summary>Where a worker is.</summary>
public sealed record WorkerPlaceV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("batch")] string Batch);

/// <summary>How many latest executions of a worker are in a status.</summary>
public sealed record WorkerTasksV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("count")] int Count);

/// <summary>One exchange of a worker with its batch.</summary>
/// <param name="Batch">The batch that the worker believes to serve.</param>
/// <param name="Running">Everything that the worker holds, staged or running; null when the caller does not say (the older ping).</param>
/// <param name="AcknowledgedSignals">Signals that the worker has acted on.</param>
public sealed record HeartbeatV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("load")] string? Load = null,
    [property: JsonPropertyName("memory")] double? Memory = null,
    [property: JsonPropertyName("stats")] string? Stats = null,
    [property: JsonPropertyName("running")] IReadOnlyList<HeldExecutionV1>? Running = null,
    [property: JsonPropertyName("acknowledged_signals")] IReadOnlyList<long>? AcknowledgedSignals = null,
    [property: JsonPropertyName("batch")] string? Batch = null);

/// <param name="Status"><c>accepted</c> or <c>running</c>.</param>
public sealed record HeldExecutionV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("status")] string Status);

/// <summary>Heartbeats of several workers of one batch, coalesced.</summary>
/// <param name="Beats">At most one of each worker.</param>
public sealed record HeartbeatsV1([property: JsonPropertyName("beats")] IReadOnlyList<HeartbeatV1> Beats);

/// <summary>One answer for each heartbeat, in the same order. 404: the worker is not in this batch; ask <c>FleetActor</c> where it is.</summary>
public sealed record HeartbeatAnswersV1([property: JsonPropertyName("answers")] IReadOnlyList<FleetAnswer<HeartbeatReplyV1>> Answers);

/// <param name="Worker">Its row: concurrency, prefetch, batch and status as they are now.</param>
/// <param name="Assignments">Work that it should take; comes again until the worker names it as held.</param>
/// <param name="Signals">Come again until they are acknowledged.</param>
/// <param name="Dropped">Held executions that are its no more: to be killed and forgotten, without a report.</param>
/// <param name="Held">Staged executions that must not start now, as their tasks are paused.</param>
/// <param name="PeriodSeconds">Until the next heartbeat; 5 to 60, from 1 on when the scan is over.</param>
/// <param name="Token">Secret: lets the worker in from now on, as it serves another scan than its token is for. Null while the one it has is good.</param>
public sealed record HeartbeatReplyV1(
    [property: JsonPropertyName("worker")] WorkerV1 Worker,
    [property: JsonPropertyName("assignments")] IReadOnlyList<AssignmentV1> Assignments,
    [property: JsonPropertyName("signals")] IReadOnlyList<SignalV1> Signals,
    [property: JsonPropertyName("dropped")] IReadOnlyList<long> Dropped,
    [property: JsonPropertyName("held")] IReadOnlyList<long> Held,
    [property: JsonPropertyName("period_seconds")] int PeriodSeconds,
    [property: JsonPropertyName("token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token = null);

/// <param name="ExecutionId">Null: for the worker as a whole.</param>
/// <param name="Signal">One of <see cref="FleetSignal"/>.</param>
public sealed record SignalV1(
    [property: JsonPropertyName("signal_id")] long SignalId,
    [property: JsonPropertyName("execution_id")] long? ExecutionId,
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("signal")] int Signal);

public sealed record NewSignalV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("execution_id")] long? ExecutionId,
    [property: JsonPropertyName("signal")] int Signal);

/// <param name="Message"><c>idle</c>.</param>
public sealed record WorkerCallbackV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("message")] string Message);

/// <summary>Takes over a worker from another batch, or one that is new. A worker that is here already stays as it is.</summary>
/// <param name="Contacted">It spoke just now, so its clock starts running.</param>
/// <param name="CarriedLoad">Weight of what still runs on it for former batches.</param>
public sealed record AdoptWorkerV1(
    [property: JsonPropertyName("worker")] WorkerV1 Worker,
    [property: JsonPropertyName("contacted")] bool Contacted = false,
    [property: JsonPropertyName("carried_load")] double CarriedLoad = 0);

/// <param name="To">The batch that it goes to.</param>
public sealed record ReleaseWorkerV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("to")] string To);

/// <param name="Cause">One of <see cref="ExecutionCause"/>: what its live executions are told to have died of.</param>
public sealed record RemoveWorkerV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("cause")] string Cause);
