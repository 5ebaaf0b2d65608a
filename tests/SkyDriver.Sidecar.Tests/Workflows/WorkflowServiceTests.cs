using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Workflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

public sealed class WorkflowServiceTests
{
    private const string ChainResult = "step4(step3(step2(step1(step0(seed)))))";

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

    [Fact]
    public async Task SendEventAction_FailsTheInstance()
    {
        await using var host = await EngineHost.StartAsync(NewStore());
        await using var worker = new TestWorker(host.Connection.Address, _ => [new WorkflowAction { Id = 0, SendEvent = new SendEventAction { Name = "go" } }]);
        await host.StartInstanceAsync("one");
        var end = await host.EndAsync("one");
        Assert.Equal((WorkflowStatus.Failed, TurnActions.UnsupportedAction), (end.Status, end.FailureDetails.ErrorType));
    }

    private static IEnumerable<WorkflowAction> FanOut(History history) =>
        history.Results.Count() == 5 ? [History.End(5, string.Concat(history.Results))]
        : history.HasAsked(0) ? []
        : Enumerable.Range(0, 5).Select(i => History.Call(i, "act"));

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);

    private static IEnumerable<WorkflowAction> WaitOneHour(History history) =>
        history.HasFired(0) ? [History.End(1, "fired")]
        : history.HasAsked(0) ? []
        : [History.Timer(0, history.Now.AddHours(1))];

    private static IEnumerable<WorkflowAction> AwaitThree(History history) =>
        history.Raised.Count() < 3 ? [] : [History.End(0, string.Concat(history.Raised.Select(e => e.Input)))];

    private static IEnumerable<WorkflowAction> CountDown(History history)
    {
        int left = int.Parse(history.Input, System.Globalization.CultureInfo.InvariantCulture);
        if (!history.Raised.Any()) return [];
        if (left == 0) return [History.End(0, $"0{string.Concat(history.Raised.Select(e => e.Input))}")];
        var action = History.End(0, $"{left - 1}", WorkflowStatus.ContinuedAsNew);
        action.CompleteWorkflow.CarryoverEvents.AddRange(history.Events.Where(e => e.EventRaised is not null));
        return [action];
    }

    private static IEnumerable<WorkflowAction> Family(History history)
    {
        switch (history.Request.InstanceId)
        {
            case "busy": return [];
            case "one-good": return [History.End(0, "hi")];
            case "one-bad": return [History.End(0, null, WorkflowStatus.Failed)];
        }

        if (!history.HasAsked(0)) return [History.Child(0, "one-good", "child"), History.Child(1, "one-bad", "child")];
        var good = history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted is not null)?.ChildWorkflowInstanceCompleted;
        var bad = history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceFailed is not null)?.ChildWorkflowInstanceFailed;
        return good is { TaskScheduledId: 0 } && bad is { TaskScheduledId: 1 } ? [History.End(2, "child says " + good.Result)] : [];
    }
}
