using System.Collections.Concurrent;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Workflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>Activities and child workflows that run in another app of the host.</summary>
public sealed class CrossAppTests
{
    private readonly InMemoryStateStore _store = new(TimeProvider.System);
    private readonly ConcurrentDictionary<string, WorkflowEngine> _apps = new(StringComparer.Ordinal);

    [Fact]
    public async Task Activity_OfAnotherApp_RunsThereAndItsResultComesBack()
    {
        await using var home = await StartAsync("app");
        await using var away = await StartAsync("other");
        await using var worker = new TestWorker(home.Connection.Address, CallOther, _ => "wrong app");
        await using var helper = new TestWorker(away.Connection.Address, _ => null, a => $"{a.Input} from {a.WorkflowInstance.InstanceId}");

        await home.StartInstanceAsync("one");

        Assert.Equal("hi from one", (await home.EndAsync("one")).Output);
        Assert.Equal("other", (await home.HistoryAsync("one")).Single(e => e.TaskScheduled is not null).Router.TargetAppID);
        Assert.Null(await away.GetAsync("one"));
    }

    [Fact]
    public async Task Activity_OfAnAppThatIsNotHereYet_WaitsForIt()
    {
        await using var home = await StartAsync("app");
        await using var worker = new TestWorker(home.Connection.Address, CallOther);
        await home.StartInstanceAsync("one");
        await EngineHost.UntilAsync(async () => (await home.HistoryAsync("one")).Any(e => e.TaskScheduled is not null), "the activity is asked for");
        Assert.Equal(WorkflowStatus.Running, (await home.GetAsync("one"))!.Status);

        await using var away = await StartAsync("other");
        await using var helper = new TestWorker(away.Connection.Address, _ => null, a => a.Input);

        Assert.Equal("hi", (await home.EndAsync("one")).Output);
    }

    [Fact]
    public async Task Activity_TheWorkflowEndsMeanwhile_IsNotOfferedAnyMore()
    {
        await using var home = await StartAsync("app");
        await using var worker = new TestWorker(home.Connection.Address, CallOther);
        await home.StartInstanceAsync("one");
        await EngineHost.UntilAsync(async () => (await home.HistoryAsync("one")).Any(e => e.TaskScheduled is not null), "the activity is asked for");
        await home.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one" }, TerminateResponse.Parser);
        await home.StartInstanceAsync("two");

        await using var away = await StartAsync("other");
        await using var helper = new TestWorker(away.Connection.Address, _ => null, a => a.Input);
        await home.EndAsync("two");

        Assert.Equal("two", helper.Items.Single().ActivityRequest.WorkflowInstance.InstanceId);
    }

    [Fact]
    public async Task Child_OfAnotherApp_KnowsItsParentAndAnswersIt()
    {
        await using var home = await StartAsync("app");
        await using var away = await StartAsync("other");
        await using var worker = new TestWorker(home.Connection.Address, Parent);
        await using var helper = new TestWorker(away.Connection.Address, h => [History.End(0, $"child of {h.Events.First(e => e.ExecutionStarted is not null).ExecutionStarted.ParentInstance.AppID}")]);

        await home.StartInstanceAsync("one");

        Assert.Equal("child of app", (await home.EndAsync("one")).Output);
        var kid = await away.EndAsync("kid");
        Assert.Equal(("one", "app"), (kid.ParentInstanceId, kid.ParentAppId));
        Assert.Null(await home.GetAsync("kid"));
        Assert.Equal("other", helper.Items.First().WorkflowRequest.Router.TargetAppID);
    }

    [Fact]
    public async Task Child_OfAnotherApp_EndsAndGoesWithItsParent()
    {
        await using var home = await StartAsync("app");
        await using var away = await StartAsync("other");
        await using var worker = new TestWorker(home.Connection.Address, Parent);
        await using var helper = new TestWorker(away.Connection.Address, _ => []);
        await home.StartInstanceAsync("one");
        await EngineHost.UntilAsync(async () => (await away.GetAsync("kid"))?.Status == WorkflowStatus.Running, "the child runs");

        await home.CallAsync("TerminateInstance", new TerminateRequest { InstanceId = "one", Recursive = true }, TerminateResponse.Parser);

        Assert.Equal(WorkflowStatus.Terminated, (await away.EndAsync("kid")).Status);
        var purged = await home.CallAsync("PurgeInstances", new PurgeInstancesRequest { InstanceId = "one", Recursive = true }, PurgeInstancesResponse.Parser);
        Assert.Equal(2, purged.DeletedInstanceCount);
        Assert.Null(await away.GetAsync("kid"));
    }

    [Fact]
    public async Task Child_EndsWhileItsParentsAppIsDown_AnswersAfterTheRestart()
    {
        await using (var home = await StartAsync("app"))
        await using (var away = await StartAsync("other"))
        {
            await using var worker = new TestWorker(home.Connection.Address, Parent);
            await home.StartInstanceAsync("one");
            await EngineHost.UntilAsync(async () => await away.GetAsync("kid") is not null, "the child exists");
        }

        _apps.Clear();
        await using var awayAgain = await StartAsync("other");
        await using var helper = new TestWorker(awayAgain.Connection.Address, _ => [History.End(0, "late")]);
        await awayAgain.EndAsync("kid");
        await using var homeAgain = await StartAsync("app");
        await using var other = new TestWorker(homeAgain.Connection.Address, Parent);

        Assert.Equal("late", (await homeAgain.EndAsync("one")).Output);
    }

    private Task<EngineHost> StartAsync(string appId) => EngineHost.StartAsync(_store, appId: appId, apps: _apps);

    private static IEnumerable<WorkflowAction> CallOther(History history) =>
        history.Results.FirstOrDefault() is { } result ? [History.End(1, result)]
        : history.HasAsked(0) ? []
        : [History.At("other", History.Call(0, "greet", "hi"))];

    private static IEnumerable<WorkflowAction> Parent(History history) =>
        history.Events.FirstOrDefault(e => e.ChildWorkflowInstanceCompleted is not null) is { } done ? [History.End(1, done.ChildWorkflowInstanceCompleted.Result)]
        : history.HasAsked(0) ? []
        : [History.At("other", History.Child(0, "kid", "child"))];
}
