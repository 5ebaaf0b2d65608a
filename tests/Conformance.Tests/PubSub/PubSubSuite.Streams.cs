using System.Collections.Concurrent;
using System.Text;
using Dapr.Messaging.PublishSubscribe;
using Dapr.Messaging.PublishSubscribe.Extensions;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Grpc.Protos.Runtime;
using EventStatus = SkyDriver.Grpc.Protos.Runtime.TopicEventResponse.Types.TopicEventResponseStatus;

namespace SkyDriver.Conformance.Tests.PubSub;

// Subscriptions over a gRPC stream, each test with a topic of its own.
public abstract partial class PubSubSuite
{
    private string StreamTopic => Key("stream");

    [Fact]
    public async Task Stream_Json_ArrivesWithTheFieldsOfItsEvent()
    {
        await using EventStream stream = await OpenAsync();
        await PublishAsync(Protocol.Grpc, StreamTopic, new { x = 1 }, new Dictionary<string, string> { ["cloudevent.subject"] = "mine" });
        TopicEventRequest message = await stream.NextAsync();
        Assert.True(Guid.TryParse(message.Id, out _), message.Id);
        Assert.Equal((DaprTarget.AppId, "com.dapr.event.sent", "1.0"), (message.Source, message.Type, message.SpecVersion));
        Assert.Equal(("application/json", StreamTopic, _pubsub), (message.DataContentType, message.Topic, message.PubsubName));
        Assert.Equal("""{"x":1}""", message.Data.ToStringUtf8());
        Assert.Equal("mine", message.Extensions.Fields["subject"].StringValue);
        await stream.AnswerAsync(message);
    }

    [Theory]
    [InlineData("text/plain", "some text")]
    [InlineData("application/octet-stream", "some octets")]
    [InlineData("application/json", "\"a JSON text\"")]
    public async Task Stream_AnyContentType_GivesTheBytesOfTheData(string contentType, string data)
    {
        await using EventStream stream = await OpenAsync();
        await Dapr(Protocol.Http).PublishAsync(_pubsub, StreamTopic, Encoding.UTF8.GetBytes(data), contentType);
        TopicEventRequest message = await stream.NextAsync();
        Assert.Equal((contentType, data), (message.DataContentType, message.Data.ToStringUtf8()));
        await stream.AnswerAsync(message);
    }

    [Fact]
    public async Task Stream_Extensions_KeepTheirKinds()
    {
        await using EventStream stream = await OpenAsync();
        byte[] given = Json(new { specversion = "1.0", id = Token, source = "s", type = "t", datacontenttype = "application/json", word = "w", number = 2.5, yes = true, data = 1 });
        await Dapr(Protocol.Http).PublishAsync(_pubsub, StreamTopic, given, "application/cloudevents+json");
        TopicEventRequest message = await stream.NextAsync();
        Assert.Equal(("w", 2.5, true), (message.Extensions.Fields["word"].StringValue, message.Extensions.Fields["number"].NumberValue, message.Extensions.Fields["yes"].BoolValue));
        await stream.AnswerAsync(message);
    }

    [Fact]
    public async Task Stream_SeveralEvents_ComeWithoutWaitingForAnswers()
    {
        await using EventStream stream = await OpenAsync();
        for (int i = 0; i < 5; i++) await PublishAsync(Protocol.Http, StreamTopic, i);
        TopicEventRequest[] got = [await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync()];
        Assert.Equal(["0", "1", "2", "3", "4"], got.Select(m => m.Data.ToStringUtf8()).Order());
        foreach (TopicEventRequest message in got.Reverse()) await stream.AnswerAsync(message);
    }

    [Fact]
    public async Task Stream_Retry_BringsTheEventAgain()
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        await using EventStream stream = await OpenAsync();
        await PublishAsync(Protocol.Http, StreamTopic, 1);
        TopicEventRequest first = await stream.NextAsync();
        await stream.AnswerAsync(first, EventStatus.Retry);
        TopicEventRequest second = await stream.NextAsync();
        Assert.Equal(first.Id, second.Id);
        await stream.AnswerAsync(second);
    }

    [Theory]
    [InlineData(EventStatus.Success)]
    [InlineData(EventStatus.Drop)]
    internal async Task Stream_SuccessOrDrop_IsTheEndOfTheEvent(EventStatus status)
    {
        await using EventStream stream = await OpenAsync();
        await PublishAsync(Protocol.Http, StreamTopic, 1);
        await stream.AnswerAsync(await stream.NextAsync(), status);
        for (int i = 2; i < 5; i++)
        {
            await PublishAsync(Protocol.Http, StreamTopic, i);
            TopicEventRequest next = await stream.NextAsync();
            Assert.Equal($"{i}", next.Data.ToStringUtf8());
            await stream.AnswerAsync(next);
        }
    }

    [Theory]
    [InlineData(EventStatus.Drop)]
    [InlineData(EventStatus.Retry)]
    internal async Task Stream_DropOrRetryWithADeadLetterTopic_BuriesTheEvent(EventStatus status)
    {
        await using EventStream stream = await EventStream.OpenAsync(Target.Grpc, _pubsub, StreamTopic, Topics.Dead);
        await PublishAsync(Protocol.Http, StreamTopic, new { token = Token });
        TopicEventRequest message = await stream.NextAsync();
        await stream.AnswerAsync(message, status);
        Delivery buried = await _inbox.NextAsync();
        Assert.Equal(($"/events/{_pubsub}/{Topics.Dead}", message.Id), (buried.Path, buried.Field("id")));
    }

    [Fact]
    public async Task Stream_AnswerToAnUnknownEvent_IsIgnored()
    {
        await using EventStream stream = await OpenAsync();
        await stream.AnswerAsync("no-such-event", EventStatus.Success);
        await PublishAsync(Protocol.Http, StreamTopic, 1);
        TopicEventRequest message = await stream.NextAsync();
        await stream.AnswerAsync(message);
        await stream.AnswerAsync(message);
        await PublishAsync(Protocol.Http, StreamTopic, 2);
        await stream.AnswerAsync(await stream.NextAsync());
    }

    [Fact]
    public async Task Stream_Broken_GivesItsEventsToTheNext()
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        TopicEventRequest held;
        await using (EventStream first = await OpenAsync())
        {
            await PublishAsync(Protocol.Http, StreamTopic, 1);
            held = await first.NextAsync();
        }

        await using EventStream second = await OpenAsync();
        TopicEventRequest again = await second.NextAsync();
        Assert.Equal(held.Id, again.Id);
        await second.AnswerAsync(again);
    }

    [Fact]
    public async Task Stream_TwoOfOneTopic_ShareTheEvents()
    {
        await using EventStream first = await OpenAsync(), second = await OpenAsync();
        ConcurrentBag<string> got = [];
        Task[] reading = [ReadAsync(first), ReadAsync(second)];
        for (int i = 0; i < 40; i++) await PublishAsync(Protocol.Grpc, StreamTopic, i);
        await Until.HoldsAsync(() => got.Count == 40, "all events are there");
        await first.DisposeAsync();
        await second.DisposeAsync();
        await Task.WhenAll(reading);
        Assert.Equal(40, got.Distinct().Count());

        async Task ReadAsync(EventStream stream)
        {
            try
            {
                while (true)
                {
                    TopicEventRequest message = await stream.NextAsync();
                    await stream.AnswerAsync(message);
                    got.Add(message.Data.ToStringUtf8());
                }
            }
            catch (Exception over) when (over is OperationCanceledException or RpcException or ObjectDisposedException)
            {
                // The stream was closed from this side.
            }
        }
    }

    [Fact]
    public async Task Stream_WhileItIsOpen_IsListedInTheMetadata()
    {
        await using EventStream stream = await OpenAsync();
        Assert.Contains((await Target.Grpc.GetMetadataAsync()).Subscriptions, s => s.Topic == StreamTopic && s.PubsubName == _pubsub && s.Type is PubsubSubscriptionType.Streaming);
    }

    [Fact]
    public async Task Stream_UnknownPubSubOrNoTopic_IsRefused()
    {
        await Assert.ThrowsAsync<RpcException>(() => EventStream.OpenAsync(Target.Grpc, "no-such-pubsub", StreamTopic));
        await Assert.ThrowsAsync<RpcException>(() => EventStream.OpenAsync(Target.Grpc, _pubsub, ""));
    }

    [Fact]
    public async Task Stream_FirstMessageIsAnAnswer_EndsWithAnError()
    {
        await using EventStream stream = EventStream.Silent(Target.Grpc);
        await stream.AnswerAsync("one", EventStatus.Success);
        RpcException fault = await Assert.ThrowsAsync<RpcException>(stream.ReadAsync);
        Assert.NotEqual(StatusCode.OK, fault.StatusCode);
    }

    [Fact]
    public async Task Stream_SecondInitialRequest_EndsWithAnError()
    {
        await using EventStream stream = await OpenAsync();
        await stream.SendAsync(new SubscribeTopicEventsRequest { InitialRequest = new SubscribeTopicEventsRequestInitial { PubsubName = _pubsub, Topic = StreamTopic } });
        RpcException fault = await Assert.ThrowsAsync<RpcException>(stream.ReadAsync);
        Assert.NotEqual(StatusCode.OK, fault.StatusCode);
    }

    [Fact]
    public async Task SdkStream_Handler_DecidesWhatBecomesOfTheEvent()
    {
        Assert.SkipUnless(Redelivers, "daprd's in-memory broker does not redeliver");
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["DAPR_HTTP_ENDPOINT"] = Target.HttpEndpoint,
                ["DAPR_GRPC_ENDPOINT"] = Target.GrpcEndpoint,
            }).Build())
            .AddDaprPubSubClient()
            .Services.BuildServiceProvider();
        ConcurrentQueue<string> got = [];
        DaprSubscriptionOptions options = new(new MessageHandlingPolicy(TimeSpan.FromSeconds(20), TopicResponseAction.Retry));
        await using IAsyncDisposable subscription = await services.GetRequiredService<DaprPublishSubscribeClient>().SubscribeAsync(_pubsub, StreamTopic, options, (message, _) =>
        {
            got.Enqueue(message.Id);
            return Task.FromResult(got.Count == 1 ? TopicResponseAction.Retry : TopicResponseAction.Success);
        });
        await Target.Client.PublishEventAsync(_pubsub, StreamTopic, 1);
        await Until.HoldsAsync(() => got.Count == 2, "the event comes again");
        Assert.Single(got.Distinct());
    }

    private Task<EventStream> OpenAsync() => EventStream.OpenAsync(Target.Grpc, _pubsub, StreamTopic);
}
