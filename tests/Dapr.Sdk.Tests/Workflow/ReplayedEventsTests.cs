using Dapr.Workflow;
using SkyDriver.Grpc.Protos.TaskHub;
using static Dapr.Sdk.Tests.Workflow.HandEngine;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>Replay of what comes from outside an instance: events, children, suspension, the end, and the next generation.</summary>
public sealed class ReplayedEventsTests
{
    [Fact]
    public void Events_FifoPerNameAnyCase_EarlyOnesAreKept()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            var one = context.WaitForExternalEventAsync<int>("go");
            var two = context.WaitForExternalEventAsync<int>("GO");
            var three = context.WaitForExternalEventAsync<int>("Go");
            return $"{await one} {await two} {await three}";
        });
        engine.Begin();
        engine.Turn(Raised("Go", 1), Raised("other"), Raised("gO", 2));
        engine.Turn(Done(0));
        AssertCompleted("\"1 2 3\"", engine.Turn(Raised("GO", 3)));
    }

    [Fact]
    public void Events_CancelledWaiter_DoesNotEatTheEvent()
    {
        var engine = For<object, int>(async (context, _) =>
        {
            using var stop = new CancellationTokenSource();
            var given = context.WaitForExternalEventAsync<int>("go", stop.Token);
            stop.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => given);
            return await context.WaitForExternalEventAsync<int>("go");
        });
        engine.Begin();
        AssertCompleted("5", engine.Turn(Raised("go", 5)));
    }

    [Fact]
    public void EventWithTimeout_EventFirst_TimerIsAbandoned()
    {
        var engine = For<object, int>(async (context, _) =>
        {
            int value = await context.WaitForExternalEventAsync<int>("go", TimeSpan.FromHours(1));
            await context.CallActivityAsync("A");
            return value;
        });
        var timer = Assert.Single(engine.Begin().Actions).CreateTimer;
        Assert.Equal((Start.AddHours(1), "go"), (timer.FireAt.ToDateTime(), timer.ExternalEvent.Name));
        Assert.Equal("A", Assert.Single(engine.Turn(Raised("go", 4)).Actions).ScheduleTask.Name);
        Assert.Empty(engine.Turn(Fired(0)).Actions);
        AssertCompleted("4", engine.Turn(Done(1)));
    }

    [Fact]
    public void EventWithTimeout_TimerFirst_IsTaskCanceled()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEventAsync<int>("go", TimeSpan.FromHours(1)));
            return "timeout";
        });
        engine.Begin();
        AssertCompleted("\"timeout\"", engine.Turn(Fired(0)));
    }

    [Fact]
    public void EventWithTimeout_ZeroAndInfinite_NeedNoRealTimer()
    {
        var engine = For<object, int>(async (context, _) =>
        {
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEventAsync<int>("go", TimeSpan.Zero));
            return await context.WaitForExternalEventAsync<int>("go", Timeout.InfiniteTimeSpan);
        });
        var never = Assert.Single(engine.Begin().Actions).CreateTimer.FireAt;
        Assert.Equal((253402300799L, 999999999), (never.Seconds, never.Nanos));     // 9999-12-31T23:59:59.999999999Z
        AssertCompleted("3", engine.Turn(Raised("go", 3)));
    }

    [Fact]
    public void Child_WithoutId_GetsADeterministicOne()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            Guid before = context.NewGuid();
            string result = await context.CallChildWorkflowAsync<string>("Child", 1);
            await context.CallChildWorkflowAsync("Child", 2, new ChildWorkflowTaskOptions("given", TargetAppId: "other"));
            return $"{result} {before}";
        });
        var child = Assert.Single(engine.Begin().Actions);
        string id = child.CreateChildWorkflow.InstanceId;
        Assert.True(Guid.TryParse(id, out _));
        var second = Assert.Single(engine.Turn(new HistoryEvent
        {
            ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = 0, Result = "\"r\"" },
        }).Actions);
        Assert.Equal(("given", "other", 1), (second.CreateChildWorkflow.InstanceId, second.Router.TargetAppID, second.Id));
        var outcome = engine.Turn(new HistoryEvent
        {
            ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent { TaskScheduledId = 1, FailureDetails = new TaskFailureDetails { ErrorMessage = "no" } },
        });
        Assert.Contains("no", Assert.Single(outcome.Actions).CompleteWorkflow.FailureDetails.ErrorMessage);
    }

    [Fact]
    public void ContinueAsNew_UnconsumedEvents_ComeAlongInOrder()
    {
        var engine = For<int, int>(async (context, round) =>
        {
            await context.WaitForExternalEventAsync<int>("tick");
            _ = context.CallActivityAsync("Dropped");
            context.ContinueAsNew(round + 1);
            return 0;
        });
        engine.Begin(1);
        var action = Assert.Single(engine.Turn(Raised("x", 1), Raised("tick", 2), Raised("tick", 3), Raised("y", 4)).Actions).CompleteWorkflow;
        Assert.Equal((WorkflowStatus.ContinuedAsNew, "2"), (action.WorkflowStatus, action.Result));
        Assert.Equal(["x", "tick", "y"], action.CarryoverEvents.Select(e => e.EventRaised.Name));
    }

    [Fact]
    public void ContinueAsNew_NotPreserving_DropsEvents()
    {
        var engine = For<int, int>(async (context, round) =>
        {
            await context.WaitForExternalEventAsync<int>("tick");
            context.ContinueAsNew(round, preserveUnprocessedEvents: false);
            return 0;
        });
        engine.Begin(1);
        Assert.Empty(Assert.Single(engine.Turn(Raised("x"), Raised("tick", 2), Raised("y")).Actions).CompleteWorkflow.CarryoverEvents);
    }

    [Fact]
    public void ContinueAsNew_NextGeneration_FindsCarriedEvents()
    {
        var engine = For<int, int>(async (context, _) => await context.WaitForExternalEventAsync<int>("x"));
        AssertCompleted("8", engine.Turn(
            new HistoryEvent { ExecutionStarted = new ExecutionStartedEvent { Name = "Flow", Input = "2" } }, Raised("x", 8)));
    }

    [Fact]
    public void Suspend_EventsWaitUntilResume()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            int value = await context.WaitForExternalEventAsync<int>("go");
            return $"{value} {context.CurrentUtcDateTime:HH:mm}";
        });
        engine.Begin();
        Assert.Empty(engine.Turn(Suspended()).Actions);
        Assert.Empty(engine.Turn(Done(0), Raised("go", 1)).Actions);
        engine.Now = Start.AddHours(1);
        AssertCompleted("\"1 04:04\"", engine.Turn(Resumed()));
    }

    [Fact]
    public void Suspend_InTheSameTurnAsAResult_SendsItsActionsAfterResume()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            await context.CallActivityAsync("B");
            return "ok";
        });
        engine.Begin();
        Assert.Empty(engine.Turn(Done(0), Suspended()).Actions);
        Assert.Equal("B", Assert.Single(engine.Turn(Resumed()).Actions).ScheduleTask.Name);
        AssertCompleted("\"ok\"", engine.Turn(Done(1)));
    }

    [Fact]
    public void Terminate_WhileSuspended_WinsWithItsOutput()
    {
        var engine = For<object, int>(async (context, _) => await context.CallActivityAsync<int>("A"));
        engine.Begin();
        engine.Turn(Suspended());
        var action = Assert.Single(engine.Turn(
            Done(0, 1), new HistoryEvent { ExecutionTerminated = new ExecutionTerminatedEvent { Input = "\"stop\"" } }).Actions).CompleteWorkflow;
        Assert.Equal((WorkflowStatus.Terminated, "\"stop\""), (action.WorkflowStatus, action.Result));
    }
}
