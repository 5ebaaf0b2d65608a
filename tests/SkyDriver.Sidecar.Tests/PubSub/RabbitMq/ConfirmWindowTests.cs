using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.PubSub.RabbitMq;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

public sealed class ConfirmWindowTests
{
    private readonly ConfirmWindow _window = new();

    [Fact]
    public async Task Settle_OneByOneInAnyOrder_EndsEachBatchWithItsLast()
    {
        Task first = _window.Open(2).Done, second = _window.Open(1).Done;
        _window.Settle(3, multiple: false, taken: true);
        _window.Settle(2, multiple: false, taken: true);
        await second;
        Assert.False(first.IsCompleted);
        _window.Settle(1, multiple: false, taken: true);
        await first;
    }

    [Fact]
    public async Task Settle_ManyAtOnce_CountsThoseBeforeOnlyOnce()
    {
        Task first = _window.Open(3).Done, second = _window.Open(2).Done;
        _window.Settle(2, multiple: false, taken: true);
        _window.Settle(4, multiple: true, taken: true);
        await first;
        Assert.False(second.IsCompleted);
        _window.Settle(5, multiple: true, taken: true);
        await second;
    }

    [Fact]
    public async Task Settle_SomeRefused_NamesThemByTheirPlaceInTheBatch()
    {
        _window.Settle(1, multiple: false, taken: true);
        Task other = _window.Open(1).Done, batch = _window.Open(3).Done;
        _window.Settle(3, multiple: false, taken: false);
        _window.Settle(4, multiple: true, taken: true);
        BulkPublishException fault = await Assert.ThrowsAsync<BulkPublishException>(() => batch);
        Assert.Equal([1], fault.Failures.Keys);
        await other;
    }

    [Fact]
    public async Task End_WithOpenBatches_FailsThoseAndAllLaterOnes()
    {
        Task done = _window.Open(1).Done, open = _window.Open(2).Done;
        _window.Settle(1, multiple: false, taken: true);
        _window.End(new BrokerUnavailableException("gone"));
        await done;
        await Assert.ThrowsAsync<BrokerUnavailableException>(() => open);
        await Assert.ThrowsAsync<BrokerUnavailableException>(() => _window.Open(1).Done);
    }
}
