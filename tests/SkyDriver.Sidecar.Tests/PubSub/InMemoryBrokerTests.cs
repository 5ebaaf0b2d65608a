using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class InMemoryBrokerTests
{
    private static readonly BrokerLimits Limits = new(10_000, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));

    private readonly ManualClock _clock = new();
    private readonly InMemoryBroker _broker;

    public InMemoryBrokerTests() => _broker = new(Limits, _clock, NullLogger.Instance);

    [Fact]
    public async Task Take_TwoGroups_EachGetsEveryMessageInOrder()
    {
        using IConsumer one = _broker.Subscribe("topic", "one"), two = _broker.Subscribe("topic", "two");
        Publish(1, 2, 3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(one, 10));
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(two, 10));
    }

    [Fact]
    public async Task Take_NoGroupYet_TheFirstGroupGetsTheBacklogAndTheSecondDoesNot()
    {
        Publish(1, 2);
        using IConsumer first = _broker.Subscribe("topic", "first"), second = _broker.Subscribe("topic", "second");
        Publish(3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(first, 10));
        Assert.Equal(Numbers(3), await TakeAsync(second, 10));
    }

    [Fact]
    public async Task Take_GroupWithoutConsumers_KeepsItsMessages()
    {
        _broker.Subscribe("topic", "group").Dispose();
        Publish(1);
        using IConsumer again = _broker.Subscribe("topic", "group");
        Assert.Equal(Numbers(1), await TakeAsync(again, 1));
    }

    [Fact]
    public async Task Take_WaitingConsumers_AreServedInTurn()
    {
        using IConsumer one = _broker.Subscribe("topic", "group"), two = _broker.Subscribe("topic", "group");
        Task<int[]> first = TakeAsync(one, 1), second = TakeAsync(two, 1);
        Publish(1, 2);
        Assert.Equal(Numbers(1), await first);
        Assert.Equal(Numbers(2), await second);
    }

    [Fact]
    public async Task Take_Cancelled_LosesNoMessage()
    {
        using IConsumer one = _broker.Subscribe("topic", "group"), two = _broker.Subscribe("topic", "group");
        using CancellationTokenSource stop = new();
        Task<IReadOnlyList<QueuedMessage>> given = one.TakeAsync(1, stop.Token).AsTask();
        await stop.CancelAsync();
        Publish(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.Equal(Numbers(1), await TakeAsync(two, 1));
    }

    [Fact]
    public async Task Return_UntriedMessage_ComesBeforeAllOthersAtOnce()
    {
        using IConsumer consumer = _broker.Subscribe("topic", "group");
        Publish(1, 2);
        QueuedMessage first = Assert.Single(await consumer.TakeAsync(1, CancellationToken.None));
        consumer.Return(first);
        Assert.Equal(Numbers(1, 2), await TakeAsync(consumer, 10));
        Assert.Equal(0, first.Failures);
    }

    [Fact]
    public async Task Reject_AgainAndAgain_WaitsLongerEachTimeUpToTheLimit()
    {
        using IConsumer consumer = _broker.Subscribe("topic", "group");
        Publish(1);
        QueuedMessage message = Assert.Single(await consumer.TakeAsync(1, CancellationToken.None));
        foreach (int seconds in new[] { 1, 2, 4, 4 })
        {
            consumer.Reject(message);
            Task<IReadOnlyList<QueuedMessage>> again = consumer.TakeAsync(1, CancellationToken.None).AsTask();
            _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(10));
            Assert.False(again.IsCompleted);
            _clock.Advance(TimeSpan.FromMilliseconds(20));
            message = Assert.Single(await again);
        }

        Assert.Equal(4, message.Failures);
    }

    [Fact]
    public async Task Publish_GroupWithConsumersIsFull_IsRefusedUntilThereIsRoom()
    {
        using IConsumer consumer = _broker.Subscribe("topic", "group");
        _broker.Publish("topic", [Big(), Big()]);
        Assert.Throws<BrokerFullException>(() => _broker.Publish("topic", [Big()]));
        consumer.Acknowledge((await consumer.TakeAsync(1, CancellationToken.None))[0]);
        _broker.Publish("topic", [Big()]);
        Assert.Equal(2, (await consumer.TakeAsync(10, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Publish_NobodyReads_TheOldestAreDropped()
    {
        for (int i = 0; i < 5; i++) _broker.Publish("topic", [Big()]);
        Publish(7);
        using IConsumer consumer = _broker.Subscribe("topic", "group");
        IReadOnlyList<QueuedMessage> kept = await consumer.TakeAsync(10, CancellationToken.None);
        Assert.InRange(kept.Sum(m => m.Message.Size), 1, Limits.MaxQueuedBytes);
        Assert.Equal(7, kept[^1].Message.Data[0]);
    }

    private static int[] Numbers(params int[] expected) => expected;

    private static Message Big() => new(new byte[4000], "", false, null, null);

    private static async Task<int[]> TakeAsync(IConsumer consumer, int most) => [.. (await consumer.TakeAsync(most, CancellationToken.None)).Select(m => (int)m.Message.Data[0])];

    private void Publish(params byte[] numbers) => _broker.Publish("topic", [.. numbers.Select(n => new Message([n], "", false, null, null))]);
}
