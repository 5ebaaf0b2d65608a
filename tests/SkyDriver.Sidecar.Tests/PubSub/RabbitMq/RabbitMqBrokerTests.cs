using System.Text;
using RabbitMQ.Client;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.PubSub.RabbitMq;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>What a broker does on a quiet day, at a real server.</summary>
public sealed class RabbitMqBrokerTests : RabbitMqTests
{
    [Fact]
    public async Task Publish_TwoGroups_EachGetsEveryMessageInOrder()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer one = await JoinAsync(broker, "g1", 10), two = await JoinAsync(broker, "g2", 10);
        await PublishAsync(broker, 1, 2, 3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAllAsync(one, 3));
        Assert.Equal(Numbers(1, 2, 3), await TakeAllAsync(two, 3));
    }

    [Fact]
    public async Task Consumers_OfOneGroup_ShareTheMessages()
    {
        RabbitMqBroker broker = Server.Broker(), other = Server.Broker();
        await using IConsumer one = await JoinAsync(broker, "g", 1), two = await JoinAsync(other, "g", 1);
        await PublishAsync(broker, 1, 2);
        int[] got = [Number(await TakeAsync(one)), Number(await TakeAsync(two))];
        Assert.Equal([1, 2], got.Order());
    }

    [Fact]
    public async Task Publish_ToAForeignQueue_ArrivesAsDaprdWouldSendIt()
    {
        RabbitMqBroker broker = Server.Broker("deliveryMode=2");
        IChannel foreign = await Server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(Server.Topic, "fanout", durable: true);
        string queue = await foreign.QueueDeclareAsync();
        await foreign.QueueBindAsync(queue, Server.Topic, "");
        await broker.PublishAsync(
            Server.Topic,
            [new("{}"u8.ToArray(), "", true, new Dictionary<string, string> { ["priority"] = "3", ["messageID"] = "m", ["correlationID"] = "c", ["type"] = "t" }, null) { TimeToLive = TimeSpan.FromSeconds(60) }],
            Limit.Token);
        BasicGetResult got = (await foreign.BasicGetAsync(queue, autoAck: true))!;
        Assert.Equal("{}", Encoding.UTF8.GetString(got.Body.Span));
        IReadOnlyBasicProperties sent = got.BasicProperties;
        Assert.Equal(("text/plain", DeliveryModes.Persistent, "60000", (byte)3), (sent.ContentType, sent.DeliveryMode, sent.Expiration, sent.Priority));
        Assert.Equal(("m", "c", "t", ""), (sent.MessageId, sent.CorrelationId, sent.Type, got.RoutingKey));
    }

    [Fact]
    public async Task Subscribe_UsesTheQueueThatDaprdUses_AndUnderstandsItsMessages()
    {
        RabbitMqBroker broker = Server.Broker("publishMessagePropertiesToMetadata=true");
        IChannel foreign = await Server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(Server.Topic, "fanout", durable: true);
        await foreign.QueueDeclareAsync($"g-{Server.Topic}", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "classic" });
        await using IConsumer consumer = await JoinAsync(broker, "g", 5);
        await foreign.BasicPublishAsync(
            Server.Topic, "", false, new BasicProperties { MessageId = "7", Headers = new Dictionary<string, object?> { ["x-own"] = "v" } },
            """{"id":"1","specversion":"1.0","expiration":"2026-01-02T03:04:05Z"}"""u8.ToArray());
        Message message = (await TakeAsync(consumer)).Message;
        Assert.True(message.IsEnvelope);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), message.ExpiresAt);
        Assert.Equal(("7", "v"), (message.Metadata!["metadata.messageid"], message.Metadata["metadata.x-own"]));
    }

    [Fact]
    public async Task Acknowledge_Messages_LeavesTheQueueEmpty()
    {
        RabbitMqBroker broker = Server.Broker();
        await using (IConsumer consumer = await JoinAsync(broker, "g", 5))
        {
            await PublishAsync(broker, 1, 2);
            await consumer.AcknowledgeAsync(await TakeAsync(consumer));
            await consumer.AcknowledgeAsync(await TakeAsync(consumer));
        }

        Assert.Equal(0u, await CountAsync($"g-{Server.Topic}"));
    }

    [Fact]
    public async Task Reject_WithRequeue_ComesAgain()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1);
        QueuedMessage first = await TakeAsync(consumer);
        await consumer.RejectAsync(first);
        Assert.Equal(1, first.Failures);
        QueuedMessage second = await TakeAsync(consumer);
        await consumer.RejectAsync(second);
        Assert.Equal(2, second.Failures);
        Assert.Equal(1, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Reject_WhileItWaitsForItsNextTry_HoldsUpNoOther()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1, 2, 3, 4);
        int poison = 0;
        for (HashSet<int> done = []; done.Count < 3;)
        {
            QueuedMessage message = await TakeAsync(consumer);
            if (Number(message) == 1)
            {
                poison++;
                await consumer.RejectAsync(message);
                continue;
            }

            done.Add(Number(message));
            await consumer.AcknowledgeAsync(message);
        }

        Assert.True(poison >= 1);
        Assert.Equal(1, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Reject_WithoutRequeue_IsDroppedForGood()
    {
        RabbitMqBroker broker = Server.Broker("requeueInFailure=false");
        await using (IConsumer consumer = await JoinAsync(broker, "g", 1))
        {
            await PublishAsync(broker, 1, 2);
            await consumer.RejectAsync(await TakeAsync(consumer));
            Assert.Equal(2, Number(await TakeAsync(consumer)));
        }

        Assert.Equal(1u, await CountAsync($"g-{Server.Topic}"));
    }

    [Fact]
    public async Task Reject_WithABrokerDeadLetterQueue_GoesThere()
    {
        RabbitMqBroker broker = Server.Broker("requeueInFailure=false", "enableDeadLetter=true");
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 9);
        await consumer.RejectAsync(await TakeAsync(consumer));
        await HoldsAsync(async () => await CountAsync($"dlq-g-{Server.Topic}") == 1);
    }

    [Fact]
    public async Task Return_AMessage_ComesAgainAtOnceThoughFailuresAreNotRequeued()
    {
        RabbitMqBroker broker = Server.Broker("requeueInFailure=false");
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1);
        await consumer.ReturnAsync(await TakeAsync(consumer));
        Assert.Equal(1, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Dispose_WithUnsettledMessages_GivesThemToTheNext()
    {
        RabbitMqBroker broker = Server.Broker();
        await using (IConsumer leaving = await JoinAsync(broker, "g", 3))
        {
            await PublishAsync(broker, 1, 2, 3);
            await TakeAsync(leaving);
        }

        await using IConsumer next = await JoinAsync(broker, "g", 3);
        Assert.Equal(Numbers(1, 2, 3), (await TakeAllAsync(next, 3)).Order());
    }

    [Fact]
    public async Task Prefetch_OfABusyConsumer_LeavesTheRestToOthers()
    {
        RabbitMqBroker broker = Server.Broker("prefetchCount=2");
        await using IConsumer busy = await JoinAsync(broker, "g", 100);
        await PublishAsync(broker, 1, 2, 3, 4);
        Assert.Equal(Numbers(1, 2), await TakeAllAsync(busy, 2));
        await using IConsumer idle = await JoinAsync(broker, "g", 100);
        Assert.Equal(Numbers(3, 4), await TakeAllAsync(idle, 2));
    }

    [Fact]
    public async Task TimeToLive_PassedInTheQueue_TheMessageIsGone()
    {
        RabbitMqBroker broker = Server.Broker();
        await (await JoinAsync(broker, "g", 1)).DisposeAsync();
        await broker.PublishAsync(Server.Topic, [Numbered(1) with { TimeToLive = TimeSpan.FromMilliseconds(1) }, Numbered(2)], Limit.Token);
        await HoldsAsync(async () => await CountAsync($"g-{Server.Topic}") == 1);
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        Assert.Equal(2, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Publish_ManyAtOnce_AllAreConfirmedAndArrive()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 500);
        int[] numbers = [.. Enumerable.Range(0, 4000)];
        await Task.WhenAll(numbers.Chunk(500).Select(chunk => PublishAsync(broker, chunk)));
        List<int> got = [];
        while (got.Count < numbers.Length)
        {
            foreach (QueuedMessage message in await consumer.TakeAsync(500, Limit.Token))
            {
                got.Add(Number(message));
                await consumer.AcknowledgeAsync(message);
            }
        }

        Assert.Equal(numbers, got.Order());
    }

    [Fact]
    public async Task Publish_AQueueThatIsFull_TellsWhichMessagesWereRefused()
    {
        RabbitMqBroker broker = Server.Broker();
        IChannel foreign = await Server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(Server.Topic, "fanout", durable: true);
        string queue = await foreign.QueueDeclareAsync(arguments: new Dictionary<string, object?> { ["x-max-length"] = 2, ["x-overflow"] = "reject-publish" });
        await foreign.QueueBindAsync(queue, Server.Topic, "");
        BulkPublishException refused = await Assert.ThrowsAsync<BulkPublishException>(() => PublishAsync(broker, 1, 2, 3, 4));
        Assert.All(refused.Failures, f => Assert.InRange(f.Key, 2, 3));
        Assert.NotEmpty(refused.Failures);
    }

    [Fact]
    public async Task Subscribe_AQueueWithOtherSettings_IsRefusedWithTheRemedy()
    {
        IChannel foreign = await Server.ForeignChannelAsync();
        await foreign.QueueDeclareAsync($"g-{Server.Topic}", durable: false, exclusive: false, autoDelete: false);
        FormatException fault = await Assert.ThrowsAsync<FormatException>(() => JoinAsync(Server.Broker(), "g", 1));
        Assert.Contains("other settings", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribe_QuorumQueue_CountsFailures()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await broker.SubscribeAsync(Server.Topic, "g", new(new Dictionary<string, string> { ["queueType"] = "quorum" }, 1), Limit.Token);
        await PublishAsync(broker, 1);
        await consumer.ReturnAsync(await TakeAsync(consumer));
        Assert.Equal(1, (await TakeAsync(consumer)).Failures);
    }
}
