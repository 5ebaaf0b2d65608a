using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;
using Status = SkyDriver.Grpc.Protos.Runtime.TopicEventResponse.Types.TopicEventResponseStatus;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class StreamDeliveryTests
{
    private readonly ConcurrentQueue<TopicEventRequest> _sent = [];
    private readonly TaskCompletionSource _opened = new();
    private readonly StreamDelivery _stream;

    public StreamDeliveryTests() => _stream = new(
        new SubscriptionSpec("pubsub", "topic", [new RouteRule(null, "")], new Dictionary<string, string>(), null, null, "STREAMING"),
        message =>
        {
            _sent.Enqueue(message);
            return ValueTask.CompletedTask;
        },
        _opened.Task,
        NullLogger.Instance);

    [Theory]
    [InlineData(0, DeliveryOutcome.Success)]
    [InlineData(1, DeliveryOutcome.Retry)]
    [InlineData(2, DeliveryOutcome.Drop)]
    [InlineData(9, DeliveryOutcome.Retry)]
    public async Task Deliver_Answered_HasThatOutcome(int status, object expected)
    {
        _opened.SetResult();
        Task<DeliveryOutcome> delivery = DeliverAsync("1");
        Assert.True(_stream.TryAnswer("1", (Status)status));
        Assert.Equal(expected, await delivery);
        Assert.False(_stream.TryAnswer("1", (Status)status));
    }

    [Fact]
    public async Task Deliver_BeforeTheStreamIsOpen_SendsNothing()
    {
        Task<DeliveryOutcome> delivery = DeliverAsync("1");
        Assert.Empty(_sent);
        _opened.SetResult();
        while (!_stream.TryAnswer("1", Status.Success)) await Task.Yield();
        Assert.Equal(DeliveryOutcome.Success, await delivery);
    }

    [Fact]
    public async Task Fault_DeliveryDuplicated_EachCopyHasItsOwnAnswerInOrder()
    {
        _opened.SetResult();
        Task<DeliveryOutcome> first = DeliverAsync("same"), second = DeliverAsync("same"), third = DeliverAsync("same");
        Assert.True(_stream.TryAnswer("same", Status.Success));
        Assert.True(_stream.TryAnswer("same", Status.Retry));
        Assert.True(_stream.TryAnswer("same", Status.Drop));
        Assert.False(_stream.TryAnswer("same", Status.Success));
        Assert.Equal((DeliveryOutcome.Success, DeliveryOutcome.Retry, DeliveryOutcome.Drop), (await first, await second, await third));
    }

    [Fact]
    public async Task Deliver_WhatCannotBeRead_IsDropped()
    {
        _opened.SetResult();
        Assert.Equal(DeliveryOutcome.Drop, await DeliverAsync("1", """, "data_base64":"%" """));
        Assert.Empty(_sent);
    }

    private async Task<DeliveryOutcome> DeliverAsync(string id, string more = "")
    {
        byte[] envelope = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"{{more}}}""");
        Delivery delivery = new(new QueuedMessage(new Message(envelope, "", true, null, null)), envelope, "", null);
        return Assert.Single((await _stream.DeliverAsync([delivery], CancellationToken.None)).Outcomes);
    }
}
