using System.Globalization;
using System.Text.Json.Nodes;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Client.Fleet;

/// <inheritdoc />
public sealed class FleetClient : IFleetClient
{
    private readonly FleetCalls _calls;

    /// <param name="http">Its base address is the service, ending in a slash, and its own timeout infinite; the caller keeps it.</param>
    public FleetClient(HttpClient http, FleetClientOptions? options = null)
    {
        Options = options ?? new();
        _calls = new(http, Options);
    }

    public FleetClientOptions Options { get; }

    public int QueueLength => _calls.QueueLength;

    public Task FlushAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => _calls.FlushAsync(timeout, cancellationToken);

    public ValueTask DisposeAsync() => _calls.DisposeAsync();

    public Task<IReadOnlyList<FleetTaskV1>> TasksAsync(TaskQuery? query = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<FleetTaskV1>>("tasks/", FleetJson.Arguments(query), cancellationToken);

    public Task<FleetTaskV1> TaskGetAsync(FleetId task, CancellationToken cancellationToken = default) => GetAsync<FleetTaskV1>("tasks", task, "", cancellationToken);

    public Pending<FleetTaskV1> TaskCreateAsync(TaskFieldsV1 fields, string? batch = null, IEnumerable<FleetId>? required = null, bool? asynchronous = null)
    {
        FleetId[] needed = [.. required ?? []];
        return _calls.Write<FleetTaskV1>(HttpMethod.Post, At("tasks/"), ArgumentsAsync, asynchronous);

        async Task<JsonObject> ArgumentsAsync()
        {
            JsonObject arguments = FleetJson.Arguments(fields);
            if (batch is not null) arguments["batch"] = batch;
            if (needed.Length == 0) return arguments;
            long[] ids = await Task.WhenAll(needed.Select(id => id.AsTask()));
            arguments["required_task_ids"] = new JsonArray([.. (fields.RequiredTaskIds ?? []).Union(ids).Select(id => (JsonNode)id)]);
            return arguments;
        }
    }

    public Pending<FleetTaskV1> TaskUpdateAsync(FleetId task, TaskFieldsV1 fields, bool? asynchronous = null) => Write<FleetTaskV1>(HttpMethod.Put, "tasks", task, "", fields, asynchronous);

    public Pending<FleetTaskV1> TaskDeleteAsync(FleetId task, bool? asynchronous = null) => Write<FleetTaskV1>(HttpMethod.Delete, "tasks", task, "", null, asynchronous);

    public Task<TaskStatusesV1> TasksStatusAsync(IReadOnlyList<long> tasks, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<TaskStatusesV1>("tasks/status", new() { ["task_id"] = new JsonArray([.. tasks.Select(id => (JsonNode)id)]), ["blocked"] = true }, cancellationToken);

    public Task<FleetJoined> JoinAsync(IEnumerable<FleetId> tasks, FleetJoinOptions? options = null, IProgress<FleetJoined>? progress = null, CancellationToken cancellationToken = default) =>
        new FleetJoin(this, options ?? new()).WaitAsync(tasks, progress, cancellationToken);

    public Task<IReadOnlyList<WorkerV1>> WorkersAsync(WorkerQuery? query = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<WorkerV1>>("workers/", FleetJson.Arguments(query), cancellationToken);

    public Task<IReadOnlyList<WorkerTasksV1>> WorkersTasksAsync(CancellationToken cancellationToken = default) => _calls.ReadAsync<IReadOnlyList<WorkerTasksV1>>("workers/tasks", null, cancellationToken);

    public Task<WorkerV1> WorkerGetAsync(FleetId worker, CancellationToken cancellationToken = default) => GetAsync<WorkerV1>("workers", worker, "", cancellationToken);

    public Pending<WorkerV1> WorkerCreateAsync(NewWorkerV1 worker, bool? asynchronous = null) => Write<WorkerV1>(HttpMethod.Post, "workers/", worker, asynchronous);

    public Pending<WorkerV1> WorkerUpdateAsync(FleetId worker, WorkerFieldsV1 fields, bool? asynchronous = null) => Write<WorkerV1>(HttpMethod.Put, "workers", worker, "", fields, asynchronous);

    public Pending<WorkerV1> WorkerDeleteAsync(FleetId worker, bool? asynchronous = null) => Write<WorkerV1>(HttpMethod.Delete, "workers", worker, "", null, asynchronous);

    public Pending<JobsOrderedV1> WorkerDeployAsync(DeployFleetWorkersV1 request, bool? asynchronous = null) => Write<JobsOrderedV1>(HttpMethod.Put, "workers/deploy", request, asynchronous);

    public Pending<SignalV1> WorkerCreateSignalAsync(FleetId worker, FleetId? execution, int signal, bool? asynchronous = null) => _calls.Write<SignalV1>(
        HttpMethod.Post,
        At("workers", worker, "/signals"),
        async () => execution is { } one ? new() { ["execution_id"] = await one.AsTask(), ["signal"] = signal } : new() { ["signal"] = signal },
        asynchronous);

    public Task<IReadOnlyList<AssignmentV1>> WorkerExecutionsAsync(FleetId worker, string? status = null, CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<AssignmentV1>>("workers", worker, status is null ? "/executions" : $"/executions/{Uri.EscapeDataString(status)}", cancellationToken);

    public async Task<WorkerV1> WorkerPingAsync(FleetId worker, string? load = null, double? memory = null, string? stats = null, CancellationToken cancellationToken = default) =>
        await _calls.WriteNowAsync<WorkerV1>(await At("workers", worker, "/ping")(), FleetJson.Arguments(new { load, memory, stats }), SkyDriverClient.NewKey(), cancellationToken);

    public async Task<FleetResultV1> WorkerCallbackAsync(FleetId worker, string message = "idle", CancellationToken cancellationToken = default) =>
        await _calls.WriteNowAsync<FleetResultV1>(await At("workers", worker, "/callback")(), new() { ["message"] = message }, SkyDriverClient.NewKey(), cancellationToken);

    public Task<IReadOnlyList<ExecutionV1>> ExecutionsAsync(ExecutionQuery? query = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<ExecutionV1>>("executions/", FleetJson.Arguments(query), cancellationToken);

    public Task<ExecutionV1> ExecutionGetAsync(FleetId execution, CancellationToken cancellationToken = default) => GetAsync<ExecutionV1>("executions", execution, "", cancellationToken);

    public Pending<ExecutionV1> ExecutionCreateAsync(FleetId worker, FleetId task, string? status = null, string? command = null, bool? asynchronous = null) => _calls.Write<ExecutionV1>(
        HttpMethod.Post,
        At("executions/"),
        async () =>
        {
            JsonObject arguments = FleetJson.Arguments(new { status, command });
            arguments["worker_id"] = await worker.AsTask();
            arguments["task_id"] = await task.AsTask();
            return arguments;
        },
        asynchronous);

    public Pending<ExecutionV1> ExecutionUpdateAsync(FleetId execution, ExecutionFieldsV1 fields, bool? asynchronous = null) => Write<ExecutionV1>(HttpMethod.Put, "executions", execution, "", fields, asynchronous);

    public Pending<ExecutionV1> ExecutionDeleteAsync(FleetId execution, bool? asynchronous = null) => Write<ExecutionV1>(HttpMethod.Delete, "executions", execution, "", null, asynchronous);

    public Task<LogsV1> ExecutionOutputAsync(FleetId execution, long outputPosition = 1, long errorPosition = 1, CancellationToken cancellationToken = default) =>
        GetAsync<LogsV1>("executions", execution, string.Create(CultureInfo.InvariantCulture, $"/output?output_position={outputPosition}&error_position={errorPosition}"), cancellationToken);

    public Pending<LogLengthV1> ExecutionAppendAsync(FleetId execution, string stream, string text, long? offset = null, bool? asynchronous = null) =>
        Write<LogLengthV1>(HttpMethod.Put, "executions", execution, $"/{stream}", new { text, offset }, asynchronous);

    public Task<IReadOnlyList<FleetBatch>> BatchesAsync(CancellationToken cancellationToken = default) => _calls.ReadAsync<IReadOnlyList<FleetBatch>>("batch/", null, cancellationToken);

    public Task<BatchStatsV1> BatchStatsAsync(string batch, CancellationToken cancellationToken = default) => _calls.ReadAsync<BatchStatsV1>(Batch(batch, "/stats"), null, cancellationToken);

    public Pending<FleetResultV1> BatchStopAsync(string batch, int? signal = null, bool? asynchronous = null) => Write<FleetResultV1>(HttpMethod.Put, Batch(batch, "/stop"), new { signal }, asynchronous);

    public Pending<FleetResultV1> BatchGoAsync(string batch, int? signal = null, bool? asynchronous = null) => Write<FleetResultV1>(HttpMethod.Put, Batch(batch, "/go"), new { signal }, asynchronous);

    public Pending<FleetResultV1> BatchDeleteAsync(string batch, bool? asynchronous = null) => Write<FleetResultV1>(HttpMethod.Delete, Batch(batch, ""), null, asynchronous);

    public Task<IReadOnlyList<RequirementV1>> RequirementsAsync(string? batch = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<RequirementV1>>("requirement/", FleetJson.Arguments(new { batch }), cancellationToken);

    public Pending<RequirementV1> RequirementCreateAsync(FleetId task, FleetId other, bool? asynchronous = null) => _calls.Write<RequirementV1>(
        HttpMethod.Post, At("requirement/"), async () => new() { ["task_id"] = await task.AsTask(), ["other_task_id"] = await other.AsTask() }, asynchronous);

    public Pending<RequirementV1> RequirementDeleteAsync(long requirement, bool? asynchronous = null) => Write<RequirementV1>(HttpMethod.Delete, "requirement", requirement, "", null, asynchronous);

    public Task<IReadOnlyList<RecruiterV1>> RecruitersAsync(string? batch = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<RecruiterV1>>("recruiter/", FleetJson.Arguments(new { batch }), cancellationToken);

    public Task<RecruiterV1> RecruiterGetAsync(string batch, int rank, CancellationToken cancellationToken = default) => _calls.ReadAsync<RecruiterV1>(Recruiter(batch, rank), null, cancellationToken);

    public Task<IReadOnlyList<WorkerV1>> RecruiterMatchAsync(string? batch = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<WorkerV1>>("recruiter/match", FleetJson.Arguments(new { batch }), cancellationToken);

    public Pending<RecruiterV1> RecruiterCreateAsync(RecruiterV1 recruiter, bool? asynchronous = null) => Write<RecruiterV1>(HttpMethod.Post, "recruiter/", recruiter with { Environment = null }, asynchronous);

    public Pending<RecruiterV1> RecruiterUpdateAsync(string batch, int rank, RecruiterFieldsV1 fields, bool? asynchronous = null) => Write<RecruiterV1>(HttpMethod.Put, Recruiter(batch, rank), fields, asynchronous);

    public Pending<RecruiterV1> RecruiterDeleteAsync(string batch, int rank, bool? asynchronous = null) => Write<RecruiterV1>(HttpMethod.Delete, Recruiter(batch, rank), null, asynchronous);

    public Task<IReadOnlyList<FlavorV1>> FlavorsAsync(FlavorFilterV1? filter = null, CancellationToken cancellationToken = default) =>
        _calls.ReadAsync<IReadOnlyList<FlavorV1>>("flavor/", FleetJson.Arguments(filter), cancellationToken);

    public Task<IReadOnlyList<JobV1>> JobsAsync(CancellationToken cancellationToken = default) => _calls.ReadAsync<IReadOnlyList<JobV1>>("jobs/", null, cancellationToken);

    public Task<JobV1> JobGetAsync(long job, CancellationToken cancellationToken = default) => GetAsync<JobV1>("jobs", job, "", cancellationToken);

    public Pending<JobV1> JobRestartAsync(long job, bool? asynchronous = null) => Write<JobV1>(HttpMethod.Put, "jobs", job, "/restart", null, asynchronous);

    public Pending<JobV1> JobDeleteAsync(long job, bool? asynchronous = null) => Write<JobV1>(HttpMethod.Delete, "jobs", job, "", null, asynchronous);

    /// <summary>Starts a task anew, whatever else is queued.</summary>
    internal async Task RestartAsync(long task, string key, CancellationToken cancellationToken) =>
        await _calls.WriteNowAsync<FleetTaskV1>(await At("tasks", task, "")(), new() { ["status"] = FleetTaskStatus.Pending }, key, cancellationToken);

    private async Task<T> GetAsync<T>(string what, FleetId id, string rest, CancellationToken cancellationToken) =>
        await _calls.ReadAsync<T>(await At(what, id, rest)().WaitAsync(cancellationToken), null, cancellationToken);

    private Pending<T> Write<T>(HttpMethod method, string path, object? arguments, bool? asynchronous) => _calls.Write<T>(method, At(path), () => Task.FromResult(FleetJson.Arguments(arguments)), asynchronous);

    private Pending<T> Write<T>(HttpMethod method, string what, FleetId id, string rest, object? arguments, bool? asynchronous) =>
        _calls.Write<T>(method, At(what, id, rest), () => Task.FromResult(FleetJson.Arguments(arguments)), asynchronous);

    private static Func<Task<string>> At(string path) => () => Task.FromResult(path);

    private static Func<Task<string>> At(string what, FleetId id, string rest) => async () => $"{what}/{(await id.AsTask()).ToString(CultureInfo.InvariantCulture)}{rest}";

    private static string Batch(string batch, string rest) => $"batch/{Uri.EscapeDataString(batch)}{rest}";

    private static string Recruiter(string batch, int rank) => string.Create(CultureInfo.InvariantCulture, $"recruiter/{Uri.EscapeDataString(batch)}/{rank}");
}
