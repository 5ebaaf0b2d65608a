using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Client;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Messaging.PublishSubscribe.Extensions;
using Dapr.Sdk.Tests.Fakes;
using Dapr.Sdk.Tests.Workflow;
using Dapr.Workflow;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Grpc.Protos.TaskHub;
using WireState = SkyDriver.Grpc.Protos.TaskHub.WorkflowState;

namespace Dapr.Sdk.Tests;

/// <summary>The sidecar stops and comes back on its ports; the objects an app holds go on working.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FakeTaskHub _hub = new();
    private FakeDapr _dapr = null!;

    public async ValueTask InitializeAsync() => _dapr = await FakeDapr.StartAsync(Map);

    public ValueTask DisposeAsync() => _dapr.DisposeAsync();

    [Fact]
    public async Task DaprClient_AfterARestart_WorksAgain()
    {
        using var client = new DaprClientBuilder().UseHttpEndpoint(_dapr.Http).UseGrpcEndpoint(_dapr.Grpc).Build();
        await client.SaveStateAsync("store", "k", 1);
        await StopAsync();
        var fault = await Assert.ThrowsAsync<DaprException>(() => client.GetStateAsync<int>("store", "k"));
        Assert.Equal(StatusCode.Unavailable, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
        Assert.False(await client.CheckHealthAsync());
        await StartAsync();
        await client.SaveStateAsync("store", "k", 2);
        Assert.Equal(2, await client.GetStateAsync<int>("store", "k"));
        Assert.True(await client.CheckHealthAsync());
    }

    [Fact]
    public async Task ActorProxy_AfterARestart_WorksAgain()
    {
        var proxy = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = _dapr.Http }).Create(new ActorId("a"), "Echo");
        Assert.Equal(7, await proxy.InvokeMethodAsync<int, int>("Same", 7));
        await StopAsync();
        Assert.True((await Assert.ThrowsAsync<DaprApiException>(() => proxy.InvokeMethodAsync<int, int>("Same", 7))).IsTransient);
        await StartAsync();
        Assert.Equal(8, await proxy.InvokeMethodAsync<int, int>("Same", 8));
    }

    [Fact]
    public async Task WorkflowWorkerAndClient_AfterARestart_GoOn()
    {
        using var host = await StartWorkerAsync();
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        await client.ScheduleNewWorkflowAsync("Flow", "i-1");
        await Answer("1");
        await StopAsync();
        // Asked while nobody is there: the wait goes on until somebody answers.
        var waiting = client.WaitForWorkflowCompletionAsync("i-1");
        _hub.Instances["i-1"] = new WireState { InstanceId = "i-1", Name = "Flow", Status = WorkflowStatus.Completed, Output = "\"done\"" };
        await StartAsync();
        Assert.Equal("done", (await waiting.WaitAsync(Limit)).ReadOutputAs<string>());
        await Answer("2");
        await host.StopAsync();
    }

    [Fact]
    public async Task Subscription_AfterARestart_IsReportedAndCanBeTakenAnew()
    {
        await using var services = new ServiceCollection().AddDaprPubSubClient((_, b) => b.UseGrpcEndpoint(_dapr.Grpc)).Services.BuildServiceProvider();
        var client = services.GetRequiredService<DaprPublishSubscribeClient>();
        var (told, got) = (new TaskCompletionSource<DaprException>(), new TaskCompletionSource<string>());
        var options = new DaprSubscriptionOptions(new MessageHandlingPolicy(Limit, TopicResponseAction.Retry))
        {
            ErrorHandler = fault =>
            {
                told.TrySetResult(fault);
                return Task.CompletedTask;
            },
        };
        var first = await client.SubscribeAsync("pubsub", "t", options, Keep);
        await StopAsync();
        Assert.NotNull(await told.Task.WaitAsync(Limit));
        await first.DisposeAsync();
        await Assert.ThrowsAsync<DaprException>(() => client.SubscribeAsync("pubsub", "t", options, Keep));
        await StartAsync();
        await using var second = await client.SubscribeAsync("pubsub", "t", options, Keep);
        Assert.Equal("e-1", await got.Task.WaitAsync(Limit));

        Task<TopicResponseAction> Keep(TopicMessage message, CancellationToken ct)
        {
            got.TrySetResult(message.Id);
            return Task.FromResult(TopicResponseAction.Success);
        }
    }

    private async Task StopAsync() => await _dapr.DisposeAsync();

    private async Task StartAsync() => _dapr = await FakeDapr.StartAsync(Map, successorOf: _dapr);

    private void Map(WebApplication app)
    {
        bool again = _dapr is not null;
        _hub.Map(app);
        app.MapPut("/v1.0/actors/{type}/{id}/method/{method}", async (HttpRequest request) =>
        {
            using var body = new StreamReader(request.Body);
            return Results.Text(await body.ReadToEndAsync(), "application/json");
        });
        app.MapGrpcDuplex<SubscribeTopicEventsRequest, SubscribeTopicEventsResponse>(
            "/dapr.proto.runtime.v1.Dapr/SubscribeTopicEventsAlpha1", SubscribeTopicEventsRequest.Parser, async (requests, _, write) =>
            {
                await foreach (var request in requests)
                {
                    if (request.InitialRequest is null) continue;
                    await write(new SubscribeTopicEventsResponse { InitialResponse = new SubscribeTopicEventsResponseInitial() });
                    if (again) await write(new SubscribeTopicEventsResponse { EventMessage = new TopicEventRequest { Id = "e-1", Topic = "t" } });
                }
            });
    }

    private async Task<IHost> StartWorkerAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_GRPC_ENDPOINT"] = _dapr.Grpc });
        builder.Logging.ClearProviders();
        builder.Services.AddDaprWorkflow(options => options.RegisterActivity<int, int>("Double", (_, n) => Task.FromResult(2 * n)));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>An item for the worker, and its answer.</summary>
    private async Task Answer(string token)
    {
        _hub.Send(new WorkItem
        {
            ActivityRequest = new ActivityRequest { Name = "Double", Input = "21", TaskId = 1, WorkflowInstance = new WorkflowInstance { InstanceId = "i-1" } },
            CompletionToken = token,
        });
        using var limit = new CancellationTokenSource(Limit);
        ActivityResponse answer;
        do answer = await _hub.Activities.Reader.ReadAsync(limit.Token);
        while (answer.CompletionToken != token);
        Assert.Equal("42", answer.Result);
    }
}
