using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// Parents and children, and what is left to do for instances that are over. Two instances are never locked at once:
/// each step is idempotent, stands on stored facts alone, and is taken up again after a restart.
/// </summary>
internal sealed partial class WorkflowEngine
{
    /// <summary>Makes a child exist, or hands its parent the answer it already gave.</summary>
    private async Task EnsureChildAsync(InstanceState parent, HistoryEvent created)
    {
        var asked = created.ChildWorkflowInstanceCreated;
        var info = new ParentInstanceInfo
        {
            TaskScheduledId = created.EventId,
            Name = parent.Head.Name,
            Version = parent.Head.Version,
            WorkflowInstance = new WorkflowInstance { InstanceId = parent.InstanceId, ExecutionId = parent.Head.ExecutionId },
        };
        HistoryEvent? answer = null;
        using (var lease = await _table.EnterAsync(asked.InstanceId, _stop.Token))
        {
            var child = await LoadAsync(lease);
            if (child is not null && info.Equals(child.State.Head.Parent))
            {
                if (child.State.IsOver) answer = TurnLogic.ChildAnswer(child.State, Now);
            }
            else if (child is { State.IsOver: false })
            {
                answer = TurnLogic.ChildFailure(created.EventId, new TaskFailureDetails
                {
                    ErrorType = "WorkflowInstanceExists",
                    ErrorMessage = $"A workflow with the id '{asked.InstanceId}' is at work.",
                }, Now);
            }
            else
            {
                await CreateAsync(lease, child, new CreateInstanceRequest { InstanceId = asked.InstanceId, Name = asked.Name, Version = asked.Version, Input = asked.Input }, info);
            }
        }

        if (answer is not null) await AnswerParentAsync(info, answer);
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
            Run(() => AnswerParentAsync(parent, answer));
        }

        if (state.Head.Unsettled) Run(() => SettleAsync(active));
        if (state.Head.PurgeAt is { } purgeAt) SchedulePurge(state.InstanceId, purgeAt.ToDateTimeOffset());
    }

    /// <summary>Carries out what an ended instance still asked of its children, then notes that it is done.</summary>
    private async Task SettleAsync(ActiveInstance over)
    {
        var state = over.State;
        bool terminate = state.Head.Status == WorkflowStatus.Terminated;
        foreach (var child in state.OpenChildren.Values.ToArray())
        {
            if (terminate) await TerminateChildAsync(state, child.ChildWorkflowInstanceCreated.InstanceId);
            else await EnsureChildAsync(state, child);
        }

        using var lease = await _table.EnterAsync(state.InstanceId, _stop.Token);
        if (await LoadAsync(lease) is not { } active || active.State.Head.ExecutionId != state.Head.ExecutionId) return;
        var head = active.State.Head.Clone();
        head.Unsettled = false;
        await _storage.SaveWaitingAsync(active.State, head, []);
        active.State.Replace(head);
    }

    private async Task TerminateChildAsync(InstanceState parent, string childId)
    {
        using var lease = await _table.EnterAsync(childId, _stop.Token);
        if (await LoadAsync(lease) is not { State.IsOver: false } child || !IsChildOf(child, parent.InstanceId)) return;
        await CommitAsync(lease, child, TurnLogic.Terminate(child.State, parent.Completed?.Result, recursive: true, Now));
    }

    private void SchedulePurge(string instanceId, DateTimeOffset due) => _timers.Schedule(due, () => Run(async () =>
    {
        using var lease = await _table.EnterAsync(instanceId, _stop.Token);
        // The id may have been started again since.
        if (await LoadAsync(lease) is not { State: { IsOver: true, Head.PurgeAt: { } purgeAt } } active || purgeAt.ToDateTimeOffset() > Now) return;
        await _storage.DeleteAsync(active.State);
        lease.Active = null;
        lease.SignalChange();
    }));

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

    [LoggerMessage(4, LogLevel.Error, "A step of the workflow engine failed and is tried again.")]
    private static partial void LogStepFailed(ILogger log, Exception e);
}
