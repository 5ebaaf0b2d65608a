using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>Workflows that another one starts and forgets; tags and traces on the way.</summary>
public sealed class DetachedTests
{
    [Fact]
    public async Task Detached_Starts_WithoutTies()
    {
        var store = new InMemoryStateStore(TimeProvider.System);
        await using var host = await EngineHost.StartAsync(store);
        await using var worker = new TestWorker(host.Connection.Address, Starter);
        await host.StartInstanceAsync("one");

        Assert.Equal("done", (await host.EndAsync("one")).Output);
        await EngineHost.UntilAsync(async () => await host.GetAsync("free") is not null, "the detached workflow exists");
        var free = await host.EndAsync("free");
        Assert.Equal(("in", null, "red"), (free.Output, free.ParentInstanceId, free.Tags["colour"]));
        Assert.Equal("free", (await host.HistoryAsync("one")).Single(e => e.DetachedWorkflowInstanceCreated is not null).DetachedWorkflowInstanceCreated.InstanceId);
        var purged = await host.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "one", Recursive = true }, PurgeInstancesResponse.Parser);
        Assert.Equal(1, purged.DeletedInstanceCount);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Detached_DeathAtAnyWrite_RunsOnce(int fatalWrite)
    {
        var disk = new InMemoryStateStore(TimeProvider.System);
        var mortal = new MortalStore(disk, fatalWrite, written: true);
        await using (var first = await EngineHost.StartAsync(mortal))
        {
            await using var worker = new TestWorker(first.Connection.Address, Starter);
            await first.StartInstanceAsync("one");
            await Until.EndsAsync(mortal.Died.Task);
        }

        await using var second = await EngineHost.StartAsync(disk);
        await using var other = new TestWorker(second.Connection.Address, Starter);
        await second.EndAsync("one");
        await EngineHost.UntilAsync(async () => await second.GetAsync("free") is not null, "the detached workflow exists");
        Assert.Equal("in", (await second.EndAsync("free")).Output);
        Assert.Equal(1, (await second.HistoryAsync("free")).Count(e => e.ExecutionCompleted is not null));
    }

    [Fact]
    public async Task Detached_WithoutAnId_FailsTheWorkflow()
    {
        await using var host = await EngineHost.StartAsync(new InMemoryStateStore(TimeProvider.System));
        await using var worker = new TestWorker(host.Connection.Address, _ => [new WorkflowAction { CreateDetachedWorkflow = new CreateDetachedWorkflowAction { Name = "free" } }]);
        await host.StartInstanceAsync("one");
        Assert.Equal(WorkflowStatus.Failed, (await host.EndAsync("one")).Status);
    }

    [Fact]
    public async Task TagsAndTrace_OfTheStart_ReachStateActivitiesAndChildren()
    {
        var trace = new TraceContext { TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
        await using var host = await EngineHost.StartAsync(new InMemoryStateStore(TimeProvider.System));
        await using var worker = new TestWorker(host.Connection.Address, Family);
        await host.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = "one", Name = "family", ParentTraceContext = trace, Tags = { ["team"] = "sky" } }, CreateInstanceResponse.Parser);

        Assert.Equal("sky", (await host.EndAsync("one")).Tags["team"]);
        Assert.Equal(trace, worker.Items.Single(i => i.ActivityRequest is not null).ActivityRequest.ParentTraceContext);
        Assert.Equal(trace, (await host.HistoryAsync("kid")).Single(e => e.ExecutionStarted is not null).ExecutionStarted.ParentTraceContext);
    }

    private static IEnumerable<WorkflowAction> Starter(History history)
    {
        if (history.Request.InstanceId == "free") return [History.End(0, history.Input)];
        if (history.HasFired(1)) return [History.End(2, "done")];
        if (history.HasAsked(0)) return [];
        var detached = new CreateDetachedWorkflowAction { InstanceId = "free", Name = "free", Input = "in", Tags = { ["colour"] = "red" } };
        return [new WorkflowAction { Id = 0, CreateDetachedWorkflow = detached }, History.Timer(1, history.Now)];
    }

    private static IEnumerable<WorkflowAction> Family(History history) =>
        history.Request.InstanceId == "kid" ? [History.End(0, "hi")]
        : !history.HasAsked(0) ? [History.Call(0, "act"), History.Child(1, "kid", "child")]
        : history.Results.Any() && history.Events.Any(e => e.ChildWorkflowInstanceCompleted is not null) ? [History.End(2, "done")]
        : [];
}
