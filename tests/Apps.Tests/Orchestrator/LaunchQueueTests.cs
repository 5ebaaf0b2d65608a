using System.Net;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Launching;

namespace SkyDriver.Apps.Tests.Orchestrator;

public class LaunchQueueTests
{
    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly SkippingClock clock = new();
    private readonly FakeActorState state = new();
    private readonly Reminders reminders = new();
    private readonly Lifecycles lifecycles = new();
    private readonly ScanStore scans;
    private BacklogOptions options = new();
    private LaunchQueueActor? active;

    public LaunchQueueTests() => scans = new(new StateDocuments(dapr.Store, clock), clock);

    [Fact]
    public async Task Enqueue_FiftyScansAndAnAlert_TheAlertOvertakesThemAll()
    {
        for (int i = 0; i < 50; i++) await EnqueueAsync($"scan-{i:00}", priority: i % 2);
        // The first had an empty backlog before it; all others wait for their five minutes.
        Assert.Equal(["scan-00"], lifecycles.Permitted);
        await EnqueueAsync("alert", priority: 100);
        Assert.Equal(["scan-00", "alert"], lifecycles.Permitted);
        await TurnAsync(queue => queue.Launched("alert"));
        Assert.Equal(50, (await ListAsync()).Count);
        for (int i = 0; i < 3; i++)
        {
            await TurnAsync(queue => queue.Launched(lifecycles.Permitted[^1]));
            clock.Advance(TimeSpan.FromMinutes(4));
            await LookAsync();
            Assert.Equal(2 + i, lifecycles.Permitted.Count);
            clock.Advance(TimeSpan.FromMinutes(1));
            await LookAsync();
        }

        // By priority, and among equals by age.
        Assert.Equal(["scan-00", "alert", "scan-01", "scan-03", "scan-05"], lifecycles.Permitted);
    }

    [Fact]
    public async Task Enqueue_NoIntervalOnALaptop_LetsGoAtOnceUntilEnoughRun()
    {
        options = new() { LaunchInterval = TimeSpan.Zero, MaxConcurrentScans = 2 };
        foreach (string scan in new[] { "a", "b", "c" }) await EnqueueAsync(scan);
        Assert.Equal(["a", "b"], lifecycles.Permitted);
        await TurnAsync(queue => queue.Launched("a"));
        await TurnAsync(queue => queue.Launched("b"));
        Assert.Equal(["a", "b"], lifecycles.Permitted);
        await EnqueueAsync("alert", priority: 100);
        Assert.Equal(["a", "b", "alert"], lifecycles.Permitted);
        await TurnAsync(queue => queue.Launched("alert"));
        await TurnAsync(queue => queue.Remove("a"));
        Assert.Equal(3, lifecycles.Permitted.Count);
        await TurnAsync(queue => queue.Remove("b"));
        Assert.Equal(["a", "b", "alert", "c"], lifecycles.Permitted);
    }

    [Fact]
    public async Task Enqueue_ClockWasSetBack_DoesNotWaitUntilItHasCaughtUp()
    {
        await EnqueueAsync("a");
        await TurnAsync(queue => queue.Launched("a"));
        clock.Advance(TimeSpan.FromHours(-1));
        await EnqueueAsync("b");
        Assert.Equal(["a", "b"], lifecycles.Permitted);
        await TurnAsync(queue => queue.Launched("b"));
        // And the interval counts again.
        await EnqueueAsync("c");
        Assert.Equal(["a", "b"], lifecycles.Permitted);
    }

    [Fact]
    public async Task Look_RunningScansEndedWithoutAWord_DoNotHoldTheirPlaces()
    {
        options = new() { LaunchInterval = TimeSpan.Zero, MaxConcurrentScans = 1 };
        await EnqueueAsync("a");
        await TurnAsync(queue => queue.Launched("a"));
        await EnqueueAsync("b");
        await LookAsync();
        Assert.Equal(["a"], lifecycles.Permitted);
        await scans.UpdateManifestAsync("a", m => m with { Complete = true });
        await LookAsync();
        Assert.Equal(["a", "b"], lifecycles.Permitted);
    }

    [Fact]
    public async Task Enqueue_Again_IsOneEntryWithItsFirstPlace()
    {
        await EnqueueAsync("a");
        await EnqueueAsync("b");
        await EnqueueAsync("c");
        IReadOnlyList<BacklogEntryV1> before = await ListAsync();
        await EnqueueAsync("b");
        Assert.Equal(before, await ListAsync());
        await TurnAsync(queue => queue.Launched("a"));
        await EnqueueAsync("a");
        Assert.Equal(["b", "c"], (await ListAsync()).Select(e => e.ScanId));
        Assert.Equal(["a"], lifecycles.Permitted);
    }

    [Fact]
    public async Task Look_PermitNotTakenUp_ComesAgainAndAfterThreeTheScanHasFailed()
    {
        options = new() { LaunchInterval = TimeSpan.Zero };
        await EnqueueAsync("a");
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(attempt, lifecycles.Permitted.Count);
            BacklogEntryV1 entry = Assert.Single(await ListAsync());
            Assert.Equal((attempt + 1, Seconds()), (entry.NextAttempt, entry.PendingTimestamp));
            clock.Advance(TimeSpan.FromMinutes(4));
            await LookAsync();
            Assert.Equal(attempt, lifecycles.Permitted.Count);
            clock.Advance(TimeSpan.FromMinutes(1));
            await LookAsync();
        }

        Assert.Empty(await ListAsync());
        ScanManifest manifest = (await scans.GetManifestAsync("a"))!;
        Assert.Equal("FAILED__PRESTARTUP", ScanState.Of(manifest));
        Assert.Contains("let go 3 times", manifest.Lifecycle.Failure);
        Assert.True(manifest.Complete);
        Assert.Equal("/lifecycles/a/events/launch-refused", lifecycles.Events[^1].Path);
        Assert.Contains(dapr.Published, p => p.Json.Contains("\"kind\":\"ended\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Look_ScanHasNoLifecycle_CountsAsAnAttemptAndBlocksNobody()
    {
        lifecycles.Unknown.Add("a");
        await EnqueueAsync("a");
        await EnqueueAsync("b");
        Assert.Equal(["b"], lifecycles.Permitted);
        Assert.Equal(2, (await ListAsync()).Single(e => e.ScanId == "a").NextAttempt);
    }

    [Fact]
    public async Task Look_NobodyCanBeTold_IsNoAttemptOfTheScan()
    {
        lifecycles.IsDown = true;
        await EnqueueAsync("a");
        for (int i = 0; i < 5; i++) await LookAsync();
        Assert.Equal((1, null), (Assert.Single(await ListAsync()).NextAttempt, (await ListAsync())[0].PendingTimestamp));
        lifecycles.IsDown = false;
        await LookAsync();
        Assert.Equal(["a"], lifecycles.Permitted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Look_DeletedScanIsReached_IsTakenOutAndCostsNoTurn(bool deleted)
    {
        lifecycles.IsDown = true;
        await EnqueueAsync("a");
        await EnqueueAsync("b");
        if (deleted) await scans.UpdateManifestAsync("a", m => m with { IsDeleted = true });
        else await dapr.DeleteStateAsync("statestore", StateKeys.Manifest("a"));
        lifecycles.IsDown = false;
        await LookAsync();
        Assert.Equal(["b"], lifecycles.Permitted);
        Assert.Equal(["b"], (await ListAsync()).Select(e => e.ScanId));
    }

    [Fact]
    public async Task Turns_KilledBetweenAny_LoseNothing()
    {
        options = new() { LaunchInterval = TimeSpan.Zero, MaxConcurrentScans = 3 };
        List<string> ended = [];
        for (int i = 0; i < 400; i++)
        {
            await EnqueueAsync($"scan-{i:000}");
            active = null;
        }

        Assert.True(state.LargestSave < 64_000, $"{state.LargestSave} characters in one save");
        while (ended.Count < 400)
        {
            string[] started = [.. lifecycles.Permitted.Except(ended)];
            Assert.InRange(started.Length, 1, 3);
            foreach (string scan in started)
            {
                await TurnAsync(queue => queue.Launched(scan));
                active = null;
                await TurnAsync(queue => queue.Remove(scan));
                active = null;
                ended.Add(scan);
            }
        }

        Assert.Equal(Enumerable.Range(0, 400).Select(i => $"scan-{i:000}"), lifecycles.Permitted);
        Assert.Empty(await ListAsync());
        Assert.Equal(["head"], state.Keys);
    }

    [Fact]
    public async Task Enqueue_StoreFailsAfterThePermit_TellsItAgain()
    {
        int saves = 0;
        state.OnSave = () =>
        {
            if (++saves == 2) throw new InvalidOperationException("store away");
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => EnqueueAsync("a"));
        await LookAsync();
        Assert.Equal(["a", "a"], lifecycles.Permitted);
        Assert.Equal(2, Assert.Single(await ListAsync()).NextAttempt);
    }

    [Fact]
    public async Task Look_NothingWaits_EndsTheReminderUntilSomethingDoes()
    {
        await EnqueueAsync("a");
        Assert.True(reminders.Registered);
        await TurnAsync(queue => queue.Remove("a"));
        await LookAsync();
        Assert.False(reminders.Registered);
        await EnqueueAsync("b");
        Assert.True(reminders.Registered);
    }

    private async Task EnqueueAsync(string scanId, int priority = 0)
    {
        clock.Advance(TimeSpan.FromMilliseconds(10));
        await scans.TryCreateAsync(
            new() { ScanId = scanId, DockerTag = "t", RecoAlgo = "dummy", Nsides = [], RealOrSimulatedEvent = "simulated", RequestClusters = [], I3EventId = "e" },
            new() { ScanId = scanId, Timestamp = Seconds() });
        await TurnAsync(queue => queue.Enqueue(new(scanId, Seconds(), priority, null, 1)));
    }

    private Task LookAsync() => TurnAsync(queue => queue.ReceiveReminderAsync("look", [], TimeSpan.Zero, TimeSpan.Zero));

    private async Task<IReadOnlyList<BacklogEntryV1>> ListAsync() => (await (active ??= Activate()).List()).Entries;

    private async Task TurnAsync(Func<LaunchQueueActor, Task> body)
    {
        active ??= Activate();
        try
        {
            await body(active);
        }
        catch
        {
            await active.StateManager.ClearCacheAsync();
            throw;
        }
    }

    private double Seconds() => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    private LaunchQueueActor Activate()
    {
        ActorHost host = ActorHost.CreateForTest<LaunchQueueActor>(new ActorTestOptions { ActorId = new ActorId(ActorTypes.Backlog), TimerManager = reminders });
        LifecycleClient client = new(new HttpClient(lifecycles, disposeHandler: false) { BaseAddress = new("http://orchestrator.invalid") });
        LaunchQueueActor actor = new(host, scans, client, new ScanEventPublisher(new(dapr), clock), options, clock, NullLogger<LaunchQueueActor>.Instance);
        // The runtime gives an activation its state; the setter is for it alone.
        typeof(Actor).GetProperty(nameof(Actor.StateManager))!.SetValue(actor, state.Activate());
        return actor;
    }

    private sealed class Lifecycles : HttpMessageHandler
    {
        public bool IsDown { get; set; }

        public HashSet<string> Unknown { get; } = [];

        public List<(string Path, string Body)> Events { get; } = [];

        public IReadOnlyList<string> Permitted =>
            [.. Events.Where(e => e.Path.EndsWith("/launch-permit", StringComparison.Ordinal)).Select(e => JsonSerializer.Deserialize<JsonElement>(e.Body).GetProperty("scanId").GetString()!)];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsDown) throw new HttpRequestException("refused");
            string path = request.RequestUri!.AbsolutePath;
            if (Unknown.Contains(path.Split('/')[2])) return new(HttpStatusCode.NotFound);
            Events.Add((path, await request.Content!.ReadAsStringAsync(cancellationToken)));
            return new(HttpStatusCode.OK);
        }
    }

    private sealed class Reminders : ActorTimerManager
    {
        public bool Registered { get; private set; }

        public override Task RegisterReminderAsync(ActorReminder reminder)
        {
            Registered = true;
            return Task.CompletedTask;
        }

        public override Task UnregisterReminderAsync(ActorReminderToken reminder)
        {
            Registered = false;
            return Task.CompletedTask;
        }

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) => throw new NotSupportedException();

        public override Task RegisterTimerAsync(ActorTimer timer) => throw new NotSupportedException();

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw new NotSupportedException();
    }
}
