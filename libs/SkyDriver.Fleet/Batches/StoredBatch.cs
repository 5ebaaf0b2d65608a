using System.Text.Json.Serialization;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// The durable form of a batch. Short names, as a chunk of a hundred is written whenever one of them changes.

/// <summary>What is not in chunks.</summary>
/// <param name="TaskChunks">Numbers of chunks that have rows; likewise the others.</param>
public sealed record StoredHead(
    IdPoolState Ids,
    bool IsStopped,
    long ExternalPending,
    DateTimeOffset? BacklogEnded,
    IReadOnlyList<RecruiterV1> Recruiters,
    IReadOnlyDictionary<long, TaskState> Foreign,
    IReadOnlyList<long> TaskChunks,
    IReadOnlyList<long> EdgeChunks,
    IReadOnlyList<long> SignalChunks,
    IReadOnlyList<long> WorkerChunks,
    DateTimeOffset? ScanEnded = null);

public sealed record StoredTasks(IReadOnlyList<StoredTask> Rows);

/// <param name="Text">Null: too long for a chunk, and kept by itself.</param>
public sealed record StoredTask(
    [property: JsonPropertyName("i")] long Id,
    [property: JsonPropertyName("t")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TaskText? Text,
    [property: JsonPropertyName("s")] TaskState Status,
    [property: JsonPropertyName("h")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TaskState Held,
    [property: JsonPropertyName("r")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Retry,
    [property: JsonPropertyName("n")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Returns,
    [property: JsonPropertyName("dt")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? DownloadTimeout,
    [property: JsonPropertyName("rt")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? RunTimeout,
    [property: JsonPropertyName("c")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool UseCache,
    [property: JsonPropertyName("d")] long Created,
    [property: JsonPropertyName("m")] long Modified,
    [property: JsonPropertyName("sd")] long StatusDate,
    [property: JsonPropertyName("e")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoredExecution? Latest,
    [property: JsonPropertyName("f")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? Former);

/// <param name="Frozen">Null: not frozen, the same as the task's, or too long for a chunk; <paramref name="FrozenAs"/> says which.</param>
public sealed record StoredExecution(
    [property: JsonPropertyName("i")] long Id,
    [property: JsonPropertyName("w")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? WorkerId,
    [property: JsonPropertyName("s")] ExecutionState Status,
    [property: JsonPropertyName("p")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Pid,
    [property: JsonPropertyName("rc")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ReturnCode,
    [property: JsonPropertyName("of")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? OutputFiles,
    [property: JsonPropertyName("fz")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TaskText? Frozen,
    [property: JsonPropertyName("fa")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FrozenAs FrozenAs,
    [property: JsonPropertyName("ih")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? InputHash,
    [property: JsonPropertyName("oh")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? OutputHash,
    [property: JsonPropertyName("d")] long Created,
    [property: JsonPropertyName("m")] long Modified,
    [property: JsonPropertyName("a")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Accepted,
    [property: JsonPropertyName("rs")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? RunStart,
    [property: JsonPropertyName("re")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? RunEnd,
    [property: JsonPropertyName("ue")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? UploadEnd,
    [property: JsonPropertyName("ca")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cause,
    [property: JsonPropertyName("o")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Origin);

public enum FrozenAs : byte
{
    Not,
    Task,
    Own,

    /// <summary>Kept by itself.</summary>
    Apart,
}

public sealed record StoredEdges(IReadOnlyList<EdgeRow> Rows);

public sealed record StoredSignals(IReadOnlyList<SignalRow> Rows);

public sealed record StoredWorkers(IReadOnlyList<StoredWorker> Rows);

public sealed record StoredWorker(WorkerV1 Row, double CarriedLoad, string? ReleasedTo);

/// <summary>All of a batch, to be loaded.</summary>
/// <param name="Texts">Long texts that are kept by themselves, of tasks and of executions, by id.</param>
public sealed record StoredBatch(
    StoredHead Head,
    IReadOnlyList<StoredTask> Tasks,
    IReadOnlyList<EdgeRow> Edges,
    IReadOnlyList<SignalRow> Signals,
    IReadOnlyList<StoredWorker> Workers,
    IReadOnlyDictionary<long, TaskText> Texts);
