using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>Turns, answers, and what follows from them. Everything here runs under the lock of the instance it changes.</summary>
internal sealed partial class WorkflowEngine
{
    /// <summary>Bytes of a work item beside its events: ids, token, framing.</summary>
    private const int ItemOverhead = 1024;

    /// <summary>Pause before something that failed is tried again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>When an event must be in the store.</summary>
    private enum Keep
    {
        /// <summary>Before it counts: somebody was promised that it is not lost.</summary>
        Always,

        /// <summary>Only when no turn takes it at once. Lost with the process, it is made again: activities run at least once.</summary>
        WhenWaiting,

        /// <summary>Never by itself: it follows from the history.</summary>
        Never,
    }

    /// <summary>A worker's answer to a turn. One for a turn it no longer has is dropped.</summary>
    public async Task CompleteTurnAsync(WorkflowResponse response, CancellationToken ct = default)
    {
        // Workers of several SDKs, as daprd lets them, name the instance only.
        string token = response.CompletionToken is { Length: > 0 } given ? given : _hub.TokenOf(w => w is TurnWork turn && turn.Instance.State.InstanceId == response.InstanceId) ?? "";
        if (_hub.Settle(token) is not TurnWork { Instance: var instance })
        {
            LogLateAnswer(_log, response.InstanceId);
            return;
        }

        using var lease = await _table.EnterAsync(instance.State.InstanceId, ct);
        if (lease.Active != instance || instance.Turn is not { } turn || turn.Token != token)
        {
            LogLateAnswer(_log, response.InstanceId);
            return;
        }

        instance.Turn = null;
        try
        {
            if (TurnLogic.StallOf(instance.State, response) is { } stalled) await StallAsync(lease, instance, stalled);
            else await CommitAsync(lease, instance, TurnLogic.Complete(instance.State, turn, response, NewExecutionId, Now));
        }
        catch (Exception e)
        {
            LogNotSaved(_log, e, response.InstanceId);
            _timers.Schedule(Now + RetryPause, () => Run(() => WakeAsync(instance)));
            throw Fault(StatusCode.Internal, $"The turn of '{response.InstanceId}' could not be stored and is handed out again: {e.Message}");
        }
    }

    /// <summary>The result of an activity. One that is no longer out, or already answered, is dropped.</summary>
    public async Task CompleteActivityAsync(ActivityResponse response, CancellationToken ct = default)
    {
        string token = response.CompletionToken is { Length: > 0 } given ? given : _hub.TokenOf(w => w is ActivityWork { IsVoid: false } open && open.IsTask(response.InstanceId, response.TaskId)) ?? "";
        if (_hub.Settle(token) is not ActivityWork { IsVoid: false } work)
        {
            LogLateAnswer(_log, response.InstanceId);
            return;
        }

        var answer = TurnLogic.ActivityAnswer(response, work.Scheduled.TaskScheduled.TaskExecutionId, work.Scheduled.EventId, Now);
        await work.AnswerAsync(answer, ct);
    }

    /// <summary>The result of an activity of this app's workflow, from whichever app ran it.</summary>
    internal Task TakeAnswerAsync(ActiveInstance instance, HistoryEvent answer, CancellationToken ct) => DeliverAsync(instance, answer, Keep.WhenWaiting, ct);

    /// <summary>Makes the message of the next turn; null when there is none to take now.</summary>
    internal async ValueTask<WorkItem?> BeginTurnAsync(ActiveInstance instance, string token)
    {
        using var lease = await _table.EnterAsync(instance.State.InstanceId);
        if (lease.Active != instance) return null;
        instance.IsQueued = false;
        if (!CanTakeTurn(instance)) return null;
        var state = instance.State;
        var turn = TurnLogic.Begin(state, token, Now);
        int bytes = state.HistoryBytes + turn.NewEvents.Sum(InstanceState.SizeOf) + ItemOverhead;
        if (bytes > _options.MaxMessageBytes)
        {
            await StallAsync(lease, instance, new ExecutionStalledEvent
            {
                Reason = StalledReason.PayloadSizeExceeded,
                Description = $"The next turn needs a message of {bytes} bytes; the limit is {_options.MaxMessageBytes}.",
            });
            return null;
        }

        (instance.Turn, instance.MayRetryStall) = (turn, false);
        return new WorkItem
        {
            CompletionToken = token,
            WorkflowRequest = new WorkflowRequest
            {
                InstanceId = state.InstanceId,
                ExecutionId = state.Head.ExecutionId,
                PastEvents = { state.History },
                NewEvents = { turn.NewEvents },
                Router = state.StartRouter,
            },
        };
    }

    /// <summary>The worker that had (or was about to get) the turn is gone: it is offered again, before others.</summary>
    internal async ValueTask TakeBackTurnAsync(ActiveInstance instance, string token)
    {
        using var lease = await _table.EnterAsync(instance.State.InstanceId);
        if (lease.Active != instance) return;
        if (instance.Turn is { } turn && turn.Token != token) return;
        (instance.Turn, instance.IsQueued, instance.MayRetryStall) = (null, false, true);
        Wake(instance, front: true);
        if (!CanTakeTurnNow(instance)) await TryKeepAsync(instance);
    }

    /// <summary>The instance waits, with all it has, for a worker that connects. The same reason is noted once.</summary>
    private async Task StallAsync(InstanceTable.Lease lease, ActiveInstance instance, ExecutionStalledEvent stalled)
    {
        instance.MayRetryStall = false;
        if (instance.State.IsStalled && stalled.Equals(instance.State.Stall)) return;
        LogStalled(_log, instance.State.InstanceId, stalled.Description);
        await CommitAsync(lease, instance, TurnLogic.Stall(instance.State, stalled, Now));
    }

    /// <summary>A worker that connects, perhaps a newer one, gets the stalled instances once more.</summary>
    private async Task RetryStalledAsync()
    {
        foreach (string id in _table.Find(static state => state.IsStalled))
        {
            using var lease = await _table.EnterAsync(id);
            if (lease.Active is not { State.IsStalled: true } active) continue;
            active.MayRetryStall = true;
            Wake(active);
        }
    }

    private async Task DeliverAsync(ActiveInstance instance, HistoryEvent e, Keep keep, CancellationToken ct = default)
    {
        using var lease = await _table.EnterAsync(instance.State.InstanceId, ct);
        if (lease.Active == instance) await DeliverAsync(lease, instance, e, keep);
    }

    private async Task DeliverAsync(InstanceTable.Lease lease, ActiveInstance active, HistoryEvent e, Keep keep)
    {
        if (active.State.IsOver || !active.State.Expects(e)) return;
        active.Forget(e);
        if (keep == Keep.Always)
        {
            var head = active.State.Head.Clone();
            head.Updated = TurnLogic.Stamp(Now);
            await SaveAsync(active, head, [new WaitingEvent(e, null)]);
        }
        else
        {
            active.State.Enqueue(new WaitingEvent(e, null));
            if (keep == Keep.WhenWaiting && !CanTakeTurnNow(active)) await TryKeepAsync(active);
        }

        Wake(active);
        lease.SignalChange();
    }

    private static bool CanTakeTurn(ActiveInstance active)
    {
        var state = active.State;
        return active.Turn is null && !state.IsOver && !state.IsSuspended && state.Inbox.Count > 0 && (!state.IsStalled || active.MayRetryStall);
    }

    private bool CanTakeTurnNow(ActiveInstance active) => CanTakeTurn(active) && _hub.ConnectedWorkers > 0;

    private async Task WakeAsync(ActiveInstance instance)
    {
        using var lease = await _table.EnterAsync(instance.State.InstanceId, _stop.Token);
        if (lease.Active == instance) Wake(instance);
    }

    /// <summary>Offers the next turn to the workers, if there is one.</summary>
    private void Wake(ActiveInstance active, bool front = false)
    {
        if (active.IsQueued || !CanTakeTurn(active)) return;
        if (active.State.Head is { Started: null, ScheduledStart: { } start } && start.ToDateTimeOffset() > Now)
        {
            active.StartTimer ??= _timers.Schedule(start.ToDateTimeOffset(), () => Run(() =>
            {
                // Where the clock was set back meanwhile, it is waited for again.
                active.StartTimer = null;
                return WakeAsync(active);
            }));
            return;
        }

        active.IsQueued = true;
        _hub.Enqueue(new TurnWork(this, active), front);
    }

    /// <summary>Stores new waiting events with a new head, then lets them count.</summary>
    private async Task SaveAsync(ActiveInstance active, InstanceHead head, IReadOnlyList<WaitingEvent> events)
    {
        foreach (var waiting in await _storage.SaveWaitingAsync(active.State, head, events)) active.State.Enqueue(waiting);
        active.State.Replace(head);
    }

    /// <summary>Stores the waiting events that only memory holds. A failure costs nothing but work done twice after a crash.</summary>
    private async Task TryKeepAsync(ActiveInstance active)
    {
        WaitingEvent[] unsaved = [.. active.State.Inbox.Where(w => w.Number is null && w.Event.EventTypeCase != HistoryEvent.EventTypeOneofCase.TimerFired)];
        if (unsaved.Length == 0) return;
        try
        {
            var head = active.State.Head.Clone();
            active.State.MarkSaved(await _storage.SaveWaitingAsync(active.State, head, unsaved));
            active.State.Replace(head);
        }
        catch (Exception e)
        {
            LogNotSaved(_log, e, active.State.InstanceId);
        }
    }

    /// <summary>Writes an outcome, then lets it count and starts what it asks for.</summary>
    private async Task CommitAsync(InstanceTable.Lease lease, ActiveInstance active, TurnOutcome outcome)
    {
        var head = outcome.Head;
        if (head.Status.IsOver() && _options.RetentionOf(head.Status) is { } keep) head.PurgeAt = TurnLogic.Stamp(Now + keep);
        if (outcome.NextLife is { } next)
        {
            var waiting = await _storage.RestartAsync(active.State, head, next);
            active.End(withActivities: true);
            active = lease.Active = new ActiveInstance(new InstanceState(active.State.InstanceId, head));
            foreach (var e in waiting) active.State.Enqueue(e);
        }
        else
        {
            await _storage.CommitAsync(active.State, outcome);
            active.State.Replace(head);
            active.State.Append(outcome.Appended);
            active.State.Dequeue(outcome.Taken);
            Pursue(active, outcome.Appended);
            PursueDetached(active);
            if (active.State.IsOver) Finish(active);
        }

        lease.SignalChange();
        Wake(active);
    }

    /// <summary>Starts the activities, timers and children that stored events ask for.</summary>
    private void Pursue(ActiveInstance active, IEnumerable<HistoryEvent> events)
    {
        foreach (var e in events)
        {
            switch (e.EventTypeCase)
            {
                case HistoryEvent.EventTypeOneofCase.TaskScheduled:
                    Offer(active, e);
                    break;
                case HistoryEvent.EventTypeOneofCase.TimerCreated when !active.State.IsOver:
                    active.AddTimer(e.EventId, _timers.Schedule(
                        TurnLogic.DueTime(e),
                        () => Run(() => DeliverAsync(active, TurnLogic.TimerAnswer(e, Now), Keep.Never))));
                    break;
                case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated when !active.State.IsOver:
                    Run(() => EnsureChildAsync(active.State, e));
                    break;
            }
        }
    }

    /// <summary>Offers an activity to the workers of the app that it is for.</summary>
    private void Offer(ActiveInstance active, HistoryEvent scheduled)
    {
        var work = new ActivityWork(this, active, scheduled);
        active.AddActivity(work);
        if (_peers.IsElsewhere(scheduled.Router)) Run(async () => work.OfferAt((await PeerAsync(scheduled.Router))._hub));
        else work.OfferAt(_hub);
    }

    private async Task<ActiveInstance?> LoadAsync(InstanceTable.Lease lease)
    {
        if (lease.Active is { } known) return known;
        if (await _storage.LoadAsync(lease.InstanceId) is not { } state) return null;
        var active = lease.Active = new ActiveInstance(state) { MayRetryStall = true };
        PursueDetached(active);
        if (state.IsOver)
        {
            if (state.Head.Unsettled) RunOnce(state.Head.ExecutionId, () => SettleAsync(state));
            return active;
        }

        Pursue(active, [.. state.OpenTasks.Values, .. state.OpenTimers.Values, .. state.OpenChildren.Values]);
        Wake(active);
        return active;
    }

    private async Task CreateAsync(InstanceTable.Lease lease, ActiveInstance? old, CreateInstanceRequest request, ParentInstanceInfo? parent, TaskRouter? router = null)
    {
        string executionId = string.IsNullOrEmpty(request.ExecutionId) ? NewExecutionId() : request.ExecutionId;
        int generation = old is null ? 0 : old.State.Head.Generation + 1;
        var (head, started) = TurnLogic.Create(request, parent, generation, executionId, Now);
        started.Router = router;
        var waiting = await _storage.CreateAsync(request.InstanceId, head, started, old?.State);
        old?.End(withActivities: true);
        var active = lease.Active = new ActiveInstance(new InstanceState(request.InstanceId, head));
        active.State.Enqueue(waiting);
        lease.SignalChange();
        Wake(active);
    }

    [LoggerMessage(1, LogLevel.Debug, "An answer for workflow {InstanceId} came too late and is dropped.")]
    private static partial void LogLateAnswer(ILogger log, string instanceId);

    [LoggerMessage(2, LogLevel.Error, "Workflow {InstanceId} could not be stored.")]
    private static partial void LogNotSaved(ILogger log, Exception e, string instanceId);

    [LoggerMessage(3, LogLevel.Error, "Workflow {InstanceId} is stalled. {Description}")]
    private static partial void LogStalled(ILogger log, string instanceId, string description);
}
