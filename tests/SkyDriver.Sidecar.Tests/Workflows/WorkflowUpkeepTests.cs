using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Workflows;
using static SkyDriver.Sidecar.Tests.Workflows.TestWorkflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>What is kept of instances, for how long, and how many may be at work.</summary>
public sealed class WorkflowUpkeepTests
{
    [Fact]
    public async Task Purge_Rules_Hold()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, Family);
        await host.StartInstanceAsync("one", "parent");
        await host.EndAsync("one");

        Assert.Equal(0, await Purge(new PurgeInstancesRequest { InstanceId = "nobody" }));
        Assert.Equal(3, await Purge(new PurgeInstancesRequest { InstanceId = "one", Recursive = true }));
        Assert.Null(await host.GetAsync("one-bad"));

        await host.StartInstanceAsync("busy", "idle");
        var fault = await Assert.ThrowsAsync<RpcException>(() => Purge(new PurgeInstancesRequest { InstanceId = "busy" }));
        Assert.Equal(StatusCode.FailedPrecondition, fault.StatusCode);
        Assert.Equal(1, await Purge(new PurgeInstancesRequest { InstanceId = "busy", Force = true }));

        async Task<int> Purge(PurgeInstancesRequest request) => (await host.CallAsync("PurgeInstances", request, PurgeInstancesResponse.Parser)).DeletedInstanceCount;
    }

    [Fact]
    public async Task Purge_LeavesNothingInTheStore()
    {
        var store = NewStore();
        await using var host = await EngineHost.StartAsync(store);
        await using var worker = new TestWorker(host.Connection.Address, CountDown);
        await host.StartInstanceAsync("one", "countdown", "3");
        await host.RaiseAsync("one", "go", "x");
        await host.EndAsync("one");
        await host.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "one" }, PurgeInstancesResponse.Parser);
        Assert.Empty(await store.KeysAsync("", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task List_Pages_InOrder()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        foreach (string id in (string[])["c", "a", "b"]) await host.StartInstanceAsync(id);
        var first = await host.CallAsync("ListInstanceIDs", new ListInstanceIDsRequest { PageSize = 2 }, ListInstanceIDsResponse.Parser);
        var second = await host.CallAsync("ListInstanceIDs", new ListInstanceIDsRequest { PageSize = 2, ContinuationToken = first.ContinuationToken }, ListInstanceIDsResponse.Parser);
        Assert.Equal(["a", "b"], first.InstanceIds);
        Assert.Equal(["c"], second.InstanceIds);
        Assert.False(second.HasContinuationToken);
    }

    [Fact]
    public async Task History_TooLargeForAMessage_StallsAndTerminates()
    {
        await using var host = await EngineHost.StartAsync(NewStore(), options: new WorkflowOptions { MaxMessageBytes = 20_000 });
        await using var worker = new TestWorker(host.Connection.Address, AwaitThree);
        await host.StartInstanceAsync("one");
        await host.RaiseAsync("one", "go", new string('x', 30_000));
        await EngineHost.UntilAsync(async () => (await host.GetAsync("one"))!.Status == WorkflowStatus.Stalled, "the instance stalls");

        var fault = await Assert.ThrowsAsync<RpcException>(() => host.RaiseAsync("one", "go"));
        Assert.Equal(StatusCode.FailedPrecondition, fault.StatusCode);
        await host.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one" }, TerminateResponse.Parser);
        Assert.Equal(WorkflowStatus.Terminated, (await host.EndAsync("one")).Status);
    }

    [Fact]
    public async Task Retention_PassesAfterTheEnd_InstanceIsGone()
    {
        var clock = new ManualClock();
        var options = new WorkflowOptions { Settings = WorkflowSettings.Default with { Retention = new StateRetention(null, TimeSpan.FromHours(1), null, null) } };
        await using var host = await EngineHost.StartAsync(NewStore(), clock, options);
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        await host.StartInstanceAsync("one");
        await host.EndAsync("one");
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(await host.GetAsync("one"));
        clock.Advance(TimeSpan.FromMinutes(1));
        await EngineHost.UntilAsync(async () => await host.GetAsync("one") is null, "the instance is purged");
    }

    [Fact]
    public async Task Limits_OfTheConfiguration_HoldAcrossWorkers()
    {
        var options = new WorkflowOptions { Settings = WorkflowSettings.Default with { MaxWorkflows = 3, MaxActivities = 2 } };
        await using var host = await EngineHost.StartAsync(NewStore(), options: options);
        await using var first = new TestWorker(host.Connection.Address, FanOut, _ => null);
        await using var second = new TestWorker(host.Connection.Address, FanOut, _ => null);
        await EngineHost.UntilAsync(() => Task.FromResult(host.Engine.ConnectedWorkers == 2), "both are connected");
        await host.StartInstanceAsync("one");

        for (int done = 0; done < 5; done++)
        {
            int handed = Math.Min(5, done + 2);
            await EngineHost.UntilAsync(() => Task.FromResult(Activities().Length == handed), $"{handed} activities are out");
            var item = Activities()[done];
            await first.CompleteAsync(item.CompletionToken, item.ActivityRequest, "x");
        }

        Assert.Equal("xxxxx", (await host.EndAsync("one")).Output);

        WorkItem[] Activities() => [.. first.Items.Concat(second.Items).Where(i => i.ActivityRequest is not null).OrderBy(i => i.ActivityRequest.TaskId)];
    }
}
