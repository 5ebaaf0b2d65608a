using System.Threading.Channels;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Messaging.PublishSubscribe.Extensions;
using Dapr.Sdk.Tests.Fakes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using WireStatus = SkyDriver.Grpc.Protos.Runtime.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Dapr.Sdk.Tests.Messaging;

public sealed class StreamingSubscriptionTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly Channel<TopicEventRequest> _outgoing = Channel.CreateUnbounded<TopicEventRequest>();
    private readonly Channel<SubscribeTopicEventsRequestProcessed> _acks = Channel.CreateUnbounded<SubscribeTopicEventsRequestProcessed>();
    private SubscribeTopicEventsRequestInitial? _initial;
    private FakeDapr _dapr = null!;
    private ServiceProvider _services = null!;

    private DaprPublishSubscribeClient Client => _services.GetRequiredService<DaprPublishSubscribeClient>();

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync(Map);
        _services = new ServiceCollection().AddDaprPubSubClient((_, builder) => builder.UseGrpcEndpoint(_dapr.Grpc)).Services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task Subscribe_Messages_AreHandledAndAcknowledgedById()
    {
        var options = Options() with { DeadLetterTopic = "dead", Metadata = new Dictionary<string, string> { ["k"] = "v" }, MaximumQueuedMessages = 1 };
        var seen = new List<string>();
        await using var subscription = await Client.SubscribeAsync("pubsub", "t", options, (message, _) =>
        {
            lock (seen) seen.Add($"{message.Topic} {message.Type} {message.Data.Length} {message.Extensions["x"].NumberValue}");
            return Task.FromResult(message.Id switch
            {
                "1" => TopicResponseAction.Success,
                "2" => TopicResponseAction.Retry,
                "3" => TopicResponseAction.Drop,
                _ => throw new InvalidOperationException("unexpected"),
            });
        });
        Assert.Equal(("pubsub", "t", "dead", "v"), (_initial!.PubsubName, _initial.Topic, _initial.DeadLetterTopic, _initial.Metadata["k"]));
        foreach (string id in (string[])["1", "2", "3", "4"]) Send(id);
        Assert.Equal(("1", WireStatus.Success), await Ack());
        Assert.Equal(("2", WireStatus.Retry), await Ack());
        Assert.Equal(("3", WireStatus.Drop), await Ack());
        Assert.Equal(("4", WireStatus.Retry), await Ack());     // thrown: the default of the policy
        Assert.Equal("t a.v1 2 7", seen[0]);
    }

    [Fact]
    public async Task Subscribe_HandlerTooSlow_PolicyAnswersAndTheNextIsHandled()
    {
        var options = new DaprSubscriptionOptions(new MessageHandlingPolicy(TimeSpan.FromMilliseconds(50), TopicResponseAction.Drop));
        await using var subscription = await Client.SubscribeAsync("pubsub", "t", options, async (message, _) =>
        {
            if (message.Id == "slow") await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return TopicResponseAction.Success;
        });
        Send("slow");
        Send("fast");
        Assert.Equal(("slow", WireStatus.Drop), await Ack());
        Assert.Equal(("fast", WireStatus.Success), await Ack());
    }

    [Fact]
    public async Task Subscribe_StreamBreaks_ErrorHandlerIsTold()
    {
        var told = new TaskCompletionSource<DaprException>();
        var options = Options() with
        {
            ErrorHandler = fault =>
            {
                told.TrySetResult(fault);
                return Task.CompletedTask;
            },
        };
        await using var subscription = await Client.SubscribeAsync("pubsub", "t", options, (_, _) => Task.FromResult(TopicResponseAction.Success));
        _outgoing.Writer.Complete(new RpcException(new Status(StatusCode.Unavailable, "restart")));
        Assert.Contains("restart", (await told.Task.WaitAsync(Limit)).Message);
    }

    [Fact]
    public async Task Subscribe_UnknownPubSub_ThrowsAtOnce()
    {
        var fault = await Assert.ThrowsAsync<DaprException>(() =>
            Client.SubscribeAsync("nowhere", "t", Options(), (_, _) => Task.FromResult(TopicResponseAction.Success)));
        Assert.Contains("nowhere is not found", fault.Message);
    }

    [Fact]
    public async Task Dispose_MessageInHand_IsStillAcknowledged()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var subscription = await Client.SubscribeAsync("pubsub", "t", Options(), async (_, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            return TopicResponseAction.Success;
        });
        Send("1");
        Send("2");
        await begun.Task.WaitAsync(Limit);
        var disposal = subscription.DisposeAsync().AsTask();
        go.SetResult();
        await disposal.WaitAsync(Limit);
        Assert.Equal(("1", WireStatus.Success), await Ack());
        Assert.False(_acks.Reader.TryRead(out _));
    }

    private static DaprSubscriptionOptions Options() => new(new MessageHandlingPolicy(Limit, TopicResponseAction.Retry));

    private void Send(string id) => _outgoing.Writer.TryWrite(new TopicEventRequest
    {
        Id = id,
        Topic = "t",
        Type = "a.v1",
        Data = ByteString.CopyFrom(1, 2),
        Extensions = new Struct { Fields = { ["x"] = Value.ForNumber(7) } },
    });

    private async Task<(string Id, WireStatus Status)> Ack()
    {
        using var limit = new CancellationTokenSource(Limit);
        var ack = await _acks.Reader.ReadAsync(limit.Token);
        return (ack.Id, ack.Status.Status);
    }

    private void Map(WebApplication app) => app.MapGrpcDuplex<SubscribeTopicEventsRequest, SubscribeTopicEventsResponse>(
        "/dapr.proto.runtime.v1.Dapr/SubscribeTopicEventsAlpha1",
        SubscribeTopicEventsRequest.Parser,
        async (requests, call, write) =>
        {
            // Not disposed: the loop below may still be reading when the call ends.
            var reader = requests.GetAsyncEnumerator();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
            await reader.MoveNextAsync();
            _initial = reader.Current.InitialRequest;
            if (_initial.PubsubName == "nowhere") throw new RpcException(new Status(StatusCode.InvalidArgument, "nowhere is not found"));
            await write(new SubscribeTopicEventsResponse { InitialResponse = new SubscribeTopicEventsResponseInitial() });
            var acks = Task.Run(async () =>
            {
                while (await reader.MoveNextAsync()) _acks.Writer.TryWrite(reader.Current.EventProcessed);
                await end.CancelAsync();
            });
            try
            {
                await foreach (var message in _outgoing.Reader.ReadAllAsync(end.Token)) await write(new SubscribeTopicEventsResponse { EventMessage = message });
            }
            catch (OperationCanceledException)
            {
                await acks;
            }
        });
}
