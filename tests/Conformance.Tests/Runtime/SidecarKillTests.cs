using System.Collections.Concurrent;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Client;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Messaging.PublishSubscribe.Extensions;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests.Runtime;

/// <summary>
/// A real sidecar process dies (kill -9) and comes back on its ports and its SQLite file. One app holds its clients all
/// the while and is never restarted: everything goes on by itself, and the workflow that was under way completes once.
/// </summary>
public sealed class SidecarKillTests(DaprTarget target) : IAsyncDisposable
{
    private const string Components = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: store }
        spec:
          type: state.sqlite
          version: v1
          metadata: [{ name: connectionString, value: state.db }, { name: actorStateStore, value: "true" }]
        ---
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: pubsub }
        spec: { type: pubsub.in-memory, version: v1 }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("sidecar-kill-").FullName;
    private readonly ConcurrentDictionary<string, int> _runs = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _received = new();
    private LoneSidecar _sidecar = null!;
    private WebApplication _app = null!;

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        if (_app is not null) await _app.DisposeAsync();
        _sidecar?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private DaprClient Client => _app.Services.GetRequiredService<DaprClient>();

    private DaprWorkflowClient Workflows => _app.Services.GetRequiredService<DaprWorkflowClient>();

    [Fact]
    public async Task Sidecar_KilledTwiceUnderAnApp_WorkflowCompletesOnceAndAllElseGoesOn()
    {
        target.EmbeddedOnly("the test kills the sidecar");
        await StartAsync();
        IBellActor bell = _app.Services.GetRequiredService<IActorProxyFactory>().CreateActorProxy<IBellActor>(new ActorId("b"), nameof(BellActor));
        await using Subscriber subscriber = new(_app.Services.GetRequiredService<DaprPublishSubscribeClient>(), _received);
        await subscriber.OpenAsync();
        await Client.SaveStateAsync("store", "k", "before");
        await Client.PublishEventAsync("pubsub", "news", "one");
        await bell.SetAsync();
        await Until.HoldsAsync(async () => await bell.RungAsync() is { Reminders: > 0, Timers: > 0 }, "reminder and timer fire");
        await Until.HoldsAsync(() => _received.Contains("one"), "the first message comes");
        await Workflows.ScheduleNewWorkflowAsync("journey", "j-1", 1);
        // The same wait, from the first minute to the last.
        Task<WorkflowState> end = Workflows.WaitForWorkflowCompletionAsync("j-1");
        await Until.HoldsAsync(() => Runs("held") == 1, "the second activity runs");

        await _sidecar.KillAsync();
        _release.SetResult();
        await AssertAwayAsync(bell);
        _sidecar.Start();
        await UntilReadyAsync();
        // Its first answer had nobody to take it, so it was asked again.
        await Until.HoldsAsync(() => Runs("held") == 2, "the activity is handed out again");
        await AssertGoesOnAsync(bell, "two");

        await _sidecar.KillAsync();
        _sidecar.Start();
        await UntilReadyAsync();
        await AssertGoesOnAsync(bell, "three");
        await Workflows.RaiseEventAsync("j-1", "go", 100);

        WorkflowState state = await end.WaitAsync(Patience);
        Assert.Equal((WorkflowRuntimeStatus.Completed, 1 + 10 + 100 + 1000), (state.RuntimeStatus, state.ReadOutputAs<int>()));
        Assert.Equal((1, 1), (Runs("first"), Runs("last")));
        var history = await Workflows.GetInstanceHistoryAsync("j-1");
        Assert.Single(history, e => e.EventType == WorkflowHistoryEventType.ExecutionCompleted);
        Assert.Equal(3, history.Count(e => e.EventType == WorkflowHistoryEventType.TaskCompleted));
        Assert.Equal(2, subscriber.Faults);
    }

    private async Task StartAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "components.yaml"), Components);
        int port = FreePort.Take();
        _sidecar = new LoneSidecar(_folder, port);
        _app = await StartAppAsync(port);
        _sidecar.Start();
        using CancellationTokenSource deadline = new(Patience);
        await Client.WaitForSidecarAsync(deadline.Token);
        await UntilReadyAsync();
    }

    private int Runs(string activity) => _runs.GetValueOrDefault(activity);

    /// <summary>While nobody is there, calls fail by what they are documented to throw.</summary>
    private async Task AssertAwayAsync(IBellActor bell)
    {
        DaprException fault = await Assert.ThrowsAsync<DaprException>(() => Client.GetStateAsync<string>("store", "k"));
        Assert.Equal(StatusCode.Unavailable, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        Assert.True((await Assert.ThrowsAsync<DaprApiException>(bell.RungAsync)).IsTransient);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => Workflows.GetWorkflowStateAsync("j-1"))).StatusCode);
        Assert.False(await Client.CheckHealthAsync());
    }

    /// <summary>What was stored is there, the reminder rings by itself, and everything can be used as before.</summary>
    private async Task AssertGoesOnAsync(IBellActor bell, string news)
    {
        Assert.Equal("before", await Client.GetStateAsync<string>("store", "k"));
        Bells before = await bell.RungAsync();
        await Until.HoldsAsync(async () => (await bell.RungAsync()).Reminders > before.Reminders, "the reminder goes on");
        // Timers end with their sidecar, by contract.
        await bell.SetAsync();
        await Until.HoldsAsync(async () => (await bell.RungAsync()).Timers > before.Timers, "a timer fires");
        await Until.HoldsAsync(async () =>
        {
            // In memory: what was published before the subscription is back has no reader.
            await Client.PublishEventAsync("pubsub", "news", news);
            return _received.Contains(news);
        }, "messages come again");
    }

    private Task UntilReadyAsync() => Until.HoldsAsync(() => Client.CheckHealthAsync(), "the sidecar is ready");

    private async Task<WebApplication> StartAppAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Loopback.Url(port));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_HTTP_ENDPOINT"] = _sidecar.Http, ["DAPR_GRPC_ENDPOINT"] = _sidecar.Grpc });
        builder.Services.AddDaprClient();
        builder.Services.AddDaprPubSubClient();
        builder.Services.AddActors(options => options.Actors.RegisterActor<BellActor>());
        builder.Services.AddDaprWorkflow(Register);
        WebApplication app = builder.Build();
        app.MapActorsHandlers();
        await app.StartAsync();
        return app;
    }

    private void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<int, int>("first", (_, n) => Task.FromResult(Run("first", n)));
        options.RegisterActivity<int, int>("last", (_, n) => Task.FromResult(Run("last", n)));
        options.RegisterActivity<int, int>("held", async (_, n) =>
        {
            Run("held", n);
            await _release.Task;
            return n;
        });
        options.RegisterWorkflow<int, int>("journey", async (context, n) =>
        {
            int sum = await context.CallActivityAsync<int>("first", n);
            sum += await context.CallActivityAsync<int>("held", 10);
            sum += await context.WaitForExternalEventAsync<int>("go");
            return sum + await context.CallActivityAsync<int>("last", 1000);
        });
    }

    private int Run(string activity, int n)
    {
        _runs.AddOrUpdate(activity, 1, (_, runs) => runs + 1);
        return n;
    }

    /// <summary>Takes a subscription anew when it breaks, as apps do: streams are not opened again by themselves.</summary>
    private sealed class Subscriber(DaprPublishSubscribeClient client, ConcurrentQueue<string> received) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private IAsyncDisposable? _subscription;
        private int _faults;

        public int Faults => Volatile.Read(ref _faults);

        public async Task OpenAsync() => _subscription = await client.SubscribeAsync("pubsub", "news", new DaprSubscriptionOptions(new MessageHandlingPolicy(Patience, TopicResponseAction.Retry))
        {
            ErrorHandler = ReopenAsync,
        }, (message, _) =>
        {
            received.Enqueue(System.Text.Json.JsonSerializer.Deserialize<string>(message.Data.Span)!);
            return Task.FromResult(TopicResponseAction.Success);
        });

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            if (_subscription is not null) await _subscription.DisposeAsync();
        }

        private async Task ReopenAsync(DaprException fault)
        {
            Interlocked.Increment(ref _faults);
            await _subscription!.DisposeAsync();
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    await OpenAsync();
                    return;
                }
                catch (DaprException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }
}

public sealed record Bells(int Reminders, int Timers);

public interface IBellActor : IActor
{
    Task SetAsync();

    Task<Bells> RungAsync();
}

/// <summary>Counts, durably, how often its reminder and its timer have rung.</summary>
public sealed class BellActor(ActorHost host) : Actor(host), IBellActor, IRemindable
{
    private const string Key = "bells";

    public async Task SetAsync()
    {
        await RegisterReminderAsync("remind", [], TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200));
        await RegisterTimerAsync("tick", nameof(TickAsync), [], TimeSpan.FromMilliseconds(50), Timeout.InfiniteTimeSpan);
    }

    public async Task<Bells> RungAsync() => (await StateManager.TryGetStateAsync<Bells>(Key)) is { HasValue: true } known ? known.Value : new Bells(0, 0);

    public async Task TickAsync()
    {
        Bells rung = await RungAsync();
        await StateManager.SetStateAsync(Key, rung with { Timers = rung.Timers + 1 });
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        Bells rung = await RungAsync();
        await StateManager.SetStateAsync(Key, rung with { Reminders = rung.Reminders + 1 });
    }
}
