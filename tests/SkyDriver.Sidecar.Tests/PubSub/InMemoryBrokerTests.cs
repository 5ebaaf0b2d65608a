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
        await using IConsumer one = await JoinAsync("one"), two = await JoinAsync("two");
        await PublishAsync(1, 2, 3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(one, 10));
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(two, 10));
    }

    [Fact]
    public async Task Take_NoGroupYet_TheFirstGroupGetsTheBacklogAndTheSecondDoesNot()
    {
        await PublishAsync(1, 2);
        await using IConsumer first = await JoinAsync("first"), second = await JoinAsync("second");
        await PublishAsync(3);
        Assert.Equal(Numbers(1, 2, 3), await TakeAsync(first, 10));
        Assert.Equal(Numbers(3), await TakeAsync(second, 10));
    }

    [Fact]
    public async Task Take_GroupWithoutConsumers_KeepsItsMessages()
    {
        await (await JoinAsync("group")).DisposeAsync();
        await PublishAsync(1);
        await using IConsumer again = await JoinAsync("group");
        Assert.Equal(Numbers(1), await TakeAsync(again, 1));
    }

    [Fact]
    public async Task Take_WaitingConsumers_AreServedInTurn()
    {
        await using IConsumer one = await JoinAsync("group"), two = await JoinAsync("group");
        Task<int[]> first = TakeAsync(one, 1), second = TakeAsync(two, 1);
        await PublishAsync(1, 2);
        Assert.Equal(Numbers(1), await first);
        Assert.Equal(Numbers(2), await second);
    }

    [Fact]
    public async Task Take_Cancelled_LosesNoMessage()
    {
        await using IConsumer one = await JoinAsync("group"), two = await JoinAsync("group");
        using CancellationTokenSource stop = new();
        Task<IReadOnlyList<QueuedMessage>> given = one.TakeAsync(1, stop.Token).AsTask();
        await stop.CancelAsync();
        await PublishAsync(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.Equal(Numbers(1), await TakeAsync(two, 1));
    }

    [Fact]
    public async Task Return_UntriedMessage_ComesBeforeAllOthersAtOnce()
    {
        await using IConsumer consumer = await JoinAsync("group");
        await PublishAsync(1, 2);
        QueuedMessage first = Assert.Single(await consumer.TakeAsync(1, CancellationToken.None));
        await consumer.ReturnAsync(first);
        Assert.Equal(Numbers(1, 2), await TakeAsync(consumer, 10));
        Assert.Equal(0, first.Failures);
    }

    [Fact]
    public async Task Reject_AgainAndAgain_WaitsLongerEachTimeUpToTheLimit()
    {
        await using IConsumer consumer = await JoinAsync("group");
        await PublishAsync(1);
        QueuedMessage message = Assert.Single(await consumer.TakeAsync(1, CancellationToken.None));
        foreach (int seconds in new[] { 1, 2, 4, 4 })
        {
            await consumer.RejectAsync(message);
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
        await using IConsumer consumer = await JoinAsync("group");
        await PublishAsync(Big(), Big());
        await Assert.ThrowsAsync<BrokerFullException>(() => PublishAsync(Big()));
        await consumer.AcknowledgeAsync((await consumer.TakeAsync(1, CancellationToken.None))[0]);
        await PublishAsync(Big());
        Assert.Equal(2, (await consumer.TakeAsync(10, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Publish_NobodyReads_TheOldestAreDropped()
    {
        for (int i = 0; i < 5; i++) await PublishAsync(Big());
        await PublishAsync(7);
        await using IConsumer consumer = await JoinAsync("group");
        IReadOnlyList<QueuedMessage> kept = await consumer.TakeAsync(10, CancellationToken.None);
        Assert.InRange(kept.Sum(m => m.Message.Size), 1, Limits.MaxQueuedBytes);
        Assert.Equal(7, kept[^1].Message.Data[0]);
    }

    private static int[] Numbers(params int[] expected) => expected;

    private static Message Big() => new(new byte[4000], "", false, null, null);

    private static async Task<int[]> TakeAsync(IConsumer consumer, int most) => [.. (await consumer.TakeAsync(most, CancellationToken.None)).Select(m => (int)m.Message.Data[0])];

    private Task PublishAsync(params byte[] numbers) => PublishAsync([.. numbers.Select(n => new Message([n], "", false, null, null))]);

    private async Task PublishAsync(params Message[] messages) => await _broker.PublishAsync("topic", messages, CancellationToken.None);

    private ValueTask<IConsumer> JoinAsync(string group) => _broker.SubscribeAsync("topic", group, SubscriptionOptions.Default, CancellationToken.None);
}
