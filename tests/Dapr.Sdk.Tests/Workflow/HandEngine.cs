using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc.Protos.TaskHub;
using PropagatedHistory = SkyDriver.Grpc.Protos.TaskHub.PropagatedHistory;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>
/// Writes histories by hand as an engine would: each turn gets workflowStarted and the given events; what the answer
/// asks for is put on record after them.
/// </summary>
internal sealed class HandEngine
{
    public static readonly DateTime Start = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly List<HistoryEvent> _history = [];
    private WorkflowRuntimeOptions _options = new();

    public string InstanceId { get; } = "scan-1";

    public DateTime Now { get; set; } = Start;

    /// <summary>What the caller of the instance hands on; sent with every turn.</summary>
    public PropagatedHistory? Handed { get; set; }

    public ILoggerFactory Loggers { get; set; } = NullLoggerFactory.Instance;

    public IReadOnlyList<HistoryEvent> History => _history;

    public static HandEngine For<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> code)
    {
        var engine = new HandEngine();
        engine.Replace(code);
        return engine;
    }

    /// <summary>Deploys other code under the same name.</summary>
    public void Replace<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> code)
    {
        _options = new WorkflowRuntimeOptions();
        _options.RegisterWorkflow("Flow", code);
    }

    public WorkflowResponse Begin(object? input = null, string name = "Flow") => Turn(new HistoryEvent
    {
        EventId = -1,
        ExecutionStarted = new ExecutionStartedEvent { Name = name, Input = WorkflowJson.Write(input) },
    });

    public WorkflowResponse Turn(params HistoryEvent[] events)
    {
        var started = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTime(Now), WorkflowStarted = new WorkflowStartedEvent() };
        var request = new WorkflowRequest { InstanceId = InstanceId, ExecutionId = "0f8fad5b-d9cb-469f-a165-70867728950e" };
        request.PropagatedHistory = Handed;
        request.PastEvents.Add(_history);
        request.NewEvents.Add(started);
        request.NewEvents.Add(events);
        var response = Run(request);
        if (response.Version is not null) started.WorkflowStarted.Version = response.Version;
        _history.Add(started);
        _history.AddRange(events);
        _history.AddRange(response.Actions.Select(Record).OfType<HistoryEvent>());
        return response;
    }

    public WorkflowResponse Run(WorkflowRequest request)
    {
        // Workers replay on a pool thread; the test framework's own context must not be seen.
        var services = new ServiceCollection().BuildServiceProvider();
        return Task.Run(() => WorkflowTurn.Run(request, name => _options.CreateWorkflow(name, services), Loggers)).GetAwaiter().GetResult();
    }

    public static HistoryEvent Done(int id, object? result = null) =>
        new() { EventId = -1, TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = WorkflowJson.Write(result) } };

    public static HistoryEvent Failed(int id, string message = "boom", bool nonRetriable = false, string type = "System.IO.IOException") => new()
    {
        EventId = -1,
        TaskFailed = new TaskFailedEvent { TaskScheduledId = id, FailureDetails = Failures.Create(type, message, nonRetriable) },
    };

    public static HistoryEvent Fired(int id) => new() { EventId = -1, TimerFired = new TimerFiredEvent { TimerId = id } };

    public static HistoryEvent Raised(string name, object? payload = null) =>
        new() { EventId = -1, EventRaised = new EventRaisedEvent { Name = name, Input = WorkflowJson.Write(payload) } };

    public static HistoryEvent Suspended() => new() { EventId = -1, ExecutionSuspended = new ExecutionSuspendedEvent() };

    public static HistoryEvent Resumed() => new() { EventId = -1, ExecutionResumed = new ExecutionResumedEvent() };

    private static HistoryEvent? Record(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask =>
            new() { EventId = action.Id, TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name } },
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer =>
            new() { EventId = action.Id, TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt } },
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => new()
        {
            EventId = action.Id,
            ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent { Name = action.CreateChildWorkflow.Name },
        },
        WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => new() { EventId = action.Id, EventSent = new EventSentEvent() },
        _ => null,
    };

    public static void AssertCompleted(string json, WorkflowResponse response)
    {
        var action = Assert.Single(response.Actions).CompleteWorkflow;
        Assert.Null(action.FailureDetails?.ErrorMessage);
        Assert.Equal((WorkflowStatus.Completed, json), (action.WorkflowStatus, action.Result));
    }
}
