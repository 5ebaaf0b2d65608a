using System.Text.Json;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;
using static SkyDriver.Grpc.Protos.TaskHub.HistoryEvent;
using ActionKind = SkyDriver.Grpc.Protos.TaskHub.WorkflowAction.WorkflowActionTypeOneofCase;

namespace Dapr.Workflow.Worker;

/// <summary>
/// One turn of one instance: runs the workflow code from the top over its history and answers what it asks for next.
/// Pure but for the code itself; must run on a thread without a synchronization context.
/// </summary>
internal sealed class WorkflowTurn
{
    private readonly Queue<HistoryEvent> _held = [];
    private readonly Func<string, IWorkflow?> _create;
    private readonly string _instanceId;
    private readonly ExecutionStartedEvent? _started;
    private readonly ReplayContext _context;
    private bool _suspended;
    private Task<object?>? _running;

    private WorkflowTurn(WorkflowRequest request, Func<string, IWorkflow?> create, ILoggerFactory loggers)
    {
        (_create, _instanceId) = (create, request.InstanceId);
        HistoryEvent[] all = [.. request.PastEvents, .. request.NewEvents];
        _started = all.LastOrDefault(e => e.ExecutionStarted is not null)?.ExecutionStarted;
        string? execution = request.ExecutionId ?? _started?.WorkflowInstance?.ExecutionId;
        var patches = all.SelectMany(e => e.WorkflowStarted?.Version?.Patches ?? []);
        _context = new ReplayContext(
            _started?.Name ?? "", request.InstanceId, execution, patches, loggers, () => HandedHistory.From(request.PropagatedHistory));
    }

    /// <summary>Runs the turn; the answer lacks only the completion token.</summary>
    public static WorkflowResponse Run(WorkflowRequest request, Func<string, IWorkflow?> create, ILoggerFactory loggers)
    {
        if (request.NewEvents.LastOrDefault(e => e.ExecutionTerminated is not null) is { ExecutionTerminated: var terminated })
        {
            var action = new CompleteWorkflowAction { WorkflowStatus = WorkflowStatus.Terminated, Result = terminated.Input };
            return new WorkflowResponse { InstanceId = request.InstanceId, Actions = { new WorkflowAction { CompleteWorkflow = action } } };
        }

        return new WorkflowTurn(request, create, loggers).Run(request);
    }

    private WorkflowResponse Run(WorkflowRequest request)
    {
        TaskFailureDetails? failure = null;
        try
        {
            _context.Replaying = true;
            foreach (var past in request.PastEvents) Handle(past);
            _context.Replaying = false;
            foreach (var fresh in request.NewEvents) Handle(fresh);
            if (_running is null && !_suspended) throw new NonDeterministicWorkflowException("The history does not say how the instance started.");
            if (_running is { IsCompleted: false } && !_suspended && !_context.Waits && _context.NextGeneration is null)
            {
                throw new NonDeterministicWorkflowException(
                    "The code waits for something that is not of its context, so nothing can ever continue it.");
            }
        }
        catch (NonDeterministicWorkflowException e)
        {
            failure = Failures.ToWire(e, nonRetriable: true);
        }
        catch (WorkflowMissingException e)
        {
            failure = Failures.Create("WorkflowNotFound", e.Message, nonRetriable: true);
        }
        finally
        {
            _context.Close();
        }

        return Answer(failure);
    }

    private void Handle(HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case EventTypeOneofCase.WorkflowStarted:
                _context.SetTime(e.Timestamp);
                break;
            case EventTypeOneofCase.ExecutionSuspended:
                _suspended = true;
                break;
            case EventTypeOneofCase.ExecutionResumed:
                _suspended = false;
                while (!_suspended && _held.TryDequeue(out var held)) Apply(held);
                break;
            case EventTypeOneofCase.TaskScheduled:
                Confirm(e, ActionKind.ScheduleTask, e.TaskScheduled.Name);
                break;
            case EventTypeOneofCase.TimerCreated:
                Confirm(e, ActionKind.CreateTimer, null);
                break;
            case EventTypeOneofCase.ChildWorkflowInstanceCreated:
                Confirm(e, ActionKind.CreateChildWorkflow, e.ChildWorkflowInstanceCreated.Name);
                break;
            case EventTypeOneofCase.EventSent:
                Confirm(e, ActionKind.SendEvent, null);
                break;
            default:
                // What arrives for a suspended instance takes effect when it is resumed.
                if (_suspended) _held.Enqueue(e);
                else Apply(e);
                break;
        }
    }

    private void Apply(HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case EventTypeOneofCase.ExecutionStarted when e.ExecutionStarted == _started:
                Start(_started);
                break;
            case EventTypeOneofCase.TaskCompleted:
                _context.Finish(e.TaskCompleted.TaskScheduledId, task => task.Complete(e.TaskCompleted.Result));
                break;
            case EventTypeOneofCase.TaskFailed:
                _context.Finish(e.TaskFailed.TaskScheduledId, task => task.Fail(Failed(task, e.TaskFailed.FailureDetails)));
                break;
            case EventTypeOneofCase.ChildWorkflowInstanceCompleted:
                var done = e.ChildWorkflowInstanceCompleted;
                _context.Finish(done.TaskScheduledId, task => task.Complete(done.Result));
                break;
            case EventTypeOneofCase.ChildWorkflowInstanceFailed:
                var failed = e.ChildWorkflowInstanceFailed;
                _context.Finish(failed.TaskScheduledId, task => task.Fail(Failed(task, failed.FailureDetails)));
                break;
            case EventTypeOneofCase.TimerFired:
                _context.Finish(e.TimerFired.TimerId, task => task.Complete(null));
                break;
            case EventTypeOneofCase.EventRaised:
                _context.Raise(e);
                break;
        }
    }

    private void Start(ExecutionStartedEvent started)
    {
        if (_running is not null) return;
        var workflow = _create(started.Name) ?? throw new WorkflowMissingException($"No workflow '{started.Name}' is registered in this worker.");
        try
        {
            _running = workflow.RunAsync(_context, WorkflowJson.Read(started.Input, workflow.InputType));
        }
        catch (JsonException e)
        {
            string text = $"The input of workflow '{started.Name}' cannot be read as {workflow.InputType.Name}: {e.Message}";
            _running = Task.FromException<object?>(new ArgumentException(text, e));
        }
        catch (Exception e)
        {
            // A method that is not async throws here instead of failing its task.
            _running = Task.FromException<object?>(e);
        }
    }

    /// <summary>An ended workflow has nothing more to confirm.</summary>
    private void Confirm(HistoryEvent e, ActionKind kind, string? name)
    {
        if (_running is { IsCompleted: true } && _context.NewActions.All(a => a.Id != e.EventId)) return;
        _context.Confirm(e.EventId, kind, name);
    }

    private WorkflowResponse Answer(TaskFailureDetails? failure)
    {
        var response = new WorkflowResponse { InstanceId = _instanceId, CustomStatus = _context.CustomStatus };
        if (_context.AppliedPatches.Count > 0) response.Version = new WorkflowVersion { Patches = { _context.AppliedPatches } };
        if (failure is not null)
        {
            response.Actions.Add(Complete(new CompleteWorkflowAction { WorkflowStatus = WorkflowStatus.Failed, FailureDetails = failure }));
        }
        else if (!_suspended)
        {
            if (_context.NextGeneration is { } next && _running is not { IsFaulted: true }) response.Actions.Add(Complete(next));
            else
            {
                response.Actions.Add(_context.NewActions);
                if (_running is { IsCompleted: true }) response.Actions.Add(Complete(Outcome(_running)));
            }
        }

        return response;
    }

    private WorkflowAction Complete(CompleteWorkflowAction action) => new() { Id = _context.TakeId(), CompleteWorkflow = action };

    private static CompleteWorkflowAction Outcome(Task<object?> ended)
    {
        try
        {
            if (ended.IsCompletedSuccessfully)
            {
                return new CompleteWorkflowAction { WorkflowStatus = WorkflowStatus.Completed, Result = WorkflowJson.Write(ended.Result) };
            }
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return Failed(new InvalidOperationException($"The result of the workflow cannot be written as JSON: {e.Message}", e));
        }

        return Failed(ended.Exception?.InnerException ?? new TaskCanceledException(ended));

        static CompleteWorkflowAction Failed(Exception e) =>
            new() { WorkflowStatus = WorkflowStatus.Failed, FailureDetails = Failures.ToWire(e) };
    }

    private static WorkflowTaskFailedException Failed(PendingTask task, TaskFailureDetails? details) =>
        new($"The {task.Description} failed: {details?.ErrorMessage}", Failures.FromWire(details));

    private sealed class WorkflowMissingException(string message) : Exception(message);
}
