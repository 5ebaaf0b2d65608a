using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// Parents and children, also in other apps, and what is left to do for instances that are over. Two instances are never
/// locked at once: each step is idempotent, stands on stored facts alone, and is taken up again after a restart.
/// </summary>
internal sealed partial class WorkflowEngine
{
    /// <summary>Whose child an instance is; no app id when both are of one app.</summary>
    private sealed record Parentage(string InstanceId, string? AppId);

    private WorkflowEngine? FindPeer(TaskRouter router) => _peers.Find(router.TargetAppID, router.HasTargetAppNamespace ? router.TargetAppNamespace : null);

    /// <summary>The engine that a router points to. An app that is not here may still come, as a worker may: it is waited for.</summary>
    private async Task<WorkflowEngine> PeerAsync(TaskRouter? router)
    {
        if (!_peers.IsElsewhere(router)) return this;
        for (bool told = false; ; told = true)
        {
            if (FindPeer(router!) is { } peer) return peer;
            if (!told) LogAway(_log, router!.TargetAppID);
            await Task.Delay(RetryPause, _clock, _stop.Token);
        }
    }

    /// <summary>Makes a child exist, or hands its parent the answer it already gave.</summary>
    private async Task EnsureChildAsync(InstanceState parent, HistoryEvent created)
    {
        var info = new ParentInstanceInfo
        {
            TaskScheduledId = created.EventId,
            Name = parent.Head.Name,
            Version = parent.Head.Version,
            WorkflowInstance = new WorkflowInstance { InstanceId = parent.InstanceId, ExecutionId = parent.Head.ExecutionId },
        };
        var peer = await PeerAsync(created.Router);
        if (peer != this) info.AppID = _peers.AppId;
        if (await peer.EnsureChildAsync(info, created) is { } answer) await AnswerParentAsync(info, answer);
    }

    /// <summary>The part of that in the child's app. Returns what the parent is to hear at once; null when it has to wait.</summary>
    private async Task<HistoryEvent?> EnsureChildAsync(ParentInstanceInfo parent, HistoryEvent created)
    {
        var asked = created.ChildWorkflowInstanceCreated;
        using var lease = await _table.EnterAsync(asked.InstanceId, _stop.Token);
        var child = await LoadAsync(lease);
        if (child is not null && parent.Equals(child.State.Head.Parent)) return child.State.IsOver ? TurnLogic.ChildAnswer(child.State, Now) : null;
        if (child is { State.IsOver: false })
        {
            return TurnLogic.ChildFailure(created.EventId, new TaskFailureDetails
            {
                ErrorType = "WorkflowInstanceExists",
                ErrorMessage = $"A workflow with the id '{asked.InstanceId}' is at work.",
            }, Now);
        }

        await CreateAsync(lease, child, new CreateInstanceRequest
        {
            InstanceId = asked.InstanceId,
            Name = asked.Name,
            Version = asked.Version,
            Input = asked.Input,
            ParentTraceContext = asked.ParentTraceContext,
        }, parent, created.Router);
        return null;
    }

    private async Task AnswerParentAsync(ParentInstanceInfo parent, HistoryEvent answer)
    {
        using var lease = await _table.EnterAsync(parent.WorkflowInstance.InstanceId, _stop.Token);
        if (await LoadAsync(lease) is not { } active || active.State.Head.ExecutionId != parent.WorkflowInstance.ExecutionId) return;
        await DeliverAsync(lease, active, answer, Keep.Always);
    }

    /// <summary>What follows from the end of an instance.</summary>
    private void Finish(ActiveInstance active)
    {
        var state = active.State;
        active.End(withActivities: state.Head.Status == WorkflowStatus.Terminated);
        if (state.Head.Parent is { } parent)
        {
            var answer = TurnLogic.ChildAnswer(state, Now);
            // A parent whose app is not here asks by itself once it is.
            var home = parent.HasAppID ? _peers.Find(parent.AppID, null) : this;
            if (home is not null) Run(() => home.AnswerParentAsync(parent, answer));
        }

        if (state.Head.Unsettled) RunOnce(state.Head.ExecutionId, () => SettleAsync(state));
        if (state.Head.PurgeAt is { } purgeAt) SchedulePurge(state.InstanceId, purgeAt.ToDateTimeOffset());
    }

    /// <summary>Carries out what an ended instance still asked of its children, then notes that it is done.</summary>
    private async Task SettleAsync(InstanceState state)
    {
        bool terminate = state.Head.Status == WorkflowStatus.Terminated;
        foreach (var child in state.OpenChildren.Values.ToArray())
        {
            if (terminate)
            {
                var peer = await PeerAsync(child.Router);
                await peer.TerminateChildAsync(child.ChildWorkflowInstanceCreated.InstanceId, ParentageOf(state.InstanceId, peer), state.Completed?.Result);
            }
            else
            {
                await EnsureChildAsync(state, child);
            }
        }

        await ChangeHeadAsync(state.InstanceId, head => head.ExecutionId == state.Head.ExecutionId, head => head.Unsettled = false);
    }

    private async Task TerminateChildAsync(string childId, Parentage parent, string? reason)
    {
        using var lease = await _table.EnterAsync(childId, _stop.Token);
        if (await LoadAsync(lease) is not { State.IsOver: false } child || !IsChildOf(child, parent)) return;
        await CommitAsync(lease, child, TurnLogic.Terminate(child.State, reason, recursive: true, Now));
    }

    /// <summary>Starts the workflows without ties that stored turns ask for.</summary>
    private void PursueDetached(ActiveInstance active)
    {
        foreach (var start in active.State.Head.Detached)
        {
            RunOnce(start.Request.ExecutionId, () => StartDetachedAsync(active.State.InstanceId, start));
        }
    }

    private async Task StartDetachedAsync(string sourceId, DetachedStart start)
    {
        var peer = await PeerAsync(start.Router);
        await peer.StartDetachedAsync(start);
        await ChangeHeadAsync(sourceId, head => head.Detached.Contains(start), head => head.Detached.Remove(start));
    }

    private async Task StartDetachedAsync(DetachedStart start)
    {
        var asked = start.Request;
        using var lease = await _table.EnterAsync(asked.InstanceId, _stop.Token);
        var known = await LoadAsync(lease);
        if (known?.State.Head.ExecutionId == asked.ExecutionId) return;
        if (known is { State.IsOver: false })
        {
            LogDetachedExists(_log, asked.InstanceId);
            return;
        }

        var request = new CreateInstanceRequest
        {
            InstanceId = asked.InstanceId,
            Name = asked.Name,
            Version = asked.Version,
            Input = asked.Input,
            ExecutionId = asked.ExecutionId,
            ScheduledStartTimestamp = asked.ScheduledStartTimestamp,
            ParentTraceContext = asked.ParentTraceContext,
            Tags = { asked.Tags },
        };
        await CreateAsync(lease, known, request, parent: null);
    }

    /// <summary>Stores a note in the head of an instance that is still the one meant.</summary>
    private async Task ChangeHeadAsync(string instanceId, Func<InstanceHead, bool> isMeant, Action<InstanceHead> change)
    {
        using var lease = await _table.EnterAsync(instanceId, _stop.Token);
        if (await LoadAsync(lease) is not { } active || !isMeant(active.State.Head)) return;
        var head = active.State.Head.Clone();
        change(head);
        await _storage.SaveWaitingAsync(active.State, head, []);
        active.State.Replace(head);
    }

    /// <summary>How an instance of this app that a peer's child knows as its parent is named there.</summary>
    private Parentage ParentageOf(string instanceId, WorkflowEngine peer) => new(instanceId, peer == this ? null : _peers.AppId);

    /// <summary>An id that a parent asked for may belong to somebody else, or to the parent itself.</summary>
    private static bool IsChildOf(ActiveInstance active, Parentage? parent) =>
        parent is null || (active.State.Head.Parent is { } own && parent == new Parentage(own.WorkflowInstance.InstanceId, own.HasAppID ? own.AppID : null));

    private void SchedulePurge(string instanceId, DateTimeOffset due) => _timers.Schedule(due, () => Run(async () =>
    {
        using var lease = await _table.EnterAsync(instanceId, _stop.Token);
        // The id may have been started again since.
        if (await LoadAsync(lease) is not { State: { IsOver: true, Head.PurgeAt: { } purgeAt } } active || purgeAt.ToDateTimeOffset() > Now) return;
        await _storage.DeleteAsync(active.State);
        lease.Active = null;
        lease.SignalChange();
    }));

    /// <summary>Runs a step in the background, unless the one with this key is under way: an instance may be loaded again before its last steps are done.</summary>
    private void RunOnce(string key, Func<Task> step)
    {
        if (!_underWay.TryAdd(key, 0)) return;
        Run(async () =>
        {
            await step();
            _underWay.TryRemove(key, out _);
        });
    }

    /// <summary>Runs a step in the background until it succeeds or the engine stops.</summary>
    private void Run(Func<Task> step) => _ = Task.Run(async () =>
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await step();
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogStepFailed(_log, e);
                await Task.Delay(RetryPause, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    });

    internal static RpcException Away(string appId) =>
        Fault(StatusCode.FailedPrecondition, $"No app with the id '{appId}' that runs workflows is here; start it first.");

    [LoggerMessage(4, LogLevel.Error, "A step of the workflow engine failed and is tried again.")]
    private static partial void LogStepFailed(ILogger log, Exception e);

    [LoggerMessage(5, LogLevel.Warning, "Work for the workflows of app {AppId} waits until such an app is here.")]
    private static partial void LogAway(ILogger log, string appId);

    [LoggerMessage(6, LogLevel.Warning, "The detached workflow {InstanceId} is not started: another one with this id is at work.")]
    private static partial void LogDetachedExists(ILogger log, string instanceId);
}
