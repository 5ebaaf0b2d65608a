using Dapr.Client;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Sdk.Tests.Fakes;
using Dapr.Sdk.Tests.Workflow;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>Streams have no deadline: a sidecar that falls silent without closing its connections is found by pings.</summary>
public sealed class FrozenStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // The smallest that the transport takes.
    private static readonly GrpcConnectionOptions Pings = new() { PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) };

    private readonly FakeTaskHub _hub = new();
    private FakeDapr _dapr = null!;
    private FreezingProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync(app =>
        {
            _hub.Map(app);
            app.MapGrpcDuplex<SubscribeTopicEventsRequest, SubscribeTopicEventsResponse>(
                "/dapr.proto.runtime.v1.Dapr/SubscribeTopicEventsAlpha1", SubscribeTopicEventsRequest.Parser, async (requests, call, write) =>
                {
                    await foreach (var _ in requests) await write(new SubscribeTopicEventsResponse { InitialResponse = new SubscribeTopicEventsResponseInitial() });
                });
        });
        _proxy = new FreezingProxy(_dapr.Grpc);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task Subscription_SidecarFreezes_IsReportedAndMayBeTakenAnewFromTheHandler()
    {
        using var client = new StreamingSubscribeClient(new GrpcConnection(_proxy.Address, Pings), TimeSpan.FromSeconds(10));
        using var second = new StreamingSubscribeClient(new GrpcConnection(_dapr.Grpc, Pings), TimeSpan.FromSeconds(10));
        var (told, again) = (new TaskCompletionSource<DaprException>(), new TaskCompletionSource<IAsyncDisposable>());
        IAsyncDisposable? first = null;
        var options = new DaprSubscriptionOptions(new MessageHandlingPolicy(Limit, TopicResponseAction.Retry));
        first = await client.SubscribeAsync("pubsub", "t", options with { ErrorHandler = ReplaceAsync }, Keep);
        _proxy.Freeze();
        var cause = Assert.IsType<RpcException>((await told.Task.WaitAsync(Limit)).InnerException);
        Assert.Equal(StatusCode.Unavailable, cause.StatusCode);
        await (await again.Task.WaitAsync(Limit)).DisposeAsync();

        async Task ReplaceAsync(DaprException fault)
        {
            told.TrySetResult(fault);
            await first!.DisposeAsync();
            again.TrySetResult(await second.SubscribeAsync("pubsub", "t", options, Keep));
        }

        static Task<TopicResponseAction> Keep(TopicMessage message, CancellationToken ct) => Task.FromResult(TopicResponseAction.Success);
    }

    [Fact]
    public async Task Worker_SidecarFreezes_ConnectsAnew()
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var worker = new WorkflowWorker(
            new TaskHubClient(new GrpcConnection(_proxy.Address, Pings)), new WorkflowRuntimeOptions(), services, NullLoggerFactory.Instance, TimeProvider.System);
        await worker.StartAsync(CancellationToken.None);
        _hub.Send(new WorkItem { CompletionToken = "t", ActivityRequest = new ActivityRequest { Name = "None" } });
        using (var limit = new CancellationTokenSource(Limit)) await _hub.Activities.Reader.ReadAsync(limit.Token);
        int before = _proxy.Connections;
        _proxy.Freeze();
        await Until.HoldsAsync(() => _proxy.Connections > before);
        await worker.StopAsync(CancellationToken.None).WaitAsync(Limit);
    }

    [Fact]
    public async Task Configuration_SidecarFreezes_EnumerationFails()
    {
        using var client = new DaprClientGrpc(new GrpcConnection(_proxy.Address, Pings), new HttpClient(), _dapr.Http, null, new());
        var subscription = await client.SubscribeConfiguration("store", ["a"]);
        await using var changes = subscription.Source.GetAsyncEnumerator();
        Assert.True(await changes.MoveNextAsync());
        _proxy.Freeze();
        var fault = await Assert.ThrowsAsync<DaprException>(() => changes.MoveNextAsync().AsTask().WaitAsync(Limit));
        Assert.Equal(StatusCode.Unavailable, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }
}
