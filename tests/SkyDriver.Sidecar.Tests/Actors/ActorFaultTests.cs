using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Actors;

/// <summary>One fault, armed at one call of the store or the app: state is whole, and a reminder that was promised fires.</summary>
public sealed class ActorFaultTests
{
    [Theory]
    [InlineData(WriteFault.SaveFails)]
    [InlineData(WriteFault.AnswerLost)]
    [InlineData(WriteFault.Conflict)]
    public async Task State_OneBadWrite_IsToldAndChangesAllOrNothing(WriteFault fault)
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(new FaultyStore(new InMemoryStateStore(TimeProvider.System), fault, badWrite: 2));
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("one", "wake");
        Assert.Equal(204, (await WriteAsync(1)).Status);

        var (status, body) = await WriteAsync(2);

        Assert.Equal(500, status);
        Assert.Contains("ERR_ACTOR_STATE_TRANSACTION_SAVE", body, StringComparison.Ordinal);
        string expected = fault is WriteFault.AnswerLost ? "2" : "1";
        Assert.Equal((expected, expected), ((await ReadAsync("a")).Body, (await ReadAsync("b")).Body));
        Assert.Equal(204, (await WriteAsync(3)).Status);
        Assert.Equal("3", (await ReadAsync("a")).Body);

        Task<(int Status, string Body)> ReadAsync(string key) => sidecar.SendAsync(HttpMethod.Get, $"Counter/one/state/{key}");
        Task<(int Status, string Body)> WriteAsync(int value) => sidecar.SendAsync(
            HttpMethod.Post, "Counter/one/state", $$$"""[{"operation":"upsert","request":{"key":"a","value":{{{value}}}}},{"operation":"upsert","request":{"key":"b","value":{{{value}}}}}]""");
    }

    [Theory]
    [InlineData(WriteFault.SaveFails, 1)]
    [InlineData(WriteFault.SaveFails, 2)]
    [InlineData(WriteFault.SaveFails, 3)]
    [InlineData(WriteFault.AnswerLost, 1)]
    [InlineData(WriteFault.AnswerLost, 2)]
    [InlineData(WriteFault.AnswerLost, 3)]
    [InlineData(WriteFault.Conflict, 2)]
    public async Task Reminder_OneBadWrite_FiresAsOftenAsPromised(WriteFault fault, int badWrite)
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(new FaultyStore(new InMemoryStateStore(clock), fault, badWrite), clock);
        var sidecar = await host.AddAsync("app", app);
        if (await TryRegisterAsync() != 204) Assert.Equal(204, await TryRegisterAsync());

        await EngineHost.UntilAsync(async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404;
        }, "the reminder is used up");
        Assert.InRange(app.At("/remind/r").Count(), 3, 4);

        async Task<int> TryRegisterAsync() => (await sidecar.RemindAsync("one", "r", """{"dueTime":"1s","period":"R3/PT1S"}""")).Status;
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public async Task Reminder_TheProcessDiesAtAWrite_FiresAfterTheRestart(int fatalWrite, bool written)
    {
        var clock = new ManualClock();
        var disk = new InMemoryStateStore(clock);
        var mortal = new MortalStore(disk, fatalWrite, written);
        int before;
        await using (var app = await TestApp.StartAsync())
        await using (var host = new ActorHost(mortal, clock))
        {
            var sidecar = await host.AddAsync("app", app);
            Assert.Equal(204, (await sidecar.RemindAsync("one", "r", """{"dueTime":"1s","period":"R2/PT1S"}""")).Status);
            await EngineHost.UntilAsync(() =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(mortal.Died.Task.IsCompleted);
            }, "the process dies");
            before = app.Requests.Count;
        }

        await using var newApp = await TestApp.StartAsync();
        await using var newHost = new ActorHost(disk, clock);
        var again = await newHost.AddAsync("app", newApp);
        await EngineHost.UntilAsync(async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return (await again.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404;
        }, "the reminder is used up");
        Assert.True(before + newApp.Requests.Count >= 2, $"{before} firings before and {newApp.Requests.Count} after the restart");
    }

    [Fact]
    public async Task Reminder_TheAppIsDown_FiresWhenItIsBack()
    {
        var clock = new ManualClock();
        await using var host = new ActorHost(new InMemoryStateStore(clock), clock);
        var app = await TestApp.StartAsync();
        var sidecar = await host.AddAsync("app", app);
        await sidecar.RemindAsync("one", "r", """{"dueTime":"1s"}""");
        await app.DisposeAsync();
        await ActorHost.RemoveAsync(sidecar);
        clock.Advance(TimeSpan.FromMinutes(1));

        await using var back = await TestApp.StartAsync();
        await host.AddAsync("app", back);
        await EngineHost.UntilAsync(() => Task.FromResult(back.At("/remind/r").Count() == 1), "the reminder fires");
    }
}
