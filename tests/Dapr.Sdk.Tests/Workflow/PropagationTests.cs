using Dapr.Workflow;
using Google.Protobuf;
using SkyDriver.Grpc.Protos.TaskHub;
using Scope = Dapr.Workflow.HistoryPropagationScope;
using WireScope = SkyDriver.Grpc.Protos.TaskHub.HistoryPropagationScope;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>History that goes along with calls, and that comes along from the caller.</summary>
public sealed class PropagationTests
{
    [Fact]
    public void Calls_Scope_IsSentOnlyWhereSomethingIsHandedOn()
    {
        var engine = HandEngine.For<object, int>(async (context, _) =>
        {
            _ = context.CallActivityAsync("Plain");
            _ = context.CallActivityAsync("Own", options: new WorkflowTaskOptions().WithHistoryPropagation(Scope.OwnHistory));
            _ = context.CallChildWorkflowAsync("Child", options: new ChildWorkflowTaskOptions("c-1").WithHistoryPropagation(Scope.Lineage));
            return await context.WaitForExternalEventAsync<int>("never");
        });
        var actions = engine.Begin().Actions;
        Assert.False(actions[0].ScheduleTask.HasPropagationScope);
        Assert.Equal(WireScope.OwnHistory, actions[1].ScheduleTask.PropagationScope);
        Assert.Equal(("c-1", WireScope.Lineage), (actions[2].CreateChildWorkflow.InstanceId, actions[2].CreateChildWorkflow.PropagationScope));
    }

    [Fact]
    public void GetPropagatedHistory_NothingHandedOn_IsNull()
    {
        var engine = HandEngine.For<object, bool>((context, _) => Task.FromResult(context.GetPropagatedHistory() is null));
        Assert.Equal("true", Assert.Single(engine.Begin().Actions).CompleteWorkflow.Result);
    }

    [Fact]
    public void GetPropagatedHistory_Chunks_TellWhatEachStepCameTo()
    {
        Dapr.Workflow.PropagatedHistory? seen = null;
        var engine = HandEngine.For<object, int>((context, _) =>
        {
            seen = context.GetPropagatedHistory();
            return Task.FromResult(0);
        });
        engine.Handed = new SkyDriver.Grpc.Protos.TaskHub.PropagatedHistory { Scope = WireScope.Lineage, Chunks = { Grandparent(), Parent() } };
        engine.Begin();

        Assert.Equal(["app-a", "app-b"], seen!.GetAppIds());
        Assert.Equal("scan", Assert.Single(seen.GetByInstanceId("p-1")).Name);
        Assert.Empty(seen.GetByInstanceId("P-1"));
        Assert.Equal("p-1", Assert.Single(seen.GetByAppId("APP-B")).InstanceId);
        Assert.False(seen.TryGetLastWorkflowEventByName("nothing", out _));
        Assert.True(seen.TryGetLastWorkflowEventByName("SCAN", out var parent));
        Assert.Equal(
            [("Fit", PropagatedHistoryStatus.Completed, "1", "\"good\""), ("Fit", PropagatedHistoryStatus.Failed, "2", null), ("Send", PropagatedHistoryStatus.Pending, null, null)],
            parent.Activities.Select(a => (a.Name, a.Status, a.Input, a.Output)));
        Assert.True(parent.TryGetLastActivityByName("fit", out var last));
        Assert.Equal("no light", last.FailureDetails!.ErrorMessage);
        Assert.Equal(2, parent.GetActivitiesByName("Fit").Count);
        var child = Assert.Single(parent.Workflows);
        Assert.Equal(("Round", PropagatedHistoryStatus.Completed, "3"), (child.Name, child.Status, child.Output));
        Assert.Throws<ArgumentException>(() => seen.GetEventsByWorkflowName(" "));
    }

    private static PropagatedHistoryChunk Grandparent() => new() { AppId = "app-a", InstanceId = "g-1", WorkflowName = "night" };

    private static PropagatedHistoryChunk Parent()
    {
        HistoryEvent[] events =
        [
            new() { EventId = 0, TaskScheduled = new TaskScheduledEvent { Name = "Fit", Input = "1" } },
            new() { EventId = 1, TaskScheduled = new TaskScheduledEvent { Name = "Fit", Input = "2" } },
            new() { EventId = 2, ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent { Name = "Round", InstanceId = "r" } },
            new() { TaskFailed = new TaskFailedEvent { TaskScheduledId = 1, FailureDetails = new TaskFailureDetails { ErrorType = "E", ErrorMessage = "no light" } } },
            new() { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0, Result = "\"good\"" } },
            new() { ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = 2, Result = "3" } },
            new() { EventId = 3, TaskScheduled = new TaskScheduledEvent { Name = "Send" } },
        ];
        return new PropagatedHistoryChunk
        {
            AppId = "app-b",
            InstanceId = "p-1",
            WorkflowName = "scan",
            RawEvents = { events.Select(e => e.ToByteString()) },
        };
    }
}
