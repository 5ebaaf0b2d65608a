using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Actors;

/// <summary>What becomes of actors and reminders when instances leave, fall ill or fail.</summary>
public sealed class ActorLifeTests
{
    [Fact]
    public async Task Drain_CallUnderWay_EndsWhereItIs_AndTheNextOneGoesElsewhere()
    {
        await using var app = await TestApp.StartAsync();
        await using var other = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var first = await host.AddAsync("app", app);
        var release = new TaskCompletionSource();
        app.Handler = (_, request) => request.Verb == "PUT" ? release.Task : Task.CompletedTask;
        var under = first.CallAsync("one", "m0");
        await EngineHost.UntilAsync(() => Task.FromResult(!app.Requests.IsEmpty), "the call is under way");
        var second = await host.AddAsync("app", other);

        var drained = first.Instance.App.Engine<ActorEngine>()!.DrainInstanceAsync(first.Instance);
        var next = second.CallAsync("one", "m1");
        Assert.Empty(other.Requests);
        release.SetResult();

        Assert.Equal(200, (await under).Status);
        Assert.Equal(200, (await next).Status);
        await drained;
        Assert.Equal("/actors/Counter/one/method/m1", other.Requests.Single().Path);
        Assert.Equal("m0", app.Requests.First().Path.Split('/')[^1]);
    }

    [Fact]
    public async Task Drain_CallThatTakesTooLong_IsNotWaitedForLongerThanTheAppAllows()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync("""{"entities":["Counter"],"drainOngoingCallTimeout":"10s","drainRebalancedActors":true}""");
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var under = sidecar.CallAsync("one", "m0");
        await EngineHost.UntilAsync(() => Task.FromResult(!app.Requests.IsEmpty), "the call is under way");

        var drained = sidecar.Instance.App.Engine<ActorEngine>()!.DrainInstanceAsync(sidecar.Instance);
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(drained.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Until.EndsAsync(drained);

        await ActorHost.RemoveAsync(sidecar);
        Assert.Equal(404, (await under).Status);
    }

    [Fact]
    public async Task Unhealthy_App_GetsNoTurns_AndItsRemindersWait()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        await sidecar.RemindAsync("one", "r", """{"dueTime":"1m"}""");

        sidecar.Instance.SetHealth(false);
        clock.Advance(TimeSpan.FromMinutes(2));
        var (status, body) = await sidecar.CallAsync("one", "ping");
        Assert.Equal(404, status);
        Assert.Contains("ERR_ACTOR_NO_ADDRESS", body, StringComparison.Ordinal);
        Assert.Empty(app.Requests);

        sidecar.Instance.SetHealth(true);
        await EngineHost.UntilAsync(() => Task.FromResult(app.At("/remind/r").Count() == 1), "the reminder fires");
        Assert.Equal(200, (await sidecar.CallAsync("one", "ping")).Status);
    }

    [Fact]
    public async Task Unhealthy_Replica_HandsItsActorsToTheOther()
    {
        await using var app = await TestApp.StartAsync();
        await using var other = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var first = await host.AddAsync("app", app);
        await first.CallAsync("one", "m0");
        await host.AddAsync("app", other);

        first.Instance.SetHealth(false);

        Assert.Equal(200, (await first.CallAsync("one", "m1")).Status);
        Assert.Equal("/actors/Counter/one/method/m1", other.Requests.Single().Path);
        Assert.Single(app.Requests);
    }

    [Fact]
    public async Task Reminder_OneShot_OutlivesManyFailures()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, _) =>
        {
            context.Response.StatusCode = app.Requests.Count < 8 ? 500 : 200;
            return Task.CompletedTask;
        };
        await sidecar.RemindAsync("one", "r", """{"dueTime":"0s"}""");
        await EngineHost.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(app.Requests.Count == 8);
        }, "the eighth try");
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404, "the reminder is done");
    }

    [Fact]
    public async Task Reminder_PolicyDrop_IsGoneAfterOneTry()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, _) =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await sidecar.RemindAsync("one", "r", """{"dueTime":"0s","failurePolicy":{"drop":{}}}""");
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404, "the reminder is gone");
        Assert.Single(app.Requests);
    }

    [Fact]
    public async Task Reminders_OfATypeOrAnActor_AreListedAndRemoved()
    {
        await using var app = await TestApp.StartAsync("""{"entities":["Counter","CounterToo"]}""");
        await using var host = new ActorHost(NewStore(), new ManualClock());
        var sidecar = await host.AddAsync("app", app);
        await sidecar.RemindAsync("one", "a", """{"dueTime":"1h","period":"1m","ttl":"3h","data":"x"}""");
        await sidecar.RemindAsync("one", "b", """{"dueTime":"1h"}""");
        await sidecar.RemindAsync("two", "a", """{"dueTime":"1h"}""");
        await sidecar.SendAsync(HttpMethod.Post, "CounterToo/one/reminders/a", """{"dueTime":"1h"}""");

        Assert.Equal(["one/a", "one/b", "two/a"], (await ListAsync(null)).Select(r => $"{r.Reminder.ActorId}/{r.Name}"));
        var first = (await ListAsync("one"))[0];
        Assert.Equal(("@every 1m0s", "3h", "\"x\""), (first.Reminder.Period, first.Reminder.Ttl, first.Reminder.Data.Value.ToStringUtf8()));
        await RemoveAsync("one");
        Assert.Equal(["two/a"], (await ListAsync(null)).Select(r => $"{r.Reminder.ActorId}/{r.Name}"));
        await RemoveAsync(null);
        Assert.Empty(await ListAsync(null));
        Assert.Equal(200, (await sidecar.SendAsync(HttpMethod.Get, "CounterToo/one/reminders/a")).Status);

        async Task<IReadOnlyList<NamedActorReminder>> ListAsync(string? id)
        {
            var request = new ListActorRemindersRequest { ActorType = "Counter" };
            if (id is not null) request.ActorId = id;
            return (await sidecar.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/ListActorReminders", request, ListActorRemindersResponse.Parser)).Reminders;
        }

        Task RemoveAsync(string? id)
        {
            var request = new UnregisterActorRemindersByTypeRequest { ActorType = "Counter" };
            if (id is not null) request.ActorId = id;
            return sidecar.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/UnregisterActorRemindersByType", request, UnregisterActorRemindersByTypeResponse.Parser);
        }
    }

    [Fact]
    public async Task State_TimeToLive_ShowsAndPasses()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(new InMemoryStateStore(clock), clock);
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("one", "wake");
        await sidecar.SendAsync(HttpMethod.Post, "Counter/one/state", """[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"10"}}}]""");

        var read = await sidecar.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/GetActorState", new GetActorStateRequest { ActorType = "Counter", ActorId = "one", Key = "k" }, GetActorStateResponse.Parser);
        Assert.Equal("2026-01-01T00:00:10Z", read.Metadata["ttlExpireTime"]);
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(200, (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/state/k")).Status);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/state/k")).Status);
    }

    [Fact]
    public async Task Metadata_TellsWhichActorsAreActive()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("one", "wake");
        await sidecar.CallAsync("two", "wake");
        var metadata = new EngineMetadata();
        sidecar.Instance.App.Engine<ActorEngine>()!.Describe(sidecar.Instance, metadata);
        Assert.Equal([("Counter", 2)], metadata.ActiveActors);
        Assert.True(metadata.ActorHostReady);
    }

    [Fact]
    public async Task NoActorStore_State_IsRefusedAndNothingIsHosted()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(store: null);
        var sidecar = await host.AddAsync("app", app);
        Assert.Equal(404, (await sidecar.CallAsync("one", "wake")).Status);
        var (status, body) = await sidecar.SendAsync(HttpMethod.Post, "Counter/one/state", "[]");
        Assert.Equal(500, status);
        Assert.Contains("ERR_ACTOR_RUNTIME_NOT_FOUND", body, StringComparison.Ordinal);
    }

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);
}
