using System.Collections.Concurrent;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Auth;

namespace SkyDriver.Api.Fleet;

/// <summary>What a caller with the token of a worker may do: speak for that one worker, and report on its own executions.</summary>
/// <remarks>
/// The token that a launcher gives its jobs is for a batch: good for declaring a worker of that batch, which is answered with a token for that
/// worker alone. Callers with other roles are not looked at here.
/// </remarks>
internal sealed class WorkerAccess(WorkerTokens? tokens = null)
{
    /// <summary>Bounds the memory of whose an execution is, which never changes.</summary>
    private const int MaxRemembered = 100_000;

    /// <summary>What a worker may say of itself.</summary>
    private static readonly string[] OwnStatuses = [FleetWorkerStatus.Running, FleetWorkerStatus.Paused, FleetWorkerStatus.Evicted];

    private readonly ConcurrentDictionary<long, long> _owners = new();

    /// <exception cref="ApiException">403: the worker is somebody else.</exception>
    public void RequireSelf(Call call, long worker)
    {
        if (IsWorker(call) && call.Caller.OnlyWorker != worker) throw Forbidden("the token is not this worker's; a worker declares itself first");
    }

    /// <exception cref="ApiException">403: it may not change so much.</exception>
    public void RequireOwnStatus(Call call, long worker, WorkerFieldsV1 fields)
    {
        if (!IsWorker(call)) return;
        RequireSelf(call, worker);
        bool isOwn = fields.Status is null || OwnStatuses.Contains(fields.Status);
        if (!isOwn || fields with { Status = null } != new WorkerFieldsV1()) throw Forbidden("a worker may say of itself that it runs, is paused or is evicted, and no more");
    }

    /// <exception cref="ApiException">403: it is for another batch, or says what is for its launcher to say.</exception>
    public void RequireOwnBatch(Call call, NewWorkerV1 worker)
    {
        if (!IsWorker(call)) return;
        if ((worker.Batch ?? FleetIds.DefaultBatch) != call.Caller.OnlyScan) throw Forbidden("the token is for another batch");
        if (worker.Permanent is true) throw Forbidden("a worker with the token of a batch is not permanent");
    }

    /// <summary>The row of a worker that has declared itself, with the token that it uses from now on.</summary>
    /// <exception cref="ApiException">403: it is the row of somebody else.</exception>
    public WorkerV1 Admit(Call call, WorkerV1 row)
    {
        bool isOwn = !IsWorker(call) || row.Batch == call.Caller.OnlyScan || row.WorkerId == call.Caller.OnlyWorker;
        if (!isOwn) throw Forbidden("this worker serves another batch than the token is for");
        return call.Caller.IsUser ? row : row with { Token = tokens?.Mint(row.Batch, row.WorkerId) };
    }

    /// <summary>Another token, for a worker that serves another batch by now or whose own is old; else null.</summary>
    public string? TokenFor(Call call, WorkerV1 row) =>
        IsWorker(call) && tokens is not null && (row.Batch != call.Caller.OnlyScan || tokens.IsOld(call.Caller.Expires)) ? tokens.Mint(row.Batch, row.WorkerId) : null;

    /// <exception cref="ApiException">403: another worker has that execution.</exception>
    public async Task RequireOwnAsync(Call call, long execution, IBatchActor batch)
    {
        if (!IsWorker(call)) return;
        if (!_owners.TryGetValue(execution, out long owner))
        {
            owner = FleetRoutes.Value(await batch.GetExecution(new(execution, WithOutput: false))).WorkerId ?? 0;
            if (_owners.Count < MaxRemembered) _owners[execution] = owner;
        }

        if (call.Caller.OnlyWorker != owner) throw Forbidden("another worker has this execution");
    }

    private static bool IsWorker(Call call) => call.Caller.OnlyScan is not null;

    private static ApiException Forbidden(string why) => new(StatusCodes.Status403Forbidden, $"authorization failed: {why}");
}
