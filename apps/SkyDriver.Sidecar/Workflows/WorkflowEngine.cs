using System.Collections.Concurrent;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Scheduling;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>What the configuration and the host ask of the workflows of an app.</summary>
internal sealed record WorkflowOptions
{
    public WorkflowSettings Settings { get; init; } = WorkflowSettings.Default;

    /// <summary>Bytes; a turn that needs a larger message stalls its instance.</summary>
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long an instance that ended so is kept; null = until purged.</summary>
    public TimeSpan? RetentionOf(WorkflowStatus status) => status switch
    {
        WorkflowStatus.Completed => Settings.Retention.Completed,
        WorkflowStatus.Failed => Settings.Retention.Failed,
        WorkflowStatus.Terminated => Settings.Retention.Terminated,
        _ => null,
    } ?? Settings.Retention.AnyTerminal;
}

/// <summary>
/// The workflows of one app: durable instances, their turns and activities handed to workers, timers, children.
/// What was promised is in the store before it is promised; all else follows from the stored history, so a process that
/// starts again goes on where the last one was.
/// </summary>
internal sealed partial class WorkflowEngine : IAppEngine
{
    private readonly WorkflowStorage _storage;
    private readonly TimerQueue _timers;
    private readonly TimeProvider _clock;
    private readonly WorkflowOptions _options;
    private readonly WorkflowPeers _peers;
    private readonly ILogger _log;
    private readonly WorkerHub _hub;
    private readonly InstanceTable _table = new();
    private readonly ConcurrentDictionary<string, byte> _underWay = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    public WorkflowEngine(WorkflowStorage storage, TimerQueue timers, TimeProvider clock, WorkflowOptions options, WorkflowPeers peers, ILogger log)
    {
        (_storage, _timers, _clock, _options, _peers, _log) = (storage, timers, clock, options, peers, log);
        _hub = new WorkerHub(options.Settings);
    }

    public int ConnectedWorkers => _hub.ConnectedWorkers;

    public Task AddInstanceAsync(AppInstance instance, CancellationToken ct) => Task.CompletedTask;

    public Task RemoveInstanceAsync(AppInstance instance) => Task.CompletedTask;

    public void Describe(AppInstance instance, EngineMetadata metadata) => metadata.WorkflowWorkers += _hub.ConnectedWorkers;

    /// <summary>Stores a new instance; an empty id is replaced by a random one. Returns the id.</summary>
    /// <exception cref="RpcException">ALREADY_EXISTS: the id is at work. INVALID_ARGUMENT: no name, or an id that cannot be a key.</exception>
    public async Task<string> StartAsync(CreateInstanceRequest request, CancellationToken ct = default)
    {
        if (request.Name.Length == 0) throw Fault(StatusCode.InvalidArgument, "The name of the workflow is missing.");
        if (request.InstanceId.Length == 0) request.InstanceId = NewExecutionId();
        RefuseIfNoKey(request.InstanceId);
        using var lease = await _table.EnterAsync(request.InstanceId, ct);
        var old = await LoadAsync(lease);
        if (old is { State.IsOver: false })
        {
            throw AtWork(request.InstanceId);
        }

        await CreateAsync(lease, old, request, parent: null);
        return request.InstanceId;
    }

    /// <summary>What is known of an instance; null for an unknown id.</summary>
    public async Task<WorkflowState?> GetAsync(string instanceId, bool withPayloads, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(instanceId, ct);
        return await LoadAsync(lease) is { } active ? InstanceView.Describe(active.State, withPayloads) : null;
    }

    /// <summary>Waits until the instance has left PENDING (or ended); null for an id that is unknown or purged meanwhile.</summary>
    public Task<WorkflowState?> WaitForStartAsync(string instanceId, bool withPayloads, CancellationToken ct) =>
        WaitAsync(instanceId, withPayloads, state => state.Head.Started is not null || state.IsOver, ct);

    /// <summary>Waits until the instance is over; null for an id that is unknown or purged meanwhile.</summary>
    public Task<WorkflowState?> WaitForEndAsync(string instanceId, bool withPayloads, CancellationToken ct) =>
        WaitAsync(instanceId, withPayloads, state => state.IsOver, ct);

    /// <summary>The stored history of the present life, oldest first.</summary>
    public async Task<IReadOnlyList<HistoryEvent>> GetHistoryAsync(string instanceId, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(instanceId, ct);
        var active = await LoadAsync(lease) ?? throw Unknown(instanceId);
        return [.. active.State.History];
    }

    /// <summary>A page of ids in ordinal order, and the token of the next page.</summary>
    public async Task<(IReadOnlyList<string> Ids, string? Next)> ListAsync(string? continuation, int? pageSize, CancellationToken ct = default)
    {
        string[] rest = [.. (await _storage.ListIdsAsync(ct)).Where(id => continuation is null || string.CompareOrdinal(id, continuation) > 0)];
        int take = Math.Min(rest.Length, pageSize is > 0 ? pageSize.Value : 1024);
        return (rest[..take], take < rest.Length ? rest[take - 1] : null);
    }

    /// <summary>Queues an event for an instance, durably; without effect on one that is over.</summary>
    /// <exception cref="RpcException">NOT_FOUND; FAILED_PRECONDITION for a stalled instance.</exception>
    public async Task RaiseEventAsync(string instanceId, EventRaisedEvent raised, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(instanceId, ct);
        var active = await LoadAsync(lease) ?? throw Unknown(instanceId);
        if (active.State.IsStalled) throw Fault(StatusCode.FailedPrecondition, $"The workflow '{instanceId}' is stalled and takes no events.");
        await DeliverAsync(lease, active, new HistoryEvent { EventId = TurnLogic.Unasked, Timestamp = TurnLogic.Stamp(Now), EventRaised = raised }, Keep.Always);
    }

    /// <summary>Ends an instance at once; with <paramref name="request"/>.Recursive its open children as well, afterwards.</summary>
    public async Task TerminateAsync(TerminateRequest request, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(request.InstanceId, ct);
        var active = await LoadAsync(lease) ?? throw Unknown(request.InstanceId);
        if (active.State.IsOver) return;
        await CommitAsync(lease, active, TurnLogic.Terminate(active.State, request.Output, request.Recursive, Now));
    }

    /// <summary>Suspends (or resumes) an instance; idempotent. Events queue meanwhile.</summary>
    public async Task SuspendAsync(string instanceId, string? reason, bool suspend, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(instanceId, ct);
        var active = await LoadAsync(lease) ?? throw Unknown(instanceId);
        if (active.State.IsOver || TurnLogic.Suspend(active.State, suspend, Now) is not { } head) return;
        var e = new HistoryEvent { EventId = TurnLogic.Unasked, Timestamp = head.Updated };
        if (suspend) e.ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason };
        else e.ExecutionResumed = new ExecutionResumedEvent { Input = reason };
        await SaveAsync(active, head, [new WaitingEvent(e, null)]);
        lease.SignalChange();
        Wake(active);
    }

    /// <summary>Removes an instance that is over, or any with force; recursively its children first. Returns how many went.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: the instance goes on and force was not asked.</exception>
    public Task<int> PurgeAsync(string instanceId, bool recursive, bool force, CancellationToken ct = default) =>
        PurgeAsync(instanceId, parent: null, recursive, force, ct);

    /// <summary>Serves one worker: sends it work until it leaves.</summary>
    public async Task ServeWorkerAsync(Func<WorkItem, ValueTask> write, CancellationToken ct)
    {
        var serving = _hub.ServeAsync(write, ct);
        await RetryStalledAsync();
        await serving;
    }

    /// <summary>Takes up what the store says is under way. Calls need not wait for it: each instance is taken up once, by whoever comes first.</summary>
    public async Task RecoverAsync(CancellationToken ct = default)
    {
        foreach (var (instanceId, head) in await _storage.ListAsync(ct))
        {
            if (head.PurgeAt is { } purgeAt) SchedulePurge(instanceId, purgeAt.ToDateTimeOffset());
            if (head.Status.IsOver() && !head.Unsettled && head.Detached.Count == 0) continue;
            using var lease = await _table.EnterAsync(instanceId, ct);
            await LoadAsync(lease);
        }
    }

    /// <summary>Does that in the background, as often as it takes.</summary>
    public void BeginRecovery() => Run(() => RecoverAsync(_stop.Token));

    /// <summary>Ends the worker streams and keeps what only memory holds.</summary>
    public async ValueTask DisposeAsync()
    {
        _hub.Close();
        await _stop.CancelAsync();
        foreach (string id in _table.Find(static state => !state.IsOver))
        {
            using var lease = await _table.EnterAsync(id);
            if (lease.Active is not { } active) continue;
            active.End(withActivities: true);
            await TryKeepAsync(active);
        }

        _timers.Dispose();
    }

    private DateTimeOffset Now => _clock.GetUtcNow();

    private static string NewExecutionId() => Guid.NewGuid().ToString("N");

    private async Task<WorkflowState?> WaitAsync(string instanceId, bool withPayloads, Func<InstanceState, bool> reached, CancellationToken ct)
    {
        using var scope = CancellationTokenSource.CreateLinkedTokenSource(ct, _stop.Token);
        try
        {
            while (true)
            {
                using var lease = await _table.EnterAsync(instanceId, scope.Token);
                if (await LoadAsync(lease) is not { } active) return null;
                if (reached(active.State)) return InstanceView.Describe(active.State, withPayloads);
                await lease.WaitForChangeAsync(scope.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw Fault(StatusCode.Unavailable, "The sidecar stops.");
        }
    }

    private async Task<int> PurgeAsync(string instanceId, Parentage? parent, bool recursive, bool force, CancellationToken ct)
    {
        int purged = 0;
        foreach (var child in recursive ? await ChildrenAsync(instanceId, parent, force, ct) : [])
        {
            var peer = _peers.IsElsewhere(child.Router) ? FindPeer(child.Router) ?? throw Away(child.Router.TargetAppID) : this;
            purged += await peer.PurgeAsync(child.ChildWorkflowInstanceCreated.InstanceId, ParentageOf(instanceId, peer), recursive, force, ct);
        }

        using var lease = await _table.EnterAsync(instanceId, ct);
        if (await LoadAsync(lease) is not { } active || !IsChildOf(active, parent)) return purged;
        RefuseIfAtWork(active, force);
        await _storage.DeleteAsync(active.State);
        active.End(withActivities: true);
        lease.Active = null;
        lease.SignalChange();
        return purged + 1;
    }

    private async Task<HistoryEvent[]> ChildrenAsync(string instanceId, Parentage? parent, bool force, CancellationToken ct)
    {
        using var lease = await _table.EnterAsync(instanceId, ct);
        if (await LoadAsync(lease) is not { } active || !IsChildOf(active, parent)) return [];
        RefuseIfAtWork(active, force);
        return [.. active.State.History.Where(e => e.EventTypeCase == HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated)];
    }

    private static void RefuseIfAtWork(ActiveInstance active, bool force)
    {
        if (active.State.IsOver || force) return;
        throw Fault(StatusCode.FailedPrecondition, $"The workflow '{active.State.InstanceId}' is at work; terminate it first, or purge with force.");
    }

    private static void RefuseIfNoKey(string instanceId)
    {
        if (!instanceId.Contains("||", StringComparison.Ordinal)) return;
        throw Fault(StatusCode.InvalidArgument, $"The instance id '{instanceId}' contains '||'.");
    }

    private static RpcException AtWork(string instanceId) =>
        Fault(StatusCode.AlreadyExists, $"A workflow with the id '{instanceId}' is at work; use another id or purge it.");

    private static RpcException Unknown(string instanceId) => Fault(StatusCode.NotFound, $"No workflow has the id '{instanceId}'.");

    private static RpcException Fault(StatusCode code, string message) => new(new Status(code, message));
}
