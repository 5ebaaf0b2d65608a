using System.Collections.Concurrent;
using RabbitMQ.Client;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.PubSub.RabbitMq;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>Servers that are away, connections that drop, queues that vanish.</summary>
public sealed class RabbitMqFaultTests : RabbitMqTests
{
    [Fact]
    public async Task Publish_TheServerIsAway_SaysSoAndWorksAgainWhenItIsBack()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 5);
        await PublishAsync(broker, 1);
        Server.Relay.GoAway();
        BrokerUnavailableException away = await Assert.ThrowsAsync<BrokerUnavailableException>(() => PublishAsync(broker, 2));
        Assert.Contains("start it or correct", away.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", away.Message, StringComparison.Ordinal);
        Server.Relay.ComeBack();
        await PublishAsync(broker, 3);
        HashSet<int> got = [];
        while (!got.IsSupersetOf([1, 3])) got.Add(Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Settle_AfterTheConnectionWasLost_HarmsNobodyAndTheMessageComesAgain()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        await PublishAsync(broker, 1);
        QueuedMessage first = await TakeAsync(consumer);
        Server.Relay.Cut();
        QueuedMessage again = await TakeAsync(consumer);
        await consumer.AcknowledgeAsync(first);
        await consumer.AcknowledgeAsync(again);
        Assert.Equal((1, 1), (Number(first), Number(again)));
    }

    [Fact]
    public async Task Queue_DeletedAtTheServer_IsMadeAnewAndConsumed()
    {
        RabbitMqBroker broker = Server.Broker();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        IChannel foreign = await Server.ForeignChannelAsync();
        await foreign.QueueDeleteAsync($"g-{Server.Topic}");
        await HoldsAsync(async () => await ExistsAsync($"g-{Server.Topic}"));
        await PublishAsync(broker, 5);
        Assert.Equal(5, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Fault_TheConnectionDropsAgainAndAgain_NothingThatWasConfirmedIsLost()
    {
        RabbitMqBroker broker = Server.Broker("deliveryMode=2");
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
            if (i % 10 == 5) Server.Relay.Cut();
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
    public async Task Subscribe_TheServerIsAway_TheConsumerComesByItself()
    {
        RabbitMqBroker broker = Server.Broker();
        Server.Relay.GoAway();
        await using IConsumer consumer = await JoinAsync(broker, "g", 1);
        Server.Relay.ComeBack();
        await HoldsAsync(async () => await ExistsAsync($"g-{Server.Topic}"));
        await PublishAsync(broker, 4);
        Assert.Equal(4, Number(await TakeAsync(consumer)));
    }

    [Fact]
    public async Task Start_WrongPassword_IsRefused()
    {
        RabbitMqBroker broker = Server.Broker($"connectionString=amqp://guest:wrong@127.0.0.1:{Server.Relay.Port}");
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => broker.StartAsync(Limit.Token));
        Assert.Contains("correct username and password", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", fault.Message, StringComparison.Ordinal);
    }
}
