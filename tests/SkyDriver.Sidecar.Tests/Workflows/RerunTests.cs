using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>A workflow that is over runs again from one of its events on.</summary>
public sealed class RerunTests
{
    [Fact]
    public async Task FromAnActivity_RunsItAndWhatFollows_WithTheNewInput()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        await host.StartInstanceAsync("one", input: "seed");
        await host.EndAsync("one");
        int before = worker.Items.Count(i => i.ActivityRequest is not null);

        string again = await RerunAsync(host, new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 3, NewInstanceID = "two", Input = "new", OverwriteInput = true });

        Assert.Equal("two", again);
        Assert.Equal("step4(step3(new))", (await host.EndAsync("two")).Output);
        Assert.Equal(2, worker.Items.Count(i => i.ActivityRequest is not null) - before);
        var history = await host.HistoryAsync("two");
        Assert.Equal("one", history.Single(e => e.EventId == 3).TaskScheduled.RerunParent.InstanceID);
        Assert.Equal("two", history.First(e => e.ExecutionStarted is not null).ExecutionStarted.WorkflowInstance.InstanceId);
        Assert.Equal("step4(step3(step2(step1(step0(seed)))))", (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task FromAnActivityBesideOpenOnes_RunsThoseAgainToo()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, FanOut);
        await host.StartInstanceAsync("one");
        await host.EndAsync("one");

        string again = await RerunAsync(host, new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 1 });

        Assert.Equal("a()b()c()", (await host.EndAsync(again)).Output);
        Assert.Equal(["a", "b", "c"], worker.Items.Where(i => i.ActivityRequest?.WorkflowInstance.InstanceId == again).Select(i => i.ActivityRequest.Name).Order());
    }

    [Fact]
    public async Task FromAChild_StartsAnotherChild()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, Parent);
        await host.StartInstanceAsync("one");
        await host.EndAsync("one");

        await RerunAsync(host, new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 0, NewInstanceID = "two", NewChildWorkflowInstanceID = "kid2" });

        Assert.Equal("kid2", (await host.EndAsync("two")).Output);
        Assert.Equal("one", (await host.EndAsync("kid")).ParentInstanceId);
    }

    [Fact]
    public async Task Refusals_HaveTheirCodes()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, Timed);
        await host.StartInstanceAsync("one");
        await host.EndAsync("one");
        await host.StartInstanceAsync("busy", "busy");

        Assert.Equal(StatusCode.NotFound, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "nobody" }));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "busy" }));
        Assert.Equal(StatusCode.NotFound, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 77 }));
        Assert.Equal(StatusCode.NotFound, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 1 }));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 0, OverwriteInput = true }));
        Assert.Equal(StatusCode.InvalidArgument, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 0, NewChildWorkflowInstanceID = "kid" }));
        Assert.Equal(StatusCode.AlreadyExists, await FaultAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 0, NewInstanceID = "busy" }));
        string again = await RerunAsync(host, new RerunWorkflowFromEventRequest { SourceInstanceID = "one", EventID = 0 });
        Assert.Equal("fired", (await host.EndAsync(again)).Output);

        async Task<StatusCode> FaultAsync(RerunWorkflowFromEventRequest request) => (await Assert.ThrowsAsync<RpcException>(() => RerunAsync(host, request))).StatusCode;
    }

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);

    private static async Task<string> RerunAsync(EngineHost host, RerunWorkflowFromEventRequest request) =>
        (await host.CallAsync("RerunWorkflowFromEvent", request, RerunWorkflowFromEventResponse.Parser)).NewInstanceID;

    private static IEnumerable<WorkflowAction> FanOut(History history) =>
        !history.HasAsked(0) || !history.HasAsked(2)
            ? ((string[])["a", "b", "c"]).Select((name, id) => History.Call(id, name)).Where(a => !history.HasAsked(a.Id))
            : history.Results.Count() < 3 ? [] : [History.End(3, string.Concat(history.Results.Order()))];

    private static IEnumerable<WorkflowAction> Parent(History history) =>
        history.Request.InstanceId.StartsWith("kid", StringComparison.Ordinal) ? [History.End(0, history.Request.InstanceId)]
        : history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted is not null) is { } done ? [History.End(1, done.ChildWorkflowInstanceCompleted.Result)]
        : history.HasAsked(0) ? []
        : [History.Child(0, "kid", "child")];

    private static IEnumerable<WorkflowAction> Timed(History history) =>
        history.Request.InstanceId == "busy" ? []
        : history.HasFired(0) ? [History.End(1, "fired")]
        : history.HasAsked(0) ? []
        : [History.Timer(0, history.Now)];
}
