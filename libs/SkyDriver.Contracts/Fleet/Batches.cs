using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>One line of the list of batches.</summary>
/// <param name="Tasks">Count of each status that occurs.</param>
/// <param name="Workers">Names.</param>
/// <param name="ExternalPending">Work outside of tasks, such as pixels of a scan.</param>
public sealed record BatchV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("tasks")] IReadOnlyDictionary<string, int> Tasks,
    [property: JsonPropertyName("workers")] IReadOnlyList<string> Workers,
    [property: JsonPropertyName("external_pending")] long ExternalPending = 0);

/// <summary>Durations of latest executions.</summary>
/// <param name="Hours">By status of the task.</param>
/// <param name="Seconds">By phase: <c>download</c>, <c>run</c>, <c>upload</c>.</param>
public sealed record BatchStatsV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("hours")] IReadOnlyDictionary<string, DurationStatsV1> Hours,
    [property: JsonPropertyName("seconds")] IReadOnlyDictionary<string, DurationStatsV1> Seconds);

/// <summary>Durations are null where nothing ran.</summary>
public sealed record DurationStatsV1(
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("min")] double? Min,
    [property: JsonPropertyName("max")] double? Max,
    [property: JsonPropertyName("avg")] double? Avg);

/// <param name="Signal">One of <see cref="FleetSignal.ForExecutions"/> for each running execution; null for none.</param>
public sealed record BatchSignalV1([property: JsonPropertyName("signal")] int? Signal = null);

/// <summary>Work that is not tasks, and counts as pending ones for recruiting and for giving workers back.</summary>
public sealed record ExternalPendingV1([property: JsonPropertyName("count")] long Count);

/// <summary>Makes the recruiters of a scan from its clusters; a repeat with more of them raises them. Ranks follow the order, repeats of a name included.</summary>
/// <param name="Clusters">As in the request, then those that were added.</param>
/// <param name="ExpectedPixels">Pixel variations still to be done, as far as one can know.</param>
/// <param name="Flavor">Resource request and image, as <c>auto:ram>=8:image==v3.5</c>; the place of each cluster is added to it.</param>
/// <param name="Concurrency">Reconstructions at once on a worker.</param>
public sealed record ScanRecruitmentV1(
    [property: JsonPropertyName("clusters")] IReadOnlyList<ScanClusterV1> Clusters,
    [property: JsonPropertyName("expected_pixels")] long ExpectedPixels,
    [property: JsonPropertyName("flavor")] string Flavor,
    [property: JsonPropertyName("concurrency")] int Concurrency = 1,
    [property: JsonPropertyName("environment")] IReadOnlyDictionary<string, string>? Environment = null);

/// <param name="Name">Name of the cluster in the request; becomes the region.</param>
/// <param name="Provider">The launcher that serves it.</param>
/// <param name="Taskforce">By which users know workers that they asked for while the scan ran; else null.</param>
public sealed record ScanClusterV1(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("provider")] string Provider,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("taskforce")] string? Taskforce = null);

/// <summary>What the fleet must know of a batch to recruit for it. Lean, as it is asked for every few seconds.</summary>
/// <param name="IsQuiet">Nothing here concerns the fleet: it need not ask again until the batch says so.</param>
/// <param name="ExternalPending">Work outside of tasks; counts as pending.</param>
/// <param name="BacklogEnded">When external pending fell to zero.</param>
/// <param name="Recruiters">By rank.</param>
/// <param name="Foreign">Tasks of other batches that tasks here wait for.</param>
/// <param name="ScanEnded">When the scan was over whose workers these are; null for all other batches.</param>
public sealed record BatchDigestV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("quiet")] bool IsQuiet,
    [property: JsonPropertyName("pending")] long Pending,
    [property: JsonPropertyName("external_pending")] long ExternalPending,
    [property: JsonPropertyName("backlog_ended")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset? BacklogEnded,
    [property: JsonPropertyName("recruiters")] IReadOnlyList<RecruiterV1> Recruiters,
    [property: JsonPropertyName("workers")] IReadOnlyList<WorkerDigestV1> Workers,
    [property: JsonPropertyName("foreign")] IReadOnlyList<long> Foreign,
    [property: JsonPropertyName("scan_ended")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset? ScanEnded = null);

/// <param name="Status">One of <see cref="FleetWorkerStatus"/>.</param>
/// <param name="Live">Executions that are not over.</param>
/// <param name="Running">Those of them that run.</param>
/// <param name="IsLost">No contact for so long that its work was taken back.</param>
/// <param name="ReleasedTo">The batch that it serves by now; only leftovers run here.</param>
public sealed record WorkerDigestV1(
    [property: JsonPropertyName("id")] long WorkerId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("concurrency")] int Concurrency,
    [property: JsonPropertyName("live")] int Live,
    [property: JsonPropertyName("running")] int Running,
    [property: JsonPropertyName("since")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset Modified,
    [property: JsonPropertyName("first")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset? FirstContact,
    [property: JsonPropertyName("work")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset? LastWork,
    [property: JsonPropertyName("lost")] bool IsLost = false,
    [property: JsonPropertyName("released")] string? ReleasedTo = null);

/// <summary>What still runs on a worker for batches that it served before.</summary>
/// <param name="Load">Sum of the weights.</param>
/// <param name="TaskProperties">JSON text: batch to [weight, priority].</param>
public sealed record CarriedWorkV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("load")] double Load,
    [property: JsonPropertyName("task_properties")] string TaskProperties);

/// <summary>Message on <see cref="Topics.FleetTask"/>: a task came into another status.</summary>
public sealed record FleetTaskEventV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("date")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset Date);

/// <summary>Message on <see cref="Topics.FleetWorker"/>: a worker came into another status, or is gone.</summary>
/// <param name="Status">One of <see cref="FleetWorkerStatus"/>, or <c>gone</c>.</param>
public sealed record FleetWorkerEventV1(
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("date")][property: JsonConverter(typeof(FleetDate))] DateTimeOffset Date);
