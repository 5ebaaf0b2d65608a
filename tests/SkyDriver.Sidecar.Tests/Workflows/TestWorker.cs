using System.Collections.Concurrent;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>
/// A workflow worker in a few lines: a workflow is a function of the whole history to actions. Items are handled one
/// after the other; a handler that returns null keeps its item unanswered.
/// </summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly GrpcConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly Func<History, IEnumerable<WorkflowAction>?> _workflow;
    private readonly Func<ActivityRequest, string?> _activity;

    public TestWorker(string address, Func<History, IEnumerable<WorkflowAction>?> workflow, Func<ActivityRequest, string?>? activity = null)
    {
        (_connection, _workflow, _activity) = (new GrpcConnection(address), workflow, activity ?? (a => $"{a.Name}({a.Input})"));
        _serving = ServeAsync();
    }

    public ConcurrentQueue<WorkItem> Items { get; } = [];

    /// <summary>Sent with every turn.</summary>
    public string? CustomStatus { get; set; }

    /// <summary>Sent with every turn.</summary>
    public WorkflowVersion? Version { get; set; }

    /// <summary>Every answer is sent once more.</summary>
    public bool AnswersTwice { get; set; }

    public Task CompleteAsync(string token, string instanceId, IEnumerable<WorkflowAction> actions) => _connection.UnaryAsync(
        "/TaskHubSidecarService/CompleteOrchestratorTask",
        new WorkflowResponse { InstanceId = instanceId, CompletionToken = token, CustomStatus = CustomStatus, Version = Version, Actions = { actions } },
        CompleteTaskResponse.Parser);

    public Task CompleteAsync(string token, ActivityRequest activity, string result) => _connection.UnaryAsync(
        "/TaskHubSidecarService/CompleteActivityTask",
        new ActivityResponse { InstanceId = activity.WorkflowInstance.InstanceId, TaskId = activity.TaskId, CompletionToken = token, Result = result },
        CompleteTaskResponse.Parser);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _connection.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            await foreach (var item in _connection.ServerStreamAsync("/TaskHubSidecarService/GetWorkItems", new GetWorkItemsRequest(), WorkItem.Parser, ct: _stop.Token))
            {
                Items.Enqueue(item);
                await AnswerAsync(item);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException)
        {
            // The engine is gone, or the test is over.
        }
    }

    /// <summary>An answer that is refused is dropped: the engine hands the item out again.</summary>
    private async Task AnswerAsync(WorkItem item)
    {
        for (int times = AnswersTwice ? 2 : 1; times > 0; times--)
        {
            try
            {
                await HandleAsync(item);
            }
            catch (RpcException) when (!_stop.IsCancellationRequested)
            {
                // As workers do.
            }
        }
    }

    private async Task HandleAsync(WorkItem item)
    {
        if (item.WorkflowRequest is { } turn)
        {
            if (_workflow(new History(turn)) is { } actions) await CompleteAsync(item.CompletionToken, turn.InstanceId, actions);
        }
        else if (_activity(item.ActivityRequest) is { } result)
        {
            await CompleteAsync(item.CompletionToken, item.ActivityRequest, result);
        }
    }
}

/// <summary>All events a worker sees in one turn, and actions made from them.</summary>
internal sealed class History(WorkflowRequest request)
{
    public WorkflowRequest Request => request;

    public IReadOnlyList<HistoryEvent> Events { get; } = [.. request.PastEvents, .. request.NewEvents];

    public string Input => Events.Last(e => e.ExecutionStarted is not null).ExecutionStarted.Input ?? "";

    public IEnumerable<string> Results => Events.Where(e => e.TaskCompleted is not null).Select(e => e.TaskCompleted.Result);

    public IEnumerable<EventRaisedEvent> Raised => Events.Where(e => e.EventRaised is not null).Select(e => e.EventRaised);

    public bool HasFired(int timer) => Events.Any(e => e.TimerFired?.TimerId == timer);

    public bool HasAsked(int id) => Events.Any(e => e.EventId == id);

    public DateTimeOffset Now => Events.Last(e => e.WorkflowStarted is not null).Timestamp.ToDateTimeOffset();

    public static WorkflowAction Call(int id, string name, string? input = null) =>
        new() { Id = id, ScheduleTask = new ScheduleTaskAction { Name = name, Input = input, TaskExecutionId = $"task-{id}" } };

    /// <summary>The same action for another app.</summary>
    public static WorkflowAction At(string appId, WorkflowAction action)
    {
        action.Router = new TaskRouter { SourceAppID = "app", TargetAppID = appId };
        return action;
    }

    public static WorkflowAction Timer(int id, DateTimeOffset at) =>
        new() { Id = id, CreateTimer = new CreateTimerAction { FireAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(at) } };

    public static WorkflowAction Child(int id, string instanceId, string name, string? input = null) =>
        new() { Id = id, CreateChildWorkflow = new CreateChildWorkflowAction { InstanceId = instanceId, Name = name, Input = input } };

    public static WorkflowAction End(int id, string? result, WorkflowStatus status = WorkflowStatus.Completed) =>
        new() { Id = id, CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result } };

    /// <summary>Five activities in a row, each fed with the result of the one before; the last result is the workflow's.</summary>
    public static IEnumerable<WorkflowAction> Chain(History history)
    {
        string[] results = [.. history.Results];
        string last = results.LastOrDefault(history.Input);
        if (results.Length == 5) return [End(5, last)];
        return history.HasAsked(results.Length) ? [] : [Call(results.Length, $"step{results.Length}", last)];
    }
}
