using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Workflows;
using static SkyDriver.Sidecar.Tests.Workflows.TestWorkflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>The workflow engine as its callers and workers see it.</summary>
public sealed class WorkflowServiceTests
{
    [Fact]
    public async Task Start_FiveActivities_RunsThemInOrder()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, History.Chain) { CustomStatus = "busy" };

        Assert.Equal("one", await host.StartInstanceAsync("one", input: "seed"));
        var end = await host.EndAsync("one");

        Assert.Equal(WorkflowStatus.Completed, end.Status);
        Assert.Equal(ChainResult, end.Output);
        Assert.Equal("seed", end.Input);
        Assert.Equal("busy", end.CustomStatus);
        Assert.Equal(6, worker.Items.Count(i => i.WorkflowRequest is not null));
    }

    [Fact]
    public async Task Start_NoWorker_WaitsUntilOneComes()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await host.StartInstanceAsync("one", input: "seed");
        Assert.Equal(WorkflowStatus.Pending, (await host.GetAsync("one"))!.Status);

        await using var worker = new TestWorker(host.Connection.Address, History.Chain);

        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task Start_IdAtWork_AlreadyExists()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await host.StartInstanceAsync("one");
        var fault = await Assert.ThrowsAsync<RpcException>(() => host.StartInstanceAsync("one"));
        Assert.Equal(StatusCode.AlreadyExists, fault.StatusCode);
    }

    [Fact]
    public async Task Start_FinishedId_ReplacesTheOldInstance()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        await host.StartInstanceAsync("one", input: "a");
        await host.EndAsync("one");

        await host.StartInstanceAsync("one", input: "seed");

        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task GetInstance_UnknownId_DoesNotExist()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        Assert.Null(await host.GetAsync("nobody"));
        Assert.Null(await host.EndAsync("nobody"));
    }

    [Fact]
    public async Task Timer_Due_Fires()
    {
        var clock = new ManualClock();
        await using var host = await EngineHost.StartAsync(NewStore(), clock);
        await using var worker = new TestWorker(host.Connection.Address, WaitOneHour);
        await host.StartInstanceAsync("one");
        await host.CallAsync("WaitForInstanceStart", new GetInstanceRequest { InstanceId = "one" }, GetInstanceResponse.Parser);

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(WorkflowStatus.Running, (await host.GetAsync("one"))!.Status);
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("fired", (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task Timer_DueWhileTheProcessWasDown_FiresAfterRestart()
    {
        var clock = new ManualClock();
        var store = NewStore();
        await using (var first = await EngineHost.StartAsync(store, clock))
        {
            await using var worker = new TestWorker(first.Connection.Address, WaitOneHour);
            await first.StartInstanceAsync("one");
            await first.CallAsync("WaitForInstanceStart", new GetInstanceRequest { InstanceId = "one" }, GetInstanceResponse.Parser);
        }

        clock.Advance(TimeSpan.FromHours(2));
        await using var second = await EngineHost.StartAsync(store, clock);
        await using var other = new TestWorker(second.Connection.Address, WaitOneHour);
        Assert.Equal("fired", (await second.EndAsync("one")).Output);
    }

    [Fact]
    public async Task ScheduledStart_InTheFuture_IsPendingUntilThen()
    {
        var clock = new ManualClock();
        await using var host = await EngineHost.StartAsync(NewStore(), clock);
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        var at = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(clock.GetUtcNow().AddHours(1));
        await host.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = "one", Name = "chain", Input = "seed", ScheduledStartTimestamp = at }, CreateInstanceResponse.Parser);

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(WorkflowStatus.Pending, (await host.GetAsync("one"))!.Status);
        Assert.Empty(worker.Items);
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task ScheduledStart_ClockIsSetBackMeanwhile_ComesWhenTheClockGetsThere()
    {
        var clock = new ManualClock();
        await using var host = await EngineHost.StartAsync(NewStore(), clock);
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        var at = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(clock.GetUtcNow().AddHours(1));
        await host.CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = "one", Name = "chain", Input = "seed", ScheduledStartTimestamp = at }, CreateInstanceResponse.Parser);

        clock.Set(TimeSpan.FromHours(-1));
        int waiting = clock.Waiting;
        clock.Advance(TimeSpan.FromHours(1));
        await Until.HoldsAsync(() => clock.Waiting == waiting);
        Assert.Equal(WorkflowStatus.Pending, (await host.GetAsync("one"))!.Status);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task RaiseEvent_BeforeAnyWorker_KeepsOrder()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await host.StartInstanceAsync("one");
        foreach (string payload in (string[])["a", "b", "c"]) await host.RaiseAsync("one", "go", payload);
        await using var worker = new TestWorker(host.Connection.Address, AwaitThree);
        Assert.Equal("abc", (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task RaiseEvent_UnknownOrFinishedInstance_NotFoundOrNoEffect()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        var fault = await Assert.ThrowsAsync<RpcException>(() => host.RaiseAsync("nobody", "go"));
        Assert.Equal(StatusCode.NotFound, fault.StatusCode);
        await host.StartInstanceAsync("one");
        await host.EndAsync("one");
        await host.RaiseAsync("one", "go");
        Assert.Equal(WorkflowStatus.Completed, (await host.GetAsync("one"))!.Status);
    }

    [Fact]
    public async Task Suspend_EventsQueue_UntilResume()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, AwaitThree);
        await host.StartInstanceAsync("one");
        await host.CallAsync("WaitForInstanceStart", new GetInstanceRequest { InstanceId = "one" }, GetInstanceResponse.Parser);
        await host.CallAsync("SuspendInstance", new SuspendRequest { InstanceId = "one", Reason = "night" }, SuspendResponse.Parser);
        foreach (string payload in (string[])["a", "b", "c"]) await host.RaiseAsync("one", "go", payload);

        Assert.Equal(WorkflowStatus.Suspended, (await host.GetAsync("one"))!.Status);
        Assert.Single(worker.Items);
        await host.CallAsync("ResumeInstance", new ResumeRequest { InstanceId = "one" }, ResumeResponse.Parser);

        Assert.Equal("abc", (await host.EndAsync("one")).Output);
        Assert.Equal(
            [HistoryEvent.EventTypeOneofCase.WorkflowStarted, HistoryEvent.EventTypeOneofCase.ExecutionSuspended, .. Enumerable.Repeat(HistoryEvent.EventTypeOneofCase.EventRaised, 3), HistoryEvent.EventTypeOneofCase.ExecutionResumed],
            worker.Items.Last().WorkflowRequest.NewEvents.Select(e => e.EventTypeCase));
    }

    [Fact]
    public async Task Terminate_TurnInTheWorkersHands_WinsOverItsAnswer()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, _ => null);
        await host.StartInstanceAsync("one");
        await EngineHost.UntilAsync(() => Task.FromResult(!worker.Items.IsEmpty), "the worker has the turn");

        await host.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one", Output = "enough" }, TerminateResponse.Parser);
        await worker.CompleteAsync(worker.Items.Single().CompletionToken, "one", [History.End(0, "done")]);

        var end = await host.EndAsync("one");
        Assert.Equal((WorkflowStatus.Terminated, "enough"), (end.Status, end.Output));
    }

    [Fact]
    public async Task Worker_LostWithATurnAndAnActivity_OthersGetThem()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using (var dying = new TestWorker(host.Connection.Address, History.Chain, _ => null))
        {
            await host.StartInstanceAsync("one", input: "seed");
            await EngineHost.UntilAsync(() => Task.FromResult(dying.Items.Any(i => i.ActivityRequest is not null)), "the worker has the activity");
        }

        await using var worker = new TestWorker(host.Connection.Address, History.Chain);
        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task Activity_AnsweredTwice_CountsOnce()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, History.Chain, _ => null);
        await host.StartInstanceAsync("one", input: "seed");
        for (int step = 0; step < 5; step++)
        {
            int expected = step + 1;
            await EngineHost.UntilAsync(() => Task.FromResult(worker.Items.Count(i => i.ActivityRequest is not null) == expected), $"activity {step}");
            var item = worker.Items.Last(i => i.ActivityRequest is not null);
            await worker.CompleteAsync(item.CompletionToken, item.ActivityRequest, $"{item.ActivityRequest.Name}({item.ActivityRequest.Input})");
            await worker.CompleteAsync(item.CompletionToken, item.ActivityRequest, "again");
        }

        Assert.Equal(ChainResult, (await host.EndAsync("one")).Output);
    }

    [Fact]
    public async Task Workers_Several_AreServedInTurn()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var first = new TestWorker(host.Connection.Address, History.Chain);
        await using var second = new TestWorker(host.Connection.Address, History.Chain);
        await EngineHost.UntilAsync(() => Task.FromResult(host.Engine.ConnectedWorkers == 2), "both are connected");
        for (int i = 0; i < 10; i++) await host.StartInstanceAsync($"w{i}", input: "seed");
        for (int i = 0; i < 10; i++) Assert.Equal(ChainResult, (await host.EndAsync($"w{i}")).Output);
        Assert.Equal(110, first.Items.Count + second.Items.Count);
        Assert.InRange(first.Items.Count, 53, 57);
    }

    [Fact]
    public async Task ContinueAsNew_CarriesEventsOver_AndStartsAFreshHistory()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, CountDown);
        await host.StartInstanceAsync("one", "countdown", "3");
        await host.RaiseAsync("one", "go", "x");
        var end = await host.EndAsync("one");
        Assert.Equal("0x", end.Output);
        var history = (await host.CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = "one" }, GetInstanceHistoryResponse.Parser)).Events;
        Assert.Single(history, e => e.ExecutionStarted is not null);
        Assert.Equal("0", history.Single(e => e.ExecutionStarted is not null).ExecutionStarted.Input);
    }

    [Fact]
    public async Task Child_CompletesOrFails_ParentHearsOfIt()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, Family);
        await host.StartInstanceAsync("one", "parent");
        Assert.Equal("child says hi", (await host.EndAsync("one")).Output);
        Assert.Equal("one", (await host.EndAsync("one-good")).ParentInstanceId);
        Assert.Equal(WorkflowStatus.Failed, (await host.EndAsync("one-bad")).Status);
    }

    [Fact]
    public async Task TerminateRecursive_OpenChild_EndsToo()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, h =>
            h.Request.InstanceId == "one" && !h.HasAsked(0) ? [History.Child(0, "kid", "child")] : []);
        await host.StartInstanceAsync("one", "parent");
        await EngineHost.UntilAsync(async () => (await host.GetAsync("kid"))?.Status == WorkflowStatus.Running, "the child runs");

        await host.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one", Recursive = true }, TerminateResponse.Parser);

        Assert.Equal(WorkflowStatus.Terminated, (await host.EndAsync("kid")).Status);
    }

    [Fact]
    public async Task SendEventAction_FailsTheInstance()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, _ => [new WorkflowAction { Id = 0, SendEvent = new SendEventAction { Name = "go" } }]);
        await host.StartInstanceAsync("one");
        var end = await host.EndAsync("one");
        Assert.Equal((WorkflowStatus.Failed, TurnActions.UnsupportedAction), (end.Status, end.FailureDetails.ErrorType));
    }
}
