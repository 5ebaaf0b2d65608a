using System.Net;
using System.Text;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.Actors;

/// <summary>Host and proxies over sockets, with a sidecar that only forwards and stores.</summary>
public sealed class ActorTests : IAsyncLifetime
{
    private readonly FakeActorSidecar _sidecar = new();
    private readonly Journal _journal = new();
    private FakeDapr _dapr = null!;
    private TestApp _app = null!;
    private ActorProxyFactory _proxies = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync(_sidecar.Map);
        _app = await TestApp.StartAsync(a => a.MapActorsHandlers(), services =>
        {
            services.AddSingleton(_journal);
            services.AddActors(options =>
            {
                options.HttpEndpoint = _dapr.Http;
                options.Actors.RegisterActor<CounterActor>();
                options.ActorIdleTimeout = TimeSpan.FromMinutes(10);
                options.ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 8 };
            });
        });
        _sidecar.AppAddress = _app.Address;
        _proxies = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = _dapr.Http });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task TypedProxy_Calls_ReachOneActorAndItsState()
    {
        var counter = Proxy("a");
        Assert.Equal(2, await counter.Add(new Step(2)));
        Assert.Equal(5, await counter.Add(new Step(3), TestContext.Current.CancellationToken));
        Assert.Equal(0, await Proxy("b").Get());
        Assert.Equal(5, _sidecar.State["Counter/a/count"].GetInt32());
        Assert.Equal(2, _sidecar.Transactions.Count);
        Assert.Equal(["activated a", "activated b"], _journal.Lines);
    }

    [Fact]
    public async Task WeakProxy_Calls_UseTheSameForm()
    {
        var counter = _proxies.Create(new ActorId("a"), "Counter");
        Assert.Equal(4, await counter.InvokeMethodAsync<Step, int>("Add", new Step(4)));
        await counter.InvokeMethodAsync("Add", new Step(1));
        Assert.Equal(5, await counter.InvokeMethodAsync<int>("Get"));
        var fault = await Assert.ThrowsAsync<DaprApiException>(() => counter.InvokeMethodAsync("Nothing"));
        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", fault.ErrorCode);
        Assert.Contains("no method 'Nothing'", fault.Message);
    }

    [Fact]
    public async Task Turn_Throws_NothingIsSavedAndTheCacheIsDropped()
    {
        var counter = Proxy("a");
        await counter.Add(new Step(1));
        var fault = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => counter.Fail(10));
        Assert.Contains("InvalidOperationException: half done", fault.Message);
        Assert.Equal(1, await counter.Get());
        Assert.Single(_sidecar.Transactions);
    }

    [Fact]
    public async Task Turn_SaveFails_CallFailsAndTheNextReadsTheStore()
    {
        var counter = Proxy("a");
        _sidecar.FailState = true;
        var fault = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => counter.Add(new Step(5)));
        Assert.Contains("disk full", fault.Message);
        _sidecar.FailState = false;
        Assert.Equal(0, await counter.Get());
        Assert.Equal(1, await counter.Add(new Step(1)));
    }

    [Fact]
    public async Task Turn_ManyChanges_AreOneTransaction()
    {
        var counter = Proxy("a");
        await counter.Store(new Dictionary<string, string> { ["x"] = "update", ["y"] = "add" });
        await counter.Store(new Dictionary<string, string> { ["x"] = "update", ["y"] = "remove" });
        Assert.Equal(
            [
                """[{"operation":"upsert","request":{"key":"x","value":10}},{"operation":"upsert","request":{"key":"y","value":1,"metadata":{"ttlInSeconds":"5"}}}]""",
                """[{"operation":"upsert","request":{"key":"x","value":11}},{"operation":"delete","request":{"key":"y"}}]""",
            ],
            _sidecar.Transactions);
        var fault = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => counter.Store(new Dictionary<string, string> { ["y"] = "remove" }));
        Assert.Contains("There is no state 'y'", fault.Message);
    }

    [Fact]
    public async Task Reminder_Fires_RunsATurnWithItsData()
    {
        await Proxy("a").Remind("sweep");
        Assert.Equal("""{"dueTime":"0h1m30s0ms","period":"0h1m0s0ms","data":"AQID"}""", _sidecar.Reminders["sweep"]);
        Assert.Equal("""{"dueTime":"0h0m0s0ms","period":"R5/PT1H30M0S","data":""}""", _sidecar.Reminders["sweep-five"]);
        Assert.Equal("""{"dueTime":"0h0m1s0ms","callback":"OnTimer","data":"CQ=="}""", _sidecar.Timers["sweep"]);
        Assert.Equal(["sweep 3 00:01:30 00:01:00", "True"], _journal.Lines[1..]);

        await PutAsync("/actors/Counter/a/method/remind/sweep", """{"data":"AQID","dueTime":"","period":""}""");
        await PutAsync("/actors/Counter/a/method/remind/sweep", """{"dueTime":"1m30s","period":"@every 1m0s"}""");
        await PutAsync("/actors/Counter/a/method/timer/sweep", """{"callback":"OnTimer","data":"CQ==","dueTime":"1s","period":""}""");
        Assert.Equal(
            ["reminder sweep [1,2,3] 00:00:00 00:00:00", "reminder sweep [] 00:01:30 00:01:00", "timer 9"], _journal.Lines[3..]);
        Assert.Equal(1200, _sidecar.State["Counter/a/count"].GetInt32());
    }

    [Fact]
    public async Task Deactivate_NextCall_MakesANewActorFromState()
    {
        var counter = Proxy("a");
        await counter.Add(new Step(7));
        using (var answer = await _app.Http.DeleteAsync("/actors/Counter/a")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using (var again = await _app.Http.DeleteAsync("/actors/Counter/a")) Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(7, await counter.Get());
        Assert.Equal(["activated a", "deactivated a", "disposed", "activated a"], _journal.Lines);
    }

    [Fact]
    public async Task NestedCall_ReentrancyId_TravelsAlong()
    {
        Assert.Equal("other has 0", await Proxy("a").AskOther("b"));
        Assert.Equal(2, _sidecar.ReentrancyIds.Count);
        Assert.Single(_sidecar.ReentrancyIds.Distinct());
    }

    [Fact]
    public async Task Config_Types_AreAnnounced()
    {
        Assert.Equal(
            """{"entities":["Counter"],"actorIdleTimeout":"0h10m0s0ms","reentrancy":{"enabled":true,"maxStackDepth":8}}""",
            await _app.Http.GetStringAsync("/dapr/config"));
        Assert.Equal("Healthy", await _app.Http.GetStringAsync("/healthz"));
        using var other = await _app.Http.PutAsync("/actors/Other/a/method/Get", null);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Proxy_SidecarGone_IsTransient()
    {
        var proxy = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = "http://127.0.0.1:9" }).Create(new ActorId("a"), "Counter");
        var fault = await Assert.ThrowsAsync<DaprApiException>(() => proxy.InvokeMethodAsync("Get"));
        Assert.True(fault.IsTransient);
    }

    [Fact]
    public void Proxy_InterfaceThatCannotTravel_NamesEveryFault()
    {
        var fault = Assert.Throws<ArgumentException>(() => _proxies.CreateActorProxy<IBroken>(new ActorId("a"), "X"));
        Assert.Contains("Sync returns neither Task nor Task<T>", fault.Message);
        Assert.Contains("Two takes 2 values", fault.Message);
        Assert.Contains("Over is overloaded", fault.Message);
    }

    [Fact]
    public async Task CreateForTest_Actor_RunsWithTheTestsParts()
    {
        var timers = new RecordingTimers();
        var host = ActorHost.CreateForTest<CounterActor>(new ActorTestOptions { ActorId = new ActorId("t"), TimerManager = timers });
        var actor = new CounterActor(host, _journal);
        Assert.Equal(("t", "Counter"), (actor.Id.GetId(), host.ActorTypeInfo.ActorTypeName));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(actor.Get);
        Assert.Contains("state manager of the test", fault.Message);
        await actor.Remind("r");
        Assert.Equal(["r", "r-five", "r"], timers.Names);
        Assert.Throws<InvalidOperationException>(() => { _ = host.ProxyFactory.Create(new ActorId("x"), "Counter"); });
    }

    [Theory]
    [InlineData("1h2m3s4ms", 3_723_004)]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1500)]
    [InlineData("2m", 120_000)]
    [InlineData("@every 1m0s", 60_000)]
    [InlineData("R5/PT1M", 60_000)]
    [InlineData("PT1H0.5S", 3_600_500)]
    [InlineData("", 0)]
    [InlineData("soon", 0)]
    [InlineData(null, 0)]
    public void Durations_EveryForm_IsRead(string? text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ActorDurations.Parse(text));

    private ICounter Proxy(string id) => _proxies.CreateActorProxy<ICounter>(new ActorId(id), "Counter");

    private async Task PutAsync(string path, string json)
    {
        using var answer = await _app.Http.PutAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public interface IBroken : IActor
    {
        void Sync();

        Task Two(int one, int two);

        Task Over();

        Task Over(int one);
    }

    private sealed class RecordingTimers : ActorTimerManager
    {
        private readonly Dictionary<string, ActorReminder> _reminders = [];

        public List<string> Names { get; } = [];

        public override Task RegisterReminderAsync(ActorReminder reminder)
        {
            Names.Add(reminder.Name);
            _reminders[reminder.Name] = reminder;
            return Task.CompletedTask;
        }

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) =>
            Task.FromResult<IActorReminder>(_reminders.GetValueOrDefault(reminder.Name)!);

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => Task.CompletedTask;

        public override Task RegisterTimerAsync(ActorTimer timer)
        {
            Names.Add(timer.Name);
            return Task.CompletedTask;
        }

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => Task.CompletedTask;
    }
}
