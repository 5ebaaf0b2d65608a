using System.Threading.Channels;
using Dapr.Sdk.Tests.Fakes;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>What a worker does by itself: how much it takes at once, when it says hello, how long it waits to come back.</summary>
public sealed class WorkerRulesTests : IAsyncLifetime
{
    private const int Items = 250;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeTaskHub _hub = new();
    private readonly StepClock _clock = new();
    private readonly WorkflowRuntimeOptions _options = new();
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private int _running;
    private int _most;
    private FakeDapr _dapr = null!;

    public async ValueTask InitializeAsync() => _dapr = await FakeDapr.StartAsync(_hub.Map);

    public async ValueTask DisposeAsync()
    {
        _gate.TrySetResult();
        await _dapr.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Worker_ManyActivities_RunAHundredAtOnceAndWorkflowsBesideThem()
    {
        _options.RegisterActivity<int, int>("Hold", async (_, n) =>
        {
            Enter();
            await _gate.Task;
            Interlocked.Decrement(ref _running);
            return n;
        });
        _options.RegisterWorkflow<int, int>("Flow", (_, n) => Task.FromResult(n));
        using var worker = await StartAsync(_dapr.Grpc);
        for (int i = 0; i < Items; i++) _hub.Send(Activity(i));
        // Handed out after all of those, and yet answered before any of them.
        _hub.Send(Workflow("w", "Flow"));
        Assert.Equal("w", (await NextAsync(_hub.Turns)).CompletionToken);
        await Until.HoldsAsync(() => Volatile.Read(ref _running) == 100);
        _gate.SetResult();
        for (int i = 0; i < Items; i++) await NextAsync(_hub.Activities);
        Assert.Equal(100, _most);
        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Worker_ManyWorkflows_RunAHundredAtOnceAndActivitiesBesideThem()
    {
        _options.RegisterWorkflow<int, int>("Flow", (_, n) => Task.FromResult(n));
        _options.RegisterActivity<int, int>("Hold", (_, n) => Task.FromResult(n));
        _hub.StreamedHistory.Add(Started("Flow"));
        _hub.HistoryGate = _gate.Task;
        using var worker = await StartAsync(_dapr.Grpc);
        for (int i = 0; i < Items; i++) _hub.Send(new WorkItem { CompletionToken = $"{i}", WorkflowRequest = new WorkflowRequest { InstanceId = $"{i}", RequiresHistoryStreaming = true } });
        _hub.Send(Activity(7));
        Assert.Equal("7", (await NextAsync(_hub.Activities)).Result);
        await Until.HoldsAsync(() => Histories == 100);
        _gate.SetResult();
        for (int i = 0; i < Items; i++) await NextAsync(_hub.Turns);
        Assert.Equal(Items, Histories);
        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Worker_OpenStream_SaysHelloEvery30Seconds()
    {
        using var worker = await StartAsync(_dapr.Grpc);
        var timer = await _clock.NextPeriodicAsync();
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)), (timer.Due, timer.Period));
        for (int i = 0; i < 3; i++)
        {
            timer.Fire();
            Assert.True(await NextAsync(_hub.Hellos));
        }

        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Worker_NobodyThere_WaitsLongerEachTimeUpTo5Seconds()
    {
        await _dapr.DisposeAsync();
        using var worker = await StartAsync(_dapr.Grpc);
        var waited = new List<double>();
        for (int i = 0; i < 7; i++) waited.Add(await PassAsync());
        Assert.Equal([0.25, 0.5, 1, 2, 4, 5, 5], waited);
        await worker.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Worker_StreamThatWorked_StartsWithTheShortWaitAgain()
    {
        _options.RegisterActivity<int, int>("Hold", (_, n) => Task.FromResult(n));
        using var worker = await StartAsync(_dapr.Grpc);
        foreach (double expected in (double[])[0.25, 0.25])
        {
            _hub.Send(Activity(1));
            await NextAsync(_hub.Activities);
            _hub.Break();
            Assert.Equal(expected, await PassAsync());
        }

        await worker.StopAsync(CancellationToken.None);
    }

    private int Histories => _hub.Requests.OfType<GetInstanceHistoryRequest>().Count();

    private async Task<WorkflowWorker> StartAsync(string address)
    {
        var hub = new TaskHubClient(new GrpcConnection(address, new GrpcConnectionOptions()));
        var worker = new WorkflowWorker(hub, _options, _services, NullLoggerFactory.Instance, _clock);
        await worker.StartAsync(CancellationToken.None);
        return worker;
    }

    /// <summary>Lets the worker's next wait be over; its length in seconds.</summary>
    private async Task<double> PassAsync()
    {
        var delay = await _clock.NextDelayAsync();
        delay.Fire();
        return delay.Due.TotalSeconds;
    }

    private void Enter()
    {
        int now = Interlocked.Increment(ref _running);
        for (int most = _most; now > most; most = _most) Interlocked.CompareExchange(ref _most, now, most);
    }

    private static async Task<T> NextAsync<T>(Channel<T> channel)
    {
        using var limit = new CancellationTokenSource(Limit);
        return await channel.Reader.ReadAsync(limit.Token);
    }

    private static WorkItem Activity(int n) => new()
    {
        CompletionToken = $"{n}",
        ActivityRequest = new ActivityRequest { Name = "Hold", Input = $"{n}", WorkflowInstance = new WorkflowInstance { InstanceId = "i" } },
    };

    private static WorkItem Workflow(string token, string name) => new()
    {
        CompletionToken = token,
        WorkflowRequest = new WorkflowRequest { InstanceId = token, NewEvents = { Started(name) } },
    };

    private static HistoryEvent Started(string name) => new() { ExecutionStarted = new ExecutionStartedEvent { Name = name, Input = "1" } };
}
