using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Client.Fleet;

/// <summary>Tasks, workers, executions and recruiters of a service. Safe for use from several threads.</summary>
/// <remarks>
/// Reads are tried again, with a constant pause, for as long as the service is away. Writes return at once and are sent in their order; what they
/// return can be awaited, or given as id to later ones. Each write keeps one idempotency key over all its tries, so nothing happens twice; one that
/// is refused fails by itself and those after it go on. Every call fails with <see cref="SkyDriverException"/>.
/// </remarks>
public interface IFleetClient : IAsyncDisposable
{
    FleetClientOptions Options { get; }

    /// <summary>Writes that are not yet answered.</summary>
    int QueueLength { get; }

    /// <summary>Waits until all that was queued before this call is answered.</summary>
    /// <exception cref="TimeoutException">It was not in time; it stays queued.</exception>
    Task FlushAsync(TimeSpan timeout, CancellationToken cancellationToken = default);

    // --- tasks

    Task<IReadOnlyList<FleetTaskV1>> TasksAsync(TaskQuery? query = null, CancellationToken cancellationToken = default);

    Task<FleetTaskV1> TaskGetAsync(FleetId task, CancellationToken cancellationToken = default);

    /// <param name="fields">Its command is required. Name a shell to have the command run as a script of it.</param>
    /// <param name="required">Tasks that must have succeeded before, beside those in the fields.</param>
    Pending<FleetTaskV1> TaskCreateAsync(TaskFieldsV1 fields, string? batch = null, IEnumerable<FleetId>? required = null, bool? asynchronous = null);

    Pending<FleetTaskV1> TaskUpdateAsync(FleetId task, TaskFieldsV1 fields, bool? asynchronous = null);

    Pending<FleetTaskV1> TaskDeleteAsync(FleetId task, bool? asynchronous = null);

    /// <summary>Statuses as numbers, in the order asked; -1 for a task that is not there.</summary>
    Task<TaskStatusesV1> TasksStatusAsync(IReadOnlyList<long> tasks, CancellationToken cancellationToken = default);

    /// <summary>Waits until each task has succeeded, failed for good, is gone, or waits for one that failed for good.</summary>
    /// <param name="progress">Told after each look.</param>
    /// <exception cref="ArgumentException">There are no tasks.</exception>
    /// <exception cref="FleetJoinException"><see cref="FleetJoinOptions.Check"/> is set, and not all succeeded.</exception>
    Task<FleetJoined> JoinAsync(IEnumerable<FleetId> tasks, FleetJoinOptions? options = null, IProgress<FleetJoined>? progress = null, CancellationToken cancellationToken = default);

    // --- workers

    Task<IReadOnlyList<WorkerV1>> WorkersAsync(WorkerQuery? query = null, CancellationToken cancellationToken = default);

    Task<IReadOnlyList<WorkerTasksV1>> WorkersTasksAsync(CancellationToken cancellationToken = default);

    Task<WorkerV1> WorkerGetAsync(FleetId worker, CancellationToken cancellationToken = default);

    Pending<WorkerV1> WorkerCreateAsync(NewWorkerV1 worker, bool? asynchronous = null);

    Pending<WorkerV1> WorkerUpdateAsync(FleetId worker, WorkerFieldsV1 fields, bool? asynchronous = null);

    Pending<WorkerV1> WorkerDeleteAsync(FleetId worker, bool? asynchronous = null);

    Pending<JobsOrderedV1> WorkerDeployAsync(DeployFleetWorkersV1 request, bool? asynchronous = null);

    /// <param name="execution">Null: for the worker as a whole.</param>
    /// <param name="signal">One of <see cref="FleetSignal"/>.</param>
    Pending<SignalV1> WorkerCreateSignalAsync(FleetId worker, FleetId? execution, int signal, bool? asynchronous = null);

    /// <param name="status">Only these; null for all that are live.</param>
    Task<IReadOnlyList<AssignmentV1>> WorkerExecutionsAsync(FleetId worker, string? status = null, CancellationToken cancellationToken = default);

    /// <summary>Never queued: a late one is worth nothing.</summary>
    Task<WorkerV1> WorkerPingAsync(FleetId worker, string? load = null, double? memory = null, string? stats = null, CancellationToken cancellationToken = default);

    /// <summary>Never queued.</summary>
    Task<FleetResultV1> WorkerCallbackAsync(FleetId worker, string message = "idle", CancellationToken cancellationToken = default);

    // --- executions

    Task<IReadOnlyList<ExecutionV1>> ExecutionsAsync(ExecutionQuery? query = null, CancellationToken cancellationToken = default);

    Task<ExecutionV1> ExecutionGetAsync(FleetId execution, CancellationToken cancellationToken = default);

    Pending<ExecutionV1> ExecutionCreateAsync(FleetId worker, FleetId task, string? status = null, string? command = null, bool? asynchronous = null);

    Pending<ExecutionV1> ExecutionUpdateAsync(FleetId execution, ExecutionFieldsV1 fields, bool? asynchronous = null);

    Pending<ExecutionV1> ExecutionDeleteAsync(FleetId execution, bool? asynchronous = null);

    /// <param name="outputPosition">1-based byte from which to read.</param>
    Task<LogsV1> ExecutionOutputAsync(FleetId execution, long outputPosition = 1, long errorPosition = 1, CancellationToken cancellationToken = default);

    /// <param name="stream">One of <see cref="LogStream"/>.</param>
    /// <param name="offset">Bytes of UTF-8 before this text; null adds at the end.</param>
    Pending<LogLengthV1> ExecutionAppendAsync(FleetId execution, string stream, string text, long? offset = null, bool? asynchronous = null);

    // --- batches

    Task<IReadOnlyList<FleetBatch>> BatchesAsync(CancellationToken cancellationToken = default);

    Task<BatchStatsV1> BatchStatsAsync(string batch, CancellationToken cancellationToken = default);

    Pending<FleetResultV1> BatchStopAsync(string batch, int? signal = null, bool? asynchronous = null);

    Pending<FleetResultV1> BatchGoAsync(string batch, int? signal = null, bool? asynchronous = null);

    Pending<FleetResultV1> BatchDeleteAsync(string batch, bool? asynchronous = null);

    // --- requirements

    Task<IReadOnlyList<RequirementV1>> RequirementsAsync(string? batch = null, CancellationToken cancellationToken = default);

    Pending<RequirementV1> RequirementCreateAsync(FleetId task, FleetId other, bool? asynchronous = null);

    Pending<RequirementV1> RequirementDeleteAsync(long requirement, bool? asynchronous = null);

    // --- recruiters and what they choose from

    Task<IReadOnlyList<RecruiterV1>> RecruitersAsync(string? batch = null, CancellationToken cancellationToken = default);

    Task<RecruiterV1> RecruiterGetAsync(string batch, int rank, CancellationToken cancellationToken = default);

    /// <summary>Workers whose flavor satisfies one of the recruiters.</summary>
    Task<IReadOnlyList<WorkerV1>> RecruiterMatchAsync(string? batch = null, CancellationToken cancellationToken = default);

    /// <summary>Creates it, or replaces the one of that rank.</summary>
    Pending<RecruiterV1> RecruiterCreateAsync(RecruiterV1 recruiter, bool? asynchronous = null);

    Pending<RecruiterV1> RecruiterUpdateAsync(string batch, int rank, RecruiterFieldsV1 fields, bool? asynchronous = null);

    Pending<RecruiterV1> RecruiterDeleteAsync(string batch, int rank, bool? asynchronous = null);

    Task<IReadOnlyList<FlavorV1>> FlavorsAsync(FlavorFilterV1? filter = null, CancellationToken cancellationToken = default);

    // --- jobs

    Task<IReadOnlyList<JobV1>> JobsAsync(CancellationToken cancellationToken = default);

    Task<JobV1> JobGetAsync(long job, CancellationToken cancellationToken = default);

    Pending<JobV1> JobRestartAsync(long job, bool? asynchronous = null);

    Pending<JobV1> JobDeleteAsync(long job, bool? asynchronous = null);
}
