using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.DependencyInjection;

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

/// <summary>The actor SDK against the target.</summary>
public sealed class SdkActorTests(DaprTarget target) : Suite(target)
{
    [Fact]
    public async Task Calls_ChangeState_OfTheirActorOnly()
    {
        var actor = Proxy(Token);
        Assert.Equal(2, await actor.AddAsync(2));
        Assert.Equal(5, await actor.AddAsync(3));
        Assert.Equal(0, await Proxy(Token + "-other").GetAsync());
    }

    [Fact]
    public async Task Calls_AtOnce_AreOneAfterTheOther()
    {
        var actor = Proxy(Token);
        int[] sums = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => actor.AddAsync(1)));
        Assert.Equal(Enumerable.Range(1, 50), sums.Order());
    }

    [Fact]
    public async Task FailedCall_LeavesTheStateAsItWas()
    {
        var actor = Proxy(Token);
        await actor.AddAsync(1);
        await Assert.ThrowsAnyAsync<Exception>(() => actor.AddAndFailAsync(10));
        Assert.Equal(1, await actor.GetAsync());
    }

    [Fact]
    public async Task ReminderAndTimer_ReachTheActor()
    {
        var actor = Proxy(Token);
        await actor.RemindAsync("wake");
        await actor.StartTimerAsync();
        await Until.HoldsAsync(async () => await actor.GetAsync() == 1100, "the reminder and the timer fire");
    }

    [Fact]
    public async Task Reentrancy_NestedCalls_EnterUpToTheStackDepth()
    {
        var actor = Target.App.Services.GetRequiredService<IActorProxyFactory>().CreateActorProxy<IEchoActor>(new ActorId(Token), nameof(EchoActor));
        Assert.Equal(2, await actor.NestAsync(2));
        await Assert.ThrowsAnyAsync<Exception>(() => actor.NestAsync(3));
        Assert.Equal(2, await actor.NestAsync(2));
    }

    private ITallyActor Proxy(string id) =>
        Target.App.Services.GetRequiredService<IActorProxyFactory>().CreateActorProxy<ITallyActor>(new ActorId(id), nameof(TallyActor));
}
