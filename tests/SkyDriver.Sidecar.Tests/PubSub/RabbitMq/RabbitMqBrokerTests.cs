using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using RabbitMQ.Client;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.PubSub.RabbitMq;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

public sealed class RabbitMqBrokerTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _deadline = new(Deadline);
    private RabbitServer _server = null!;

    public ValueTask InitializeAsync()
    {
        _server = new RabbitServer();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Publish_TwoGroups_EachGetsEveryMessageInOrder()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer one = await JoinAsync(broker, "g1", 10), two = await JoinAsync(broker, "g2", 10);
        await PublishAsync(broker, 1, 2, 3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAllAsync(one, 3));
        Assert.Equal(Numbers(1, 2, 3), await TakeAllAsync(two, 3));
    }

    [Fact]
    public async Task Consumers_OfOneGroup_ShareTheMessages()
    {
        RabbitMqBroker broker = _server.Broker(), other = _server.Broker();
        await using IConsumer one = await JoinAsync(broker, "g", 1), two = await JoinAsync(other, "g", 1);
        await PublishAsync(broker, 1, 2);
        int[] got = [Number(await TakeAsync(one)), Number(await TakeAsync(two))];
        Assert.Equal([1, 2], got.Order());
    }

    [Fact]
    public async Task Publish_ToAForeignQueue_ArrivesAsDaprdWouldSendIt()
    {
        RabbitMqBroker broker = _server.Broker("deliveryMode=2");
        IChannel foreign = await _server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(_server.Topic, "fanout", durable: true);
        string queue = await foreign.QueueDeclareAsync();
        await foreign.QueueBindAsync(queue, _server.Topic, "");
        await broker.PublishAsync(
            _server.Topic,
            [new("{}"u8.ToArray(), "", true, new Dictionary<string, string> { ["priority"] = "3", ["messageID"] = "m", ["correlationID"] = "c", ["type"] = "t" }, null) { TimeToLive = TimeSpan.FromSeconds(60) }],
            _deadline.Token);
        BasicGetResult got = (await foreign.BasicGetAsync(queue, autoAck: true))!;
        Assert.Equal("{}", Encoding.UTF8.GetString(got.Body.Span));
        IReadOnlyBasicProperties sent = got.BasicProperties;
        Assert.Equal(("text/plain", DeliveryModes.Persistent, "60000", (byte)3), (sent.ContentType, sent.DeliveryMode, sent.Expiration, sent.Priority));
        Assert.Equal(("m", "c", "t", ""), (sent.MessageId, sent.CorrelationId, sent.Type, got.RoutingKey));
    }

    [Fact]
    public async Task Subscribe_UsesTheQueueThatDaprdUses_AndUnderstandsItsMessages()
    {
        RabbitMqBroker broker = _server.Broker("publishMessagePropertiesToMetadata=true");
        IChannel foreign = await _server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(_server.Topic, "fanout", durable: true);
        await foreign.QueueDeclareAsync($"g-{_server.Topic}", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "classic" });
        await using IConsumer consumer = await JoinAsync(broker, "g", 5);
        await foreign.BasicPublishAsync(
            _server.Topic, "", false, new BasicProperties { MessageId = "7", Headers = new Dictionary<string, object?> { ["x-own"] = "v" } },
            """{"id":"1","specversion":"1.0","expiration":"2026-01-02T03:04:05Z"}"""u8.ToArray());
        Message message = (await TakeAsync(consumer)).Message;
        Assert.True(message.IsEnvelope);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), message.ExpiresAt);
        Assert.Equal(("7", "v"), (message.Metadata!["metadata.messageid"], message.Metadata["metadata.x-own"]));
    }

    [Fact]
    public async Task Acknowledge_Messages_LeavesTheQueueEmpty()
    {
        RabbitMqBroker broker = _server.Broker();
        await using (IConsumer consumer = await JoinAsync(broker, "g", 5))
        {
            await PublishAsync(broker, 1, 2);
            await consumer.AcknowledgeAsync(await TakeAsync(consumer));
            await consumer.AcknowledgeAsync(await TakeAsync(consumer));
        }

        Assert.Equal(0u, await CountAsync($"g-{_server.Topic}"));
    }

    [Fact]
    public async Task Reject_WithRequeue_ComesAgain()
    {
        RabbitMqBroker broker = _server.Broker();
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
        RabbitMqBroker broker = _server.Broker();
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
        RabbitMqBroker broker = _server.Broker("requeueInFailure=false");
        await using (IConsumer consumer = await JoinAsync(broker, "g", 1))
        {
            await PublishAsync(broker, 1, 2);
            await consumer.RejectAsync(await TakeAsync(consumer));
            Assert.Equal(2, Number(await TakeAsync(consumer)));
        }

        Assert.Equal(1u, await CountAsync($"g-{_server.Topic}"));
    }

    [Fact]
    public async Task Reject_WithABrokerDeadLetterQueue_GoesThere()
    {
        RabbitMqBroker broker = _server.Broker("requeueInFailure=false", "enableDeadLetter=true");
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 9);
        await consumer.RejectAsync(await TakeAsync(consumer));
        await HoldsAsync(async () => await CountAsync($"dlq-g-{_server.Topic}") == 1);
    }

    [Fact]
    public async Task Return_AMessage_ComesAgainAtOnceThoughFailuresAreNotRequeued()
    {
        RabbitMqBroker broker = _server.Broker("requeueInFailure=false");
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1);
        await consumer.ReturnAsync(await TakeAsync(consumer));
        Assert.Equal(1, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Dispose_WithUnsettledMessages_GivesThemToTheNext()
    {
        RabbitMqBroker broker = _server.Broker();
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
        RabbitMqBroker broker = _server.Broker("prefetchCount=2");
        await using IConsumer busy = await JoinAsync(broker, "g", 100);
        await PublishAsync(broker, 1, 2, 3, 4);
        Assert.Equal(Numbers(1, 2), await TakeAllAsync(busy, 2));
        await using IConsumer idle = await JoinAsync(broker, "g", 100);
        Assert.Equal(Numbers(3, 4), await TakeAllAsync(idle, 2));
    }

    [Fact]
    public async Task TimeToLive_PassedInTheQueue_TheMessageIsGone()
    {
        RabbitMqBroker broker = _server.Broker();
        await (await JoinAsync(broker, "g", 1)).DisposeAsync();
        await broker.PublishAsync(_server.Topic, [Numbered(1) with { TimeToLive = TimeSpan.FromMilliseconds(1) }, Numbered(2)], _deadline.Token);
        await HoldsAsync(async () => await CountAsync($"g-{_server.Topic}") == 1);
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        Assert.Equal(2, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Publish_ManyAtOnce_AllAreConfirmedAndArrive()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 500);
        int[] numbers = [.. Enumerable.Range(0, 4000)];
        await Task.WhenAll(numbers.Chunk(500).Select(chunk => PublishAsync(broker, chunk)));
        List<int> got = [];
        while (got.Count < numbers.Length)
        {
            foreach (QueuedMessage message in await consumer.TakeAsync(500, _deadline.Token))
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
        RabbitMqBroker broker = _server.Broker();
        IChannel foreign = await _server.ForeignChannelAsync();
        await foreign.ExchangeDeclareAsync(_server.Topic, "fanout", durable: true);
        string queue = await foreign.QueueDeclareAsync(arguments: new Dictionary<string, object?> { ["x-max-length"] = 2, ["x-overflow"] = "reject-publish" });
        await foreign.QueueBindAsync(queue, _server.Topic, "");
        BulkPublishException refused = await Assert.ThrowsAsync<BulkPublishException>(() => PublishAsync(broker, 1, 2, 3, 4));
        Assert.All(refused.Failures, f => Assert.InRange(f.Key, 2, 3));
        Assert.NotEmpty(refused.Failures);
    }

    [Fact]
    public async Task Publish_TheServerIsAway_SaysSoAndWorksAgainWhenItIsBack()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 5);
        await PublishAsync(broker, 1);
        _server.Relay.GoAway();
        BrokerUnavailableException away = await Assert.ThrowsAsync<BrokerUnavailableException>(() => PublishAsync(broker, 2));
        Assert.Contains("start it or correct", away.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", away.Message, StringComparison.Ordinal);
        _server.Relay.ComeBack();
        await PublishAsync(broker, 3);
        HashSet<int> got = [];
        while (!got.IsSupersetOf([1, 3])) got.Add(Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Settle_AfterTheConnectionWasLost_HarmsNobodyAndTheMessageComesAgain()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1);
        QueuedMessage first = await TakeAsync(consumer);
        _server.Relay.Cut();
        QueuedMessage again = await TakeAsync(consumer);
        await consumer.AcknowledgeAsync(first);
        await consumer.AcknowledgeAsync(again);
        Assert.Equal((1, 1), (Number(first), Number(again)));
    }

    [Fact]
    public async Task Queue_DeletedAtTheServer_IsMadeAnewAndConsumed()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        IChannel foreign = await _server.ForeignChannelAsync();
        await foreign.QueueDeleteAsync($"g-{_server.Topic}");
        await HoldsAsync(async () => await ExistsAsync($"g-{_server.Topic}"));
        await PublishAsync(broker, 5);
        Assert.Equal(5, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Fault_TheConnectionDropsAgainAndAgain_NothingThatWasConfirmedIsLost()
    {
        RabbitMqBroker broker = _server.Broker("deliveryMode=2");
        await using IConsumer consumer = await JoinAsync(broker, "g", 20);
        ConcurrentDictionary<int, bool> confirmed = [], got = [];
        using CancellationTokenSource done = new();
        Task consuming = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                foreach (QueuedMessage message in await consumer.TakeAsync(5, done.Token))
                {
                    got[Number(message)] = true;
                    await consumer.AcknowledgeAsync(message);
                }
            }
        });
        for (int i = 0; i < 60; i++)
        {
            if (i % 10 == 5) _server.Relay.Cut();
            int[] chunk = [.. Enumerable.Range(i * 20, 20)];
            try
            {
                await PublishAsync(broker, chunk);
                foreach (int number in chunk) confirmed[number] = true;
            }
            catch (BrokerUnavailableException)
            {
                // Told; the publisher knows that these may be missing.
            }
        }

        await HoldsAsync(() => Task.FromResult(confirmed.Keys.All(got.ContainsKey)));
        Assert.True(confirmed.Count >= 800, $"Only {confirmed.Count} of 1200 messages could be published.");
        await done.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consuming);
    }

    [Fact]
    public async Task Subscribe_AQueueWithOtherSettings_IsRefusedWithTheRemedy()
    {
        IChannel foreign = await _server.ForeignChannelAsync();
        await foreign.QueueDeclareAsync($"g-{_server.Topic}", durable: false, exclusive: false, autoDelete: false);
        FormatException fault = await Assert.ThrowsAsync<FormatException>(() => JoinAsync(_server.Broker(), "g", 1));
        Assert.Contains("other settings", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribe_TheServerIsAway_TheConsumerComesByItself()
    {
        RabbitMqBroker broker = _server.Broker();
        _server.Relay.GoAway();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        _server.Relay.ComeBack();
        await HoldsAsync(async () => await ExistsAsync($"g-{_server.Topic}"));
        await PublishAsync(broker, 4);
        Assert.Equal(4, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Subscribe_QuorumQueue_CountsFailures()
    {
        RabbitMqBroker broker = _server.Broker();
        await using IConsumer consumer = await broker.SubscribeAsync(_server.Topic, "g", new(new Dictionary<string, string> { ["queueType"] = "quorum" }, 1), _deadline.Token);
        await PublishAsync(broker, 1);
        await consumer.ReturnAsync(await TakeAsync(consumer));
        Assert.Equal(1, (await TakeAsync(consumer)).Failures);
    }

    [Fact]
    public async Task Start_WrongPassword_IsRefused()
    {
        RabbitMqBroker broker = _server.Broker($"connectionString=amqp://guest:wrong@127.0.0.1:{_server.Relay.Port}");
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => broker.StartAsync(_deadline.Token));
        Assert.Contains("correct username and password", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", fault.Message, StringComparison.Ordinal);
    }

    private static int[] Numbers(params int[] numbers) => numbers;

    private async Task<IConsumer> JoinAsync(RabbitMqBroker broker, string group, int prefetch) =>
        await broker.SubscribeAsync(_server.Topic, group, SubscriptionOptions.Default with { Prefetch = prefetch }, _deadline.Token);

    private async Task PublishAsync(RabbitMqBroker broker, params int[] numbers) =>
        await broker.PublishAsync(_server.Topic, [.. numbers.Select(Numbered)], _deadline.Token);

    private static Message Numbered(int number) => new(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), "", false, null, null);

    private static int Number(QueuedMessage message) => int.Parse(Encoding.UTF8.GetString(message.Message.Data), CultureInfo.InvariantCulture);

    private async Task<QueuedMessage> TakeAsync(IConsumer consumer) => Assert.Single(await consumer.TakeAsync(1, _deadline.Token));

    private async Task<int[]> TakeAllAsync(IConsumer consumer, int count)
    {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) numbers[i] = Number(await TakeAsync(consumer));
        return numbers;
    }

    private async Task<uint> CountAsync(string queue)
    {
        await using IChannel channel = await _server.ForeignChannelAsync();
        return await channel.MessageCountAsync(queue);
    }

    private async Task<bool> ExistsAsync(string queue)
    {
        await using IChannel channel = await _server.ForeignChannelAsync();
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue)).ConsumerCount > 0;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }

    private static Task HoldsAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Until.HoldsAsync(condition, what);
}
