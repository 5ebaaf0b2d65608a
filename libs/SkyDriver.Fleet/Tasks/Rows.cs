namespace SkyDriver.Fleet;

/// <summary>What a task runs. Never changed, but replaced, so that an execution keeps what it ran with.</summary>
public sealed record TaskText(
    string? Name,
    string Command,
    string? Shell = null,
    string? Input = null,
    string? Resource = null,
    string? Output = null,
    string? Container = null,
    string ContainerOptions = "")
{
    /// <summary>Characters of all members together.</summary>
    public int Size =>
        Length(Name) + Command.Length + Length(Shell) + Length(Input) + Length(Resource) + Length(Output) + Length(Container) + ContainerOptions.Length;

    private static int Length(string? text) => text?.Length ?? 0;
}

/// <summary>One task in the memory of its batch. Written by <see cref="BatchState"/> only.</summary>
public sealed class TaskRow
{
    public required long Id { get; init; }

    public required TaskText Text { get; set; }

    /// <summary>Set by <see cref="BatchState"/>'s one setter only.</summary>
    public TaskState Status { get; internal set; }

    public TaskState Held { get; internal set; }

    public int Retry { get; set; }

    public int Returns { get; internal set; }

    public int? DownloadTimeout { get; set; }

    public int? RunTimeout { get; set; }

    public bool UseCache { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Modified { get; set; }

    public DateTimeOffset StatusDate { get; set; }

    /// <summary>The newest attempt, live or over.</summary>
    public ExecutionRow? Latest { get; set; }

    /// <summary>Attempts before it; they are records outside of the batch's memory.</summary>
    public List<long> Former { get; init; } = [];

    /// <summary>Tasks that it requires, with the ids of the edges.</summary>
    internal List<(long Other, long Edge)> Requires { get; } = [];

    /// <summary>How many of them have not succeeded.</summary>
    internal int Unmet { get; set; }

    public ExecutionRow? Live => Latest is { } latest && latest.Status.IsLive() ? latest : null;

    internal TaskSituation Situation => new(Status, Held, Retry, Returns);
}

/// <summary>One attempt in the memory of its batch, while it is the newest of its task.</summary>
public sealed class ExecutionRow
{
    public required long Id { get; init; }

    public required long TaskId { get; init; }

    /// <summary>Null: taken from the cache.</summary>
    public long? WorkerId { get; init; }

    public ExecutionState Status { get; internal set; }

    public string? Pid { get; set; }

    public int? ReturnCode { get; set; }

    public string? OutputFiles { get; set; }

    /// <summary>What really runs, from the moment that it is frozen.</summary>
    public TaskText? Frozen { get; set; }

    public string? InputHash { get; set; }

    public string? OutputHash { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Modified { get; set; }

    public DateTimeOffset? Accepted { get; set; }

    public DateTimeOffset? RunStart { get; set; }

    public DateTimeOffset? RunEnd { get; set; }

    public DateTimeOffset? UploadEnd { get; set; }

    public string? Cause { get; set; }

    public long? Origin { get; init; }

    /// <summary>Heartbeats in a row in which its worker did not name it. Memory only.</summary>
    internal int Missing { get; set; }
}

/// <summary>Edge: <paramref name="Task"/> needs <paramref name="Other"/>.</summary>
public sealed record EdgeRow(long Id, long Task, long Other);

public sealed record SignalRow(long Id, long? Execution, long Worker, int Signal);
