using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>What only the worker of an attempt knows; null where it is not known, not asked for or, in a report, not given.</summary>
public abstract record AttemptV1
{
    /// <summary>Process or container id.</summary>
    [JsonPropertyName("pid")]
    public string? Pid { get; init; }

    [JsonPropertyName("return_code")]
    public int? ReturnCode { get; init; }

    /// <summary>Standard output; in a report it replaces all of it.</summary>
    [JsonPropertyName("output")]
    public string? Output { get; init; }

    /// <summary>Standard error; in a report it replaces all of it.</summary>
    [JsonPropertyName("error")]
    public string? Error { get; init; }

    /// <summary>Relative paths, separated by spaces.</summary>
    [JsonPropertyName("output_files")]
    public string? OutputFiles { get; init; }

    [JsonPropertyName("command")]
    public string? Command { get; init; }

    [JsonPropertyName("input_hash")]
    public string? InputHash { get; init; }

    [JsonPropertyName("output_hash")]
    public string? OutputHash { get; init; }

    /// <summary>One of <see cref="ExecutionCause"/>, or null.</summary>
    [JsonPropertyName("cause")]
    public string? Cause { get; init; }
}

/// <summary>One attempt of one task on one worker.</summary>
public sealed record ExecutionV1 : AttemptV1
{
    [JsonPropertyName("execution_id")]
    public long ExecutionId { get; init; }

    [JsonPropertyName("task_id")]
    public long TaskId { get; init; }

    /// <summary>Null: the result came from the cache.</summary>
    [JsonPropertyName("worker_id")]
    public long? WorkerId { get; init; }

    /// <summary>One of <see cref="ExecutionStatus"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    [JsonPropertyName("shell")]
    public string? Shell { get; init; }

    [JsonPropertyName("container")]
    public string? Container { get; init; }

    [JsonPropertyName("container_options")]
    public string? ContainerOptions { get; init; }

    [JsonPropertyName("input")]
    public string? Input { get; init; }

    [JsonPropertyName("resource")]
    public string? Resource { get; init; }

    [JsonPropertyName("output_folder")]
    public string? OutputFolder { get; init; }

    [JsonPropertyName("creation_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset CreationDate { get; init; }

    [JsonPropertyName("modification_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset ModificationDate { get; init; }

    [JsonPropertyName("accepted_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? AcceptedDate { get; init; }

    [JsonPropertyName("run_start_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? RunStartDate { get; init; }

    [JsonPropertyName("run_end_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? RunEndDate { get; init; }

    [JsonPropertyName("upload_end_date")]
    [JsonConverter(typeof(FleetDate))]
    public DateTimeOffset? UploadEndDate { get; init; }

    [JsonPropertyName("latest")]
    public bool Latest { get; init; }

    /// <summary>The execution whose result was taken, for a cache hit.</summary>
    [JsonPropertyName("origin_execution_id")]
    public long? OriginExecutionId { get; init; }

    /// <summary>Bytes of standard output that arrived, also those beyond the cap that were not kept.</summary>
    [JsonPropertyName("output_length")]
    public long OutputLength { get; init; }

    [JsonPropertyName("error_length")]
    public long ErrorLength { get; init; }
}

/// <summary>By hand, or by a worker of the older protocol: an execution of a task that is pending or paused.</summary>
/// <param name="Status"><c>pending</c> or <c>running</c>.</param>
public sealed record NewExecutionV1(
    [property: JsonPropertyName("task_id")] long TaskId,
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("status")] string? Status = null,
    [property: JsonPropertyName("command")] string? Command = null);

/// <summary>What a worker reports of an attempt; null = not given.</summary>
public sealed record ExecutionFieldsV1 : AttemptV1
{
    /// <summary>One of <see cref="ExecutionStatus"/>.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>Copy the task's run fields into the execution now.</summary>
    [JsonPropertyName("freeze")]
    public bool? Freeze { get; init; }
}

public sealed record UpdateExecutionV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("fields")] ExecutionFieldsV1 Fields);

/// <param name="WithOutput">Read the two streams as well.</param>
/// <param name="Trunc">Only the last so many characters of each stream.</param>
public sealed record GetExecutionV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("with_output")] bool WithOutput = true,
    [property: JsonPropertyName("trunc")] int? Trunc = null);

/// <summary>Null members do not filter.</summary>
/// <param name="Reverse">Newest first; <c>after</c> then means ids below it.</param>
/// <param name="After">From the page before; 0 begins.</param>
public sealed record ExecutionFilterV1(
    [property: JsonPropertyName("task_id")] IReadOnlyList<long>? TaskIds = null,
    [property: JsonPropertyName("status")] IReadOnlyList<string>? Statuses = null,
    [property: JsonPropertyName("latest")] bool? Latest = null,
    [property: JsonPropertyName("task_name")] string? TaskName = null,
    [property: JsonPropertyName("worker_id")] long? WorkerId = null,
    [property: JsonPropertyName("limit")] int Limit = 1000,
    [property: JsonPropertyName("reverse")] bool Reverse = false,
    [property: JsonPropertyName("no_output")] bool NoOutput = false,
    [property: JsonPropertyName("trunc")] int? Trunc = null,
    [property: JsonPropertyName("after")] long After = 0);

/// <param name="Next">Give it as <c>after</c> to read on; null at the end.</param>
public sealed record ExecutionPageV1(
    [property: JsonPropertyName("executions")] IReadOnlyList<ExecutionV1> Executions,
    [property: JsonPropertyName("next")] long? Next);

/// <summary>Live work of one worker, with what the daemon must know of the task.</summary>
/// <param name="Weight">How much of the worker's concurrency it takes while it runs.</param>
/// <param name="Priority">Larger starts first.</param>
public sealed record AssignmentV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("batch")] string Batch,
    [property: JsonPropertyName("taskstatus")] string TaskStatus,
    [property: JsonPropertyName("task")] FleetTaskV1 Task,
    [property: JsonPropertyName("weight")] double Weight = 1,
    [property: JsonPropertyName("priority")] int Priority = 0);

/// <param name="Status">Only these; null means accepted and running.</param>
public sealed record WorkerExecutionsV1(
    [property: JsonPropertyName("worker_id")] long WorkerId,
    [property: JsonPropertyName("status")] string? Status = null);

/// <summary>The two streams of an execution.</summary>
public static class LogStream
{
    public const string Output = "output";
    public const string Error = "error";
}

/// <summary>Adds text to a stream.</summary>
/// <param name="Stream">One of <see cref="LogStream"/>.</param>
/// <param name="Offset">Bytes of UTF-8 before this text, so that a replay is harmless; null adds at the end.</param>
public sealed record AppendLogV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("stream")] string Stream,
    [property: JsonPropertyName("text")] string Text,
    [property: JsonPropertyName("offset")] long? Offset = null);

/// <param name="Length">Bytes received so far: the next offset.</param>
/// <param name="IsTruncated">The cap is reached; what comes is counted and not kept.</param>
public sealed record LogLengthV1(
    [property: JsonPropertyName("length")] long Length,
    [property: JsonPropertyName("is_truncated")] bool IsTruncated);

/// <param name="OutputPosition">1-based byte from which to read; null leaves the stream out.</param>
public sealed record ReadLogsV1(
    [property: JsonPropertyName("execution_id")] long ExecutionId,
    [property: JsonPropertyName("output_position")] long? OutputPosition,
    [property: JsonPropertyName("error_position")] long? ErrorPosition);

/// <summary>At most 1 MiB of each stream; read on from where it ends.</summary>
/// <param name="OutputNext">1-based position after what was read.</param>
public sealed record LogsV1(
    [property: JsonPropertyName("output")] string? Output,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("output_next")] long? OutputNext = null,
    [property: JsonPropertyName("error_next")] long? ErrorNext = null);
