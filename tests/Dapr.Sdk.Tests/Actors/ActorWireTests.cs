using System.Net;
using System.Text;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.Actors;

/// <summary>What goes over the wire for timers and reminders, and what the host refuses.</summary>
public sealed class ActorWireTests : IAsyncLifetime
{
    private readonly FakeActorSidecar _sidecar = new();
    private readonly Journal _journal = new();
    private FakeDapr _dapr = null!;
    private TestApp _app = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync(_sidecar.Map);
        _app = await TestApp.StartAsync(a => a.MapActorsHandlers(), services =>
        {
            services.AddSingleton(_journal);
            services.AddActors(options =>
            {
                options.HttpEndpoint = _dapr.Http;
                options.Actors.RegisterActor<AlarmActor>();
            });
        });
        _sidecar.AppAddress = _app.Address;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task Host_CallOfARemotingProxy_IsRefusedWithTheRemedy()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/actors/AlarmActor/a/method/Set") { Content = new ByteArrayContent([1, 2, 3]) };
        request.Headers.Add("X-DaprRequestHeader", "<ActorMessageHeaders><InterfaceId>1</InterfaceId></ActorMessageHeaders>");
        using var answer = await _app.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("X-DaprRequestHeader", text);
        Assert.Contains("InvokeMethodAsync", text);
        Assert.Empty(_journal.Lines);
    }

    [Theory]
    [InlineData("Bare", "bare")]
    [InlineData("WithData", "data 3")]
    [InlineData("Inherited", "inherited")]
    public async Task Timer_Callback_MayHaveNoParameterOrOne(string callback, string expected)
    {
        await Alarm("a").Set(new AlarmRequest(callback, 0, 0, null));
        string json = _sidecar.Timers["t"];
        Assert.Contains($"\"callback\":\"{callback}\"", json);
        using var answer = await _app.Http.PutAsync("/actors/AlarmActor/a/method/timer/t", new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([expected], _journal.Lines);
    }

    [Theory]
    [InlineData("Two")]
    [InlineData("Synchronous")]
    [InlineData("Nobody")]
    public async Task Timer_CallbackThatDoesNotFit_IsRefusedWhenItIsSet(string callback)
    {
        var fault = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => Alarm("a").Set(new AlarmRequest(callback, 0, 0, null)));
        Assert.Contains($"has no method 'Task {callback}()' or 'Task {callback}(byte[])'", fault.Message);
        Assert.Empty(_sidecar.Timers);
    }

    /// <summary>Milliseconds, more than a day, and "never".</summary>
    [Theory]
    [InlineData(0, -1, null, "\"dueTime\":\"0h0m0s0ms\"", null)]
    [InlineData(1_250, 500, null, "\"dueTime\":\"0h0m1s250ms\"", "\"period\":\"0h0m0s500ms\"")]
    [InlineData(90_061_001, 172_800_000, null, "\"dueTime\":\"25h1m1s1ms\"", "\"period\":\"48h0m0s0ms\"")]
    [InlineData(0, 100_000_250, 3, "\"dueTime\":\"0h0m0s0ms\"", "\"period\":\"R3/PT27H46M40.25S\"")]
    public async Task Durations_OfEverySize_TravelExactly(long due, long period, int? repetitions, string dueText, string? periodText)
    {
        await Alarm("a").Set(new AlarmRequest("Bare", due, period, repetitions));
        string[] sent = repetitions is null ? [_sidecar.Reminders["r"], _sidecar.Timers["t"]] : [_sidecar.Reminders["r"]];
        Assert.All(sent, json =>
        {
            Assert.Contains(dueText, json);
            if (periodText is null) Assert.DoesNotContain("period", json);
            else Assert.Contains(periodText, json);
        });
    }

    [Theory]
    [InlineData(-5, 0, null)]           // due before now
    [InlineData(0, -2, null)]           // only -1 ms means "never"
    [InlineData(0, -1, 3)]              // three times never
    [InlineData(0, 1000, 0)]            // no times
    public void Reminder_ImpossibleTimes_AreRefusedBeforeTheyTravel(long due, long period, int? repetitions) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorReminder(
            "T", new ActorId("a"), "r", null, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period), repetitions, null));

    [Theory]
    [InlineData("-5s")]
    [InlineData("1.2.3s")]
    [InlineData("P1X")]
    [InlineData("1s2m")]
    [InlineData("99999999999999999999h")]
    public void Durations_Garbage_IsNoError(string text) => Assert.InRange(ActorDurations.Parse(text), TimeSpan.Zero, TimeSpan.MaxValue);

    [Theory]
    [InlineData("P1DT2H", 26)]
    [InlineData("P2W", 336)]
    [InlineData("R5/P1D", 24)]
    [InlineData("30h", 30)]
    [InlineData("720h0m0s0ms", 720)]
    public void Durations_OverADay_AreRead(string text, int hours) => Assert.Equal(TimeSpan.FromHours(hours), ActorDurations.Parse(text));

    private IAlarm Alarm(string id) => new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = _dapr.Http })
        .CreateActorProxy<IAlarm>(new ActorId(id), nameof(AlarmActor));

    public sealed record AlarmRequest(string Callback, long DueMs, long PeriodMs, int? Repetitions);

    public interface IAlarm : IActor
    {
        Task Set(AlarmRequest request);
    }

    public abstract class BaseActor(ActorHost host, Journal journal) : Actor(host)
    {
        protected Journal Journal { get; } = journal;

        protected Task Inherited()
        {
            Journal.Lines.Add("inherited");
            return Task.CompletedTask;
        }
    }

    /// <summary>Sets one reminder and one timer with the times it is given.</summary>
    public sealed class AlarmActor(ActorHost host, Journal journal) : BaseActor(host, journal), IAlarm
    {
        public async Task Set(AlarmRequest request)
        {
            var (due, period) = (TimeSpan.FromMilliseconds(request.DueMs), TimeSpan.FromMilliseconds(request.PeriodMs));
            if (request.Repetitions is { } count) await RegisterReminderAsync("r", null, due, period, count);
            else await RegisterReminderAsync("r", null, due, period);
            await RegisterTimerAsync("t", request.Callback, [1, 2, 3], due, period);
        }

        internal Task Bare()
        {
            Journal.Lines.Add("bare");
            return Task.CompletedTask;
        }

        internal Task WithData(byte[] data)
        {
            Journal.Lines.Add($"data {data.Length}");
            return Task.CompletedTask;
        }

        internal Task Two(byte[] data, int more) => Task.FromResult(data.Length + more);

        internal void Synchronous() => Journal.Lines.Add("synchronous");
    }
}
