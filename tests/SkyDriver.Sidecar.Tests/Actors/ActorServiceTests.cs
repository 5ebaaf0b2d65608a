using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Actors;

public sealed class ActorServiceTests
{
    [Fact]
    public async Task Invoke_Method_PassesBodyHeadersAndAnswer()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, request) => context.Response.WriteAsync("got " + request.Body);

        var reply = await sidecar.CallAsync("a b", "add", "5");

        Assert.Equal((200, "got 5"), reply);
        var seen = app.Requests.Single();
        Assert.Equal(("PUT", "/actors/Counter/a b/method/add"), (seen.Verb, seen.Path));
        Assert.StartsWith("application/json", seen.Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_FromAnotherApp_FindsTheHost()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        await host.AddAsync("scanner", app);
        var caller = await host.AddAsync("api", null);
        app.Handler = (context, _) => context.Response.WriteAsync("here");
        Assert.Equal((200, "here"), await caller.CallAsync("one", "ping"));
        var grpc = await caller.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/InvokeActor", new InvokeActorRequest { ActorType = "Counter", ActorId = "one", Method = "ping" }, InvokeActorResponse.Parser);
        Assert.Equal("here", grpc.Data.ToStringUtf8());
    }

    [Fact]
    public async Task Invoke_Faults_HaveDaprsCodes()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = async (context, _) =>
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync("boom");
        };

        var (status, body) = await sidecar.CallAsync("one", "ping");
        Assert.Equal(500, status);
        Assert.Contains("ERR_ACTOR_INVOKE_METHOD", body, StringComparison.Ordinal);
        Assert.Contains("(500) boom", body, StringComparison.Ordinal);
        (status, body) = await sidecar.SendAsync(HttpMethod.Put, "Nobody/one/method/ping");
        Assert.Equal(404, status);
        Assert.Contains("ERR_ACTOR_NO_ADDRESS", body, StringComparison.Ordinal);
        (status, body) = await sidecar.SendAsync(HttpMethod.Put, "dapr.internal.x/one/method/ping");
        Assert.Equal(403, status);
        Assert.Contains("ERR_ACTOR_TYPE_RESERVED", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_AnswerMarkedAsAppError_PassesUnchanged()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = async (context, _) =>
        {
            context.Response.StatusCode = 400;
            context.Response.Headers[ActorReply.ErrorHeader] = "true";
            await context.Response.WriteAsync("mine");
        };
        Assert.Equal((400, "mine"), await sidecar.CallAsync("one", "ping"));
    }

    [Fact]
    public async Task Invoke_SameActor_OneTurnAtATimeInOrder_OthersBeside()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        var release = new TaskCompletionSource();
        app.Handler = (_, request) => request.Path.Contains("/one/", StringComparison.Ordinal) ? release.Task : Task.CompletedTask;

        var first = sidecar.CallAsync("one", "m0");
        await EngineHost.UntilAsync(() => Task.FromResult(app.Requests.Count == 1), "the first call is in its turn");
        List<Task> later = [];
        for (int i = 1; i <= 3; i++)
        {
            later.Add(sidecar.CallAsync("one", $"m{i}"));
            // Another actor's answer shows that this one's request has reached the sidecar as well.
            await sidecar.CallAsync("two", $"x{i}");
        }

        Assert.Single(app.At("/m0"));
        Assert.Equal(3, app.Requests.Count(r => r.Path.Contains("/two/", StringComparison.Ordinal)));
        Assert.DoesNotContain(app.Requests, r => r.Path.EndsWith("/one/method/m1", StringComparison.Ordinal));
        release.SetResult();
        await Task.WhenAll([first, .. later]);
        Assert.Equal(4, app.Requests.Count(r => r.Path.Contains("/one/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Invoke_Reentrant_SameChainEnters_UpToItsDepth()
    {
        await using var app = await TestApp.StartAsync("""{"entities":["Counter"],"reentrancy":{"enabled":true,"maxStackDepth":2}}""");
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = async (context, request) =>
        {
            string chain = request.Headers[ActorCall.ChainHeader];
            if (request.Path.EndsWith("/outer", StringComparison.Ordinal)) await context.Response.WriteAsync((await sidecar.CallAsync("one", "inner", chain: chain)).Body);
            else await context.Response.WriteAsync((await sidecar.CallAsync("one", "inner", chain: chain)).Body.Contains("ERR_ACTOR_STACK_DEPTH", StringComparison.Ordinal) ? "deep enough" : "?");
        };
        Assert.Equal((200, "deep enough"), await sidecar.CallAsync("one", "outer"));
    }

    [Fact]
    public async Task State_Transaction_IsReadBack_AndKeyed()
    {
        await using var app = await TestApp.StartAsync();
        var store = NewStore();
        await using var host = new ActorHost(store);
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("one", "wake");

        Assert.Equal((204, ""), await sidecar.SendAsync(HttpMethod.Post, "Counter/one/state", """[{"operation":"upsert","request":{"key":"n","value":{"x": 1.50}}},{"operation":"upsert","request":{"key":"m","value":2}}]"""));
        Assert.Equal((200, """{"x": 1.50}"""), await sidecar.SendAsync(HttpMethod.Get, "Counter/one/state/n"));
        Assert.NotNull(await store.GetAsync("app||Counter||one||n", CancellationToken.None));
        Assert.Equal((204, ""), await sidecar.SendAsync(HttpMethod.Post, "Counter/one/state", """[{"operation":"delete","request":{"key":"n"}}]"""));
        Assert.Equal((204, ""), await sidecar.SendAsync(HttpMethod.Get, "Counter/one/state/n"));
        var read = await sidecar.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/GetActorState", new GetActorStateRequest { ActorType = "Counter", ActorId = "one", Key = "m" }, GetActorStateResponse.Parser);
        Assert.Equal("2", read.Data.ToStringUtf8());
    }

    [Fact]
    public async Task State_ActorNotActiveHere_IsRefused()
    {
        await using var app = await TestApp.StartAsync();
        await using var other = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var first = await host.AddAsync("app", app);
        var second = await host.AddAsync("app", other);
        await first.CallAsync("one", "wake");
        var stranger = app.Requests.IsEmpty ? first : second;

        var (status, body) = await stranger.SendAsync(HttpMethod.Post, "Counter/one/state", "[]");

        Assert.Equal(400, status);
        Assert.Contains("ERR_ACTOR_INSTANCE_MISSING", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Counter/one/state", "{}")]
    [InlineData("Counter/one/state", """[{"operation":"explode","request":{"key":"k"}}]""")]
    [InlineData("Counter/one/reminders/r", """{"dueTime":"soon"}""")]
    [InlineData("Counter/one/reminders/r", """{"dueTime":"1s","period":"R0/PT1S"}""")]
    [InlineData("Counter/one/timers/t", "nonsense")]
    public async Task Request_Malformed_Is400(string path, string body)
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("one", "wake");
        var (status, answer) = await sidecar.SendAsync(HttpMethod.Post, path, body);
        Assert.Equal(400, status);
        Assert.Contains("ERR_MALFORMED_REQUEST", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_Two_ShareTheActors_AndOneThatLeavesHandsThemOver()
    {
        await using var app = await TestApp.StartAsync();
        await using var other = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var first = await host.AddAsync("app", app);
        var second = await host.AddAsync("app", other);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 32; i++) await first.CallAsync($"a{i}", "ping");
        }

        string[] here = [.. app.Requests.Select(r => r.Path).Distinct()];
        string[] there = [.. other.Requests.Select(r => r.Path).Distinct()];
        Assert.Equal(32, here.Length + there.Length);
        Assert.True(here.Length > 4 && there.Length > 4, $"{here.Length} and {there.Length} actors: not spread.");
        Assert.Empty(here.Intersect(there));

        await ActorHost.RemoveAsync(first);
        for (int i = 0; i < 32; i++) Assert.Equal(200, (await second.CallAsync($"a{i}", "ping")).Status);
        Assert.Equal(32, other.Requests.Select(r => r.Path).Distinct().Count());
    }

    [Fact]
    public async Task Idle_LongerThanTheTimeout_IsDeactivated_UsedOnesStay()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync("""{"entities":["Counter"],"actorIdleTimeout":"10m","actorScanInterval":"11m"}""");
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        await sidecar.CallAsync("idle", "wake");
        clock.Advance(TimeSpan.FromMinutes(5));
        await sidecar.CallAsync("busy", "wake");
        clock.Advance(TimeSpan.FromMinutes(6));
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Post, "Counter/idle/state", "[]")).Status == 400, "the idle actor is put to sleep");
        Assert.Equal("/actors/Counter/idle", app.Requests.Single(r => r.Verb == "DELETE").Path);
        Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Post, "Counter/busy/state", "[]")).Status);
    }

    [Fact]
    public async Task Reminder_Periodic_FiresUntilItsCountIsUsedUp()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        Assert.Equal(204, (await sidecar.RemindAsync("one", "r", """{"dueTime":"0h0m10s0ms","period":"R2/PT1M","data":"c3RhdGU="}""")).Status);
        var (_, description) = await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r");
        Assert.Contains("\"period\":\"@every 1m0s\"", description, StringComparison.Ordinal);

        clock.Advance(TimeSpan.FromSeconds(10));
        await FiredAsync(app, "/remind/r", 1);
        Assert.Equal("""{"data":"c3RhdGU=","dueTime":"","period":""}""", app.At("/remind/r").Single().Body);
        await EngineHost.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(app.At("/remind/r").Count() == 2);
        }, "the second firing");
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404, "the reminder is used up");
    }

    [Fact]
    public async Task Reminder_Fails_IsTriedAgain()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, _) =>
        {
            context.Response.StatusCode = app.Requests.Count < 3 ? 500 : 200;
            return Task.CompletedTask;
        };
        await sidecar.RemindAsync("one", "r", """{"dueTime":"0s"}""");
        await EngineHost.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(app.Requests.Count == 3);
        }, "the third try");
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404, "the reminder is done");
        Assert.Equal(3, app.Requests.Count);
    }

    [Fact]
    public async Task Reminder_AfterRestart_FiresOnTheNewHost()
    {
        var clock = new ManualClock();
        var store = NewStore();
        await using (var app = await TestApp.StartAsync())
        await using (var host = new ActorHost(store, clock))
        {
            var sidecar = await host.AddAsync("app", app);
            await sidecar.RemindAsync("one", "r", """{"dueTime":"1h","period":"1h"}""");
        }

        clock.Advance(TimeSpan.FromHours(3.5));
        await using var newApp = await TestApp.StartAsync();
        await using var newHost = new ActorHost(store, clock);
        await newHost.AddAsync("app", newApp);
        await FiredAsync(newApp, "/remind/r", 1);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(newApp.Requests);
    }

    [Fact]
    public async Task Reminder_NoOverwrite_AndUnregister_FollowTheContract()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        await sidecar.RemindAsync("one", "r", """{"dueTime":"1h"}""");
        var (status, body) = await sidecar.RemindAsync("one", "r", """{"dueTime":"1s","overwrite":false}""");
        Assert.Equal(409, status);
        Assert.Contains("ERR_ACTOR_REMINDER_ALREADY_EXISTS", body, StringComparison.Ordinal);
        Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Delete, "Counter/one/reminders/r")).Status);
        Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Delete, "Counter/one/reminders/r")).Status);
        Assert.Equal(404, (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status);
        (status, body) = await sidecar.SendAsync(HttpMethod.Post, "Other/one/reminders/r", "{}");
        Assert.Equal(403, status);
        Assert.Contains("ERR_ACTOR_REMINDER_NON_HOSTED", body, StringComparison.Ordinal);
        var fault = await Assert.ThrowsAsync<RpcException>(() => sidecar.Grpc.UnaryAsync(
            "/dapr.proto.runtime.v1.Dapr/GetActorReminder", new GetActorReminderRequest { ActorType = "Counter", ActorId = "one", Name = "r" }, GetActorReminderResponse.Parser));
        Assert.Equal(StatusCode.NotFound, fault.StatusCode);
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty(app.Requests);
    }

    [Fact]
    public async Task Reminder_AnswerCancels_IsGone()
    {
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore());
        var sidecar = await host.AddAsync("app", app);
        app.Handler = (context, _) =>
        {
            context.Response.Headers[ActorReply.CancelHeader] = "true";
            return Task.CompletedTask;
        };
        var request = new RegisterActorReminderRequest { ActorType = "Counter", ActorId = "one", Name = "r", DueTime = "0s", Period = "1h", Data = ByteString.CopyFrom(1, 2) };
        await sidecar.Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/RegisterActorReminder", request, Google.Protobuf.WellKnownTypes.Empty.Parser);
        await FiredAsync(app, "/remind/r", 1);
        await EngineHost.UntilAsync(async () => (await sidecar.SendAsync(HttpMethod.Get, "Counter/one/reminders/r")).Status == 404, "the reminder is gone");
        Assert.Contains("\"data\":\"AQI=\"", app.Requests.Single().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timer_Fires_UntilTheActorSleeps()
    {
        var clock = new ManualClock();
        await using var app = await TestApp.StartAsync();
        await using var host = new ActorHost(NewStore(), clock);
        var sidecar = await host.AddAsync("app", app);
        Assert.Equal(400, (await sidecar.SendAsync(HttpMethod.Post, "Counter/one/timers/t", """{"dueTime":"1s"}""")).Status);
        await sidecar.CallAsync("one", "wake");
        Assert.Equal(204, (await sidecar.SendAsync(HttpMethod.Post, "Counter/one/timers/t", """{"dueTime":"1s","period":"1m","callback":"Tick","data":7}""")).Status);

        clock.Advance(TimeSpan.FromSeconds(1));
        await FiredAsync(app, "/timer/t", 1);
        Assert.Equal("""{"callback":"Tick","data":7,"dueTime":"1s","period":"1m"}""", app.At("/timer/t").Single().Body);
        await EngineHost.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(app.At("/timer/t").Count() >= 2);
        }, "the second tick");

        await sidecar.SendAsync(HttpMethod.Delete, "Counter/one/timers/t");
        int ticks = app.At("/timer/t").Count();
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(ticks, app.At("/timer/t").Count());
    }

    private static InMemoryStateStore NewStore() => new(TimeProvider.System);

    private static Task FiredAsync(TestApp app, string suffix, int times) =>
        EngineHost.UntilAsync(() => Task.FromResult(app.At(suffix).Count() == times), $"{suffix} fires {times} times");
}
