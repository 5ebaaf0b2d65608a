using Dapr.Sdk.Tests.Fakes;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>Worker and client over sockets, against a hub that the test drives.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly FakeTaskHub _hub = new();
    private FakeDapr _dapr = null!;
    private IHost _host = null!;

    private DaprWorkflowClient Client => _host.Services.GetRequiredService<DaprWorkflowClient>();

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync(_hub.Map);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = _dapr.Grpc });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new Greeting("Hello"));
        builder.Services.AddDaprWorkflow(options =>
        {
            options.RegisterWorkflow<GreetFlow>();
            options.RegisterWorkflow<string, int>("Large", (context, input) =>
            {
                for (int i = 0; i < 5; i++) _ = context.CallActivityAsync("Any", new string('x', 1_000_000));
                return context.WaitForExternalEventAsync<int>("never");
            });
            options.RegisterActivity<GreetActivity>();
            options.RegisterActivity<int, string>("Huge", (_, size) => Task.FromResult(new string('x', size)));
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _host.StopAsync(limit.Token);
        _host.Dispose();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task Worker_WorkflowAndActivityItems_AreAnsweredWithTheirTokens()
    {
        _hub.Send(Begin("i-1", "GreetFlow", "\"sky\"", "t1"));
        var turn = await Turn();
        Assert.Equal(("i-1", "t1"), (turn.InstanceId, turn.CompletionToken));
        var task = Assert.Single(turn.Actions).ScheduleTask;
        _hub.Send(Activity("GreetActivity", task.Input, "t2"));
        var done = await Done();
        Assert.Equal(("t2", 3, "\"Hello sky i-1 key-1 GreetActivity\""), (done.CompletionToken, done.TaskId, done.Result));
    }

    [Fact]
    public async Task Worker_StreamBreaks_OpensANewOne()
    {
        _hub.Send(Activity("GreetActivity", "\"a\"", "t1"));
        await Done();
        _hub.Break();
        _hub.Send(Activity("GreetActivity", "\"b\"", "t2"));
        Assert.Equal("t2", (await Done()).CompletionToken);
        Assert.True(_hub.Streams >= 2);
    }

    [Fact]
    public async Task Worker_ActivityThrowsOrIsUnknown_FailureIsTheAnswer()
    {
        _hub.Send(Activity("GreetActivity", "\"\"", "t1"));
        var thrown = (await Done()).FailureDetails;
        Assert.Equal(("System.ArgumentException", "nobody to greet"), (thrown.ErrorType, thrown.ErrorMessage));
        Assert.False(thrown.IsNonRetriable);

        _hub.Send(Activity("Nobody", "", "t2"));
        var unknown = (await Done()).FailureDetails;
        Assert.Equal("ActivityNotFoundException", unknown.ErrorType);
        Assert.False(unknown.IsNonRetriable);
        Assert.Contains("No activity 'Nobody' is registered", unknown.ErrorMessage);

        _hub.Send(Activity("GreetActivity", "{", "t3"));
        Assert.Contains("cannot be read as String", (await Done()).FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task Worker_AnswerOverTheMessageLimit_FailsInsteadOfLooping()
    {
        _hub.Send(Activity("Huge", "5000000", "t1"));
        Assert.Equal("PayloadTooLarge", (await Done()).FailureDetails.ErrorType);
        _hub.Send(Begin("big", "Large", "", "t2"));
        var turn = await Turn();
        Assert.Equal("PayloadTooLarge", Assert.Single(turn.Actions).CompleteWorkflow.FailureDetails.ErrorType);
        Assert.Equal("t2", turn.CompletionToken);
    }

    [Fact]
    public async Task Worker_HistoryStreaming_FetchesThePast()
    {
        _hub.StreamedHistory.Add(new HistoryEvent { ExecutionStarted = new ExecutionStartedEvent { Name = "GreetFlow", Input = "\"sky\"" } });
        _hub.StreamedHistory.Add(new HistoryEvent { EventId = 0, TaskScheduled = new TaskScheduledEvent { Name = "GreetActivity" } });
        var request = new WorkflowRequest { InstanceId = "i-2", RequiresHistoryStreaming = true, NewEvents = { HandEngine.Done(0, "hi") } };
        _hub.Send(new WorkItem { WorkflowRequest = request, CompletionToken = "t" });
        Assert.Equal("\"hi\"", Assert.Single((await Turn()).Actions).CompleteWorkflow.Result);
    }

    [Fact]
    public async Task Client_LifeOfAnInstance_GoesOverTheWire()
    {
        Assert.Equal("s-1", await Client.ScheduleNewWorkflowAsync("GreetFlow", "s-1", new { Name = "x" }));
        var again = await Assert.ThrowsAsync<RpcException>(() => Client.ScheduleNewWorkflowAsync("GreetFlow", "s-1"));
        Assert.Equal(StatusCode.AlreadyExists, again.StatusCode);
        Assert.Equal(32, (await Client.ScheduleNewWorkflowAsync("GreetFlow", null, null, DateTimeOffset.UnixEpoch)).Length);

        var state = await Client.GetWorkflowStateAsync("s-1");
        Assert.True(state is { Exists: true, IsWorkflowRunning: true, IsWorkflowCompleted: false, WorkflowName: "GreetFlow" });
        Assert.Equal("x", state.ReadInputAs<Dictionary<string, string>>()!["name"]);
        Assert.False((await Client.GetWorkflowStateAsync("unknown")).Exists);

        await Client.RaiseEventAsync("s-1", "go", 5);
        await Client.SuspendWorkflowAsync("s-1", "why");
        await Client.ResumeWorkflowAsync("s-1");
        await Client.TerminateWorkflowAsync("s-1", "stop");
        Assert.Equal(("go", "5"), (_hub.Requests.OfType<RaiseEventRequest>().Single().Name, _hub.Requests.OfType<RaiseEventRequest>().Single().Input));
        var terminate = _hub.Requests.OfType<TerminateRequest>().Single();
        Assert.True(terminate.Recursive);
        Assert.Equal("\"stop\"", terminate.Output);
        Assert.True(await Client.PurgeInstanceAsync("s-1"));
        Assert.False(await Client.PurgeInstanceAsync("s-1"));
    }

    [Fact]
    public async Task Client_WaitForCompletion_AsksAgainWhenTheSidecarIsAway()
    {
        _hub.WaitFailures = 2;
        _hub.Instances["w"] = new SkyDriver.Grpc.Protos.TaskHub.WorkflowState
        {
            InstanceId = "w",
            Status = WorkflowStatus.Failed,
            FailureDetails = new TaskFailureDetails { ErrorType = "T", ErrorMessage = "m" },
        };
        var state = await Client.WaitForWorkflowCompletionAsync("w").WaitAsync(Limit);
        Assert.True(state.IsWorkflowCompleted);
        Assert.Equal((WorkflowRuntimeStatus.Failed, "T: m"), (state.RuntimeStatus, state.FailureDetails!.ToString()));
        Assert.True((await Client.WaitForWorkflowStartAsync("w")).Exists);
    }

    [Fact]
    public async Task Client_Lists_AreMapped()
    {
        var page = await Client.ListInstanceIdsAsync(pageSize: 2);
        Assert.Equal(["a", "b"], page.InstanceIds);
        Assert.Equal("next", page.ContinuationToken);
        Assert.Null((await Client.ListInstanceIdsAsync(page.ContinuationToken)).ContinuationToken);

        _hub.StreamedHistory.Add(new HistoryEvent { WorkflowStarted = new WorkflowStartedEvent() });
        _hub.StreamedHistory.Add(new HistoryEvent { EventId = 4, TaskScheduled = new TaskScheduledEvent() });
        var history = await Client.GetInstanceHistoryAsync("x");
        Assert.Equal(
            [WorkflowHistoryEventType.OrchestratorStarted, WorkflowHistoryEventType.TaskScheduled], history.Select(e => e.EventType));
    }

    [Fact]
    public async Task Client_Rerun_GoesOverTheWire()
    {
        Assert.Equal("new-1", await Client.RerunWorkflowFromEventAsync("s-1", 4, new RerunWorkflowFromEventOptions { NewInstanceId = "new-1" }));
        Assert.Equal("made-up", await Client.RerunWorkflowFromEventAsync("s-1", 5));
        await Client.RerunWorkflowFromEventAsync("s-1", 6, new RerunWorkflowFromEventOptions { OverwriteInput = true, Input = new { Name = "x" } });
        var sent = _hub.Requests.OfType<RerunWorkflowFromEventRequest>().ToArray();
        Assert.Equal(["s-1", "s-1", "s-1"], sent.Select(r => r.SourceInstanceID));
        Assert.Equal([4u, 5u, 6u], sent.Select(r => r.EventID));
        Assert.Equal([true, false, false], sent.Select(r => r.HasNewInstanceID));
        Assert.Equal([(false, null), (false, null), (true, "{\"name\":\"x\"}")], sent.Select(r => (r.OverwriteInput, (string?)r.Input)));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.RerunWorkflowFromEventAsync("s-1", 7, new RerunWorkflowFromEventOptions { Input = 1 }));
    }

    [Fact]
    public async Task Worker_RuntimeWithoutExecutionIds_KeyIsTheNumberOfTheTask()
    {
        var item = Activity("GreetActivity", "\"a\"", "t1");
        item.ActivityRequest.TaskExecutionId = "";
        _hub.Send(item);
        Assert.Equal("\"Hello a i-1 3 GreetActivity\"", (await Done()).Result);
    }

    private async Task<WorkflowResponse> Turn()
    {
        using var limit = new CancellationTokenSource(Limit);
        return await _hub.Turns.Reader.ReadAsync(limit.Token);
    }

    private async Task<ActivityResponse> Done()
    {
        using var limit = new CancellationTokenSource(Limit);
        return await _hub.Activities.Reader.ReadAsync(limit.Token);
    }

    private static WorkItem Begin(string id, string name, string input, string token) => new()
    {
        CompletionToken = token,
        WorkflowRequest = new WorkflowRequest
        {
            InstanceId = id,
            NewEvents = { new HistoryEvent { ExecutionStarted = new ExecutionStartedEvent { Name = name, Input = input } } },
        },
    };

    private static WorkItem Activity(string name, string input, string token) => new()
    {
        CompletionToken = token,
        ActivityRequest = new ActivityRequest
        {
            Name = name,
            Input = input,
            TaskId = 3,
            TaskExecutionId = "key-1",
            WorkflowInstance = new WorkflowInstance { InstanceId = "i-1" },
        },
    };

    private sealed record Greeting(string Word);

    private sealed class GreetFlow : Workflow<string, string>
    {
        public override Task<string> RunAsync(WorkflowContext context, string input) =>
            context.CallActivityAsync<string>(nameof(GreetActivity), input);
    }

    private sealed class GreetActivity(Greeting greeting) : WorkflowActivity<string, string>
    {
        public override Task<string> RunAsync(WorkflowActivityContext context, string input) => input.Length == 0
            ? throw new ArgumentException("nobody to greet")
            : Task.FromResult($"{greeting.Word} {input} {context.InstanceId} {context.TaskExecutionKey} {context.Identifier}");
    }
}
