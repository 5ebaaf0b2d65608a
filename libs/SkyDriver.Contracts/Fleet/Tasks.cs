using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>A unit of work: one command line.</summary>
public sealed record FleetTaskV1
{
    [JsonPropertyName("task_id")]
    public long TaskId { get; init; }

    [JsonPropertyName("name")]
    public string? Name { get; init; }

    /// <summary>Argument text, split by lexer rules; with <see cref="Shell"/> the script that the shell gets as one argument.</summary>
    [JsonPropertyName("command")]
    public required string Command { get; init; }

    /// <summary>Program that runs <see cref="Command"/> by <c>-c</c>; null for none.</summary>
    [JsonPropertyName("shell")]
    public string? Shell { get; init; }

    /// <summary>One of <see cref="FleetTaskStatus"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    [JsonPropertyName("batch")]
    public required string Batch { get; init; }

    /// <summary>URIs of the task's own files, separated by spaces.</summary>
    [JsonPropertyName("input")]
    public string? Input { get; init; }

    /// <summary>URIs of files that tasks of one worker share, separated by spaces.</summary>
    [JsonPropertyName("resource")]
    public string? Resource { get; init; }

    /// <summary>URI of the folder that gets the output.</summary>
    [JsonPropertyName("output")]
    public string? Output { get; init; }

    [JsonPropertyName("container")]
    public string? Container { get; init; }

    [JsonPropertyName("container_options")]
    public string ContainerOptions { get; init; } = "";

    [JsonPropertyName("required_task_ids")]
    public IReadOnlyList<long> RequiredTaskIds { get; init; } = [];

    /// <summary>Automatic retries that are left.</summary>
    [JsonPropertyName("retry")]
    public int Retry { get; init; }

    /// <summary>Seconds from accepted to running; null for no limit.</summary>
    [JsonPropertyName("download_timeout")]
    public int? DownloadTimeout { get; init; }

    /// <summary>Seconds in running; null for no limit.</summary>
    [JsonPropertyName("run_timeout")]
    public int? RunTimeout { get; init; }

    [JsonPropertyName("use_cache")]
    public bool UseCache { get; init; }

    [JsonPropertyName("creation_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset CreationDate { get; init; }

    [JsonPropertyName("modification_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset ModificationDate { get; init; }

    /// <summary>Moves only when the status changes.</summary>
    [JsonPropertyName("status_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset StatusDate { get; init; }

    /// <summary>It waits for a task that has failed for good.</summary>
    [JsonPropertyName("blocked")]
    public bool Blocked { get; init; }

    /// <summary>Returns to pending that were no fault of the task.</summary>
    [JsonPropertyName("infrastructure_returns")]
    public int InfrastructureReturns { get; init; }
}

/// <summary>Writable members of a task, for creating and for changing one; null = not given.</summary>
public sealed record TaskFieldsV1
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    /// <summary>Required when a task is created; at most 128 KiB.</summary>
    [JsonPropertyName("command")]
    public string? Command { get; init; }

    [JsonPropertyName("shell")]
    public string? Shell { get; init; }

    /// <summary>One of <see cref="FleetTaskStatus"/>; when a task is created without it, its requirements decide.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("input")]
    public string? Input { get; init; }

    [JsonPropertyName("resource")]
    public string? Resource { get; init; }

    [JsonPropertyName("output")]
    public string? Output { get; init; }

    [JsonPropertyName("container")]
    public string? Container { get; init; }

    [JsonPropertyName("container_options")]
    public string? ContainerOptions { get; init; }

    /// <summary>The whole set.</summary>
    [JsonPropertyName("required_task_ids")]
    public IReadOnlyList<long>? RequiredTaskIds { get; init; }

    [JsonPropertyName("retry")]
    public int? Retry { get; init; }

    [JsonPropertyName("download_timeout")]
    public int? DownloadTimeout { get; init; }

    [JsonPropertyName("run_timeout")]
    public int? RunTimeout { get; init; }

    [JsonPropertyName("use_cache")]
    public bool? UseCache { get; init; }

    /// <summary>JSON names of the members that the caller set to null on purpose.</summary>
    [JsonPropertyName("cleared")]
    public IReadOnlyList<string>? Cleared { get; init; }
}

/// <summary>New tasks of one batch, all or none.</summary>
/// <param name="Tasks">1 to 1000.</param>
/// <param name="Foreign">Status of each required task that belongs to another batch, looked up by the caller: a batch must not ask another.</param>
public sealed record CreateTasksV1(
    [property: JsonPropertyName("tasks")] IReadOnlyList<TaskFieldsV1> Tasks,
    [property: JsonPropertyName("foreign")] IReadOnlyList<TaskStatusV1>? Foreign = null);

public sealed record TaskStatusV1(
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("status")] string Status);

public sealed record UpdateTaskV1(
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("fields")] TaskFieldsV1 Fields);

/// <summary>Null members do not filter; several values of one are alternatives.</summary>
/// <param name="After">Only ids above it: the <c>next</c> of the page before.</param>
/// <param name="Limit">1 to 1000.</param>
public sealed record TaskFilterV1(
    [property: JsonPropertyName("task_id")] IReadOnlyList<long>? TaskIds = null,
    [property: JsonPropertyName("status")] IReadOnlyList<string>? Statuses = null,
    [property: JsonPropertyName("name")] IReadOnlyList<string>? Names = null,
    [property: JsonPropertyName("after")] long After = 0,
    [property: JsonPropertyName("limit")] int Limit = 1000);

/// <param name="Next">Give it as <c>after</c> to read on; null at the end.</param>
public sealed record TaskPageV1(
    [property: JsonPropertyName("tasks")] IReadOnlyList<FleetTaskV1> Tasks,
    [property: JsonPropertyName("next")] long? Next);

/// <param name="Statuses">Indexes into <see cref="FleetTaskStatus.All"/>, in the order asked; -1 for a task that is not there.</param>
/// <param name="Blocked">In the same order.</param>
public sealed record TaskStatusesV1(
    [property: JsonPropertyName("statuses")] IReadOnlyList<int> Statuses,
    [property: JsonPropertyName("blocked")] IReadOnlyList<bool> Blocked);

/// <summary>Edge: the task needs the other one to have succeeded.</summary>
public sealed record RequirementV1(
    [property: JsonPropertyName("requirement_id")] long RequirementId,
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("other_task_id")] long OtherTaskId);

/// <param name="Next">Give it as <c>after</c> to read on; null at the end.</param>
public sealed record RequirementPageV1(
    [property: JsonPropertyName("requirements")] IReadOnlyList<RequirementV1> Requirements,
    [property: JsonPropertyName("next")] long? Next);

/// <param name="After">Only ids above it.</param>
public sealed record PageV1(
    [property: JsonPropertyName("after")] long After = 0,
    [property: JsonPropertyName("limit")] int Limit = 1000);

public sealed record NewRequirementV1(
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("other_task_id")] long OtherTaskId);
