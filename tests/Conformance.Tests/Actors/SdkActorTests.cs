using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Conformance.Tests.Workflows;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Conformance.Tests.Actors;

public interface ITallyActor : IActor
{
    Task<int> AddAsync(int amount);

    Task<int> GetAsync();

    Task AddAndFailAsync(int amount);

    Task RemindAsync(string name);

    Task StartTimerAsync();
}

/// <summary>Counts, durably; a reminder adds 100 and a timer 1000.</summary>
public sealed class TallyActor(ActorHost host) : Actor(host), ITallyActor, IRemindable
{
    private const string Key = "tally";

    public async Task<int> AddAsync(int amount)
    {
        int sum = await GetAsync() + amount;
        await StateManager.SetStateAsync(Key, sum);
        return sum;
    }

    public async Task<int> GetAsync() => (await StateManager.TryGetStateAsync<int>(Key)) is { HasValue: true } known ? known.Value : 0;

    public async Task AddAndFailAsync(int amount)
    {
        await AddAsync(amount);
        throw new InvalidOperationException("after the change");
    }

    public Task RemindAsync(string name) => RegisterReminderAsync(name, [1, 2, 3], TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    public Task StartTimerAsync() => RegisterTimerAsync("tick", nameof(TickAsync), [], TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);

    public Task TickAsync() => AddAsync(1000);

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        AddAsync(state is [1, 2, 3] ? 100 : 1);
}

/// <summary>The actor SDK against the sidecar's actor runtime.</summary>
public sealed class SdkActorTests
{
    [Fact]
    public async Task Calls_ChangeState_WhichSurvivesARestart()
    {
        var store = new InMemoryStateStore(TimeProvider.System);
        await using (var first = await StartAsync(store))
        {
            var actor = Proxy(first, "one");
            Assert.Equal(2, await actor.AddAsync(2));
            Assert.Equal(5, await actor.AddAsync(3));
        }

        await using var second = await StartAsync(store);
        Assert.Equal(5, await Proxy(second, "one").GetAsync());
        Assert.Equal(0, await Proxy(second, "two").GetAsync());
    }

    [Fact]
    public async Task Calls_AtOnce_AreOneAfterTheOther()
    {
        await using var dapr = await StartAsync(new InMemoryStateStore(TimeProvider.System));
        var actor = Proxy(dapr, "one");
        int[] sums = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => actor.AddAsync(1)));
        Assert.Equal(Enumerable.Range(1, 50), sums.Order());
    }

    [Fact]
    public async Task FailedCall_LeavesTheStateAsItWas()
    {
        await using var dapr = await StartAsync(new InMemoryStateStore(TimeProvider.System));
        var actor = Proxy(dapr, "one");
        await actor.AddAsync(1);
        await Assert.ThrowsAnyAsync<Exception>(() => actor.AddAndFailAsync(10));
        Assert.Equal(1, await actor.GetAsync());
    }

    [Fact]
    public async Task ReminderAndTimer_ReachTheActor()
    {
        await using var dapr = await StartAsync(new InMemoryStateStore(TimeProvider.System));
        var actor = Proxy(dapr, "one");
        await actor.RemindAsync("wake");
        await actor.StartTimerAsync();
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (await actor.GetAsync() < 1100)
        {
            Assert.True(DateTime.UtcNow < deadline, "the reminder or the timer has not fired");
            await Task.Delay(5);
        }

        Assert.Equal(1100, await actor.GetAsync());
    }

    private static Task<EmbeddedDapr> StartAsync(IStateStore store) => EmbeddedDapr.StartAsync(
        store,
        services => services.AddActors(options => options.Actors.RegisterActor<TallyActor>()),
        app => app.MapActorsHandlers());

    private static ITallyActor Proxy(EmbeddedDapr dapr, string id) =>
        dapr.Services.GetRequiredService<IActorProxyFactory>().CreateActorProxy<ITallyActor>(new ActorId(id), nameof(TallyActor));
}
