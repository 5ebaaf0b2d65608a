using System.Net;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;
using SkyDriver.Scanner;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Scanner;

/// <summary>A scan actor as Dapr would run it, turn by turn, with everything around it in memory and workers to call by hand.</summary>
internal sealed class ScanHarness
{
    public const string ScanId = "scan-1";

    private readonly Reminders reminders = new();
    private int published;
    private ScanActor? active;

    private ScanHarness(ScanRequestV1 request)
    {
        Documents = new(Dapr.Store, Clock);
        Scans = new(Documents, Clock);
        Events = new(Dapr.Store, Documents, new BlobWritings(Dapr.Store, Documents, Clock));
        Results = new(Dapr.Store, Documents, new BlobWritings(Dapr.Store, Documents, Clock), Clock);
        Request = request;
    }

    public ScanRequestV1 Request { get; private set; }

    public FakeDapr Dapr { get; } = FakeDapr.Create();

    public FakeActorState State { get; } = new();

    public SkippingClock Clock { get; } = new();

    public StateDocuments Documents { get; }

    public ScanStore Scans { get; }

    public EventStore Events { get; }

    public ResultStore Results { get; }

    public Orchestrator Lifecycle { get; } = new();

    public bool HasReminder => reminders.Registered;

    public ScannerOptions Options { get; init; } = new() { ProgressInterval = TimeSpan.FromSeconds(1), ResultInterval = TimeSpan.FromSeconds(1) };

    /// <summary>A stored request, manifest and event; the scan is not open yet.</summary>
    public static async Task<ScanHarness> CreateAsync(string algorithm = "dummy", string nsides = "1:0 2:4", int? maxPixelRecoTime = null)
    {
        byte[] json = await File.ReadAllBytesAsync(Path.Combine(TestPaths.Repository, "examples", "track.json"));
        OrderedDictionary<string, int> steps = [];
        foreach (string[] step in nsides.Split(' ').Select(s => s.Split(':'))) steps.Add(step[0], int.Parse(step[1]));
        ScanHarness harness = new(new()
        {
            ScanId = ScanId,
            DockerTag = "test",
            RecoAlgo = algorithm,
            Nsides = steps,
            RealOrSimulatedEvent = "simulated",
            RequestClusters = [],
            MaxPixelRecoTime = maxPixelRecoTime,
            I3EventId = "",
        });
        harness.Request = harness.Request with { I3EventId = await harness.Events.SaveAsync(json) };
        await harness.Scans.TryCreateAsync(harness.Request, new() { ScanId = ScanId, I3EventId = harness.Request.I3EventId });
        return harness;
    }

    /// <summary>Opens the scan, for which a worker listens already.</summary>
    public async Task<ScanProgressV1> OpenAsync()
    {
        ScanProgressV1 opened = await OpenUnheardAsync();
        await AnnounceAsync("w0");
        return opened;
    }

    /// <summary>Opens the scan while there is no worker yet.</summary>
    public Task<ScanProgressV1> OpenUnheardAsync() => TurnAsync(actor => actor.Open(new(ScanId, Request.I3EventId)));

    /// <summary>A worker says that it listens.</summary>
    public Task AnnounceAsync(string worker, int slots = 1) => RecordAsync(new RecoBatchV1 { ScanId = ScanId, WorkerId = worker, Slots = slots });

    public Task<ScanProgressV1> ProgressAsync() => TurnAsync(actor => actor.GetProgress());

    public Task HintAsync(int workers) => TurnAsync(actor => actor.HintWorkers(new(workers)));

    public Task AbortAsync(string reason) => TurnAsync(actor => actor.Abort(new(reason)));

    public Task RecordAsync(params RecoBatchV1[] batches) => TurnAsync(actor => actor.RecordRecos(new([.. batches.Select(b => b.ToByteArray())])));

    public Task SweepAsync() => TurnAsync(actor => actor.ReceiveReminderAsync("sweep", [], TimeSpan.Zero, TimeSpan.Zero));

    /// <summary>The process dies between two turns.</summary>
    public void Crash() => active = null;

    /// <summary>Pixel batches published since the last call.</summary>
    public List<PixelBatchV1> TakePublished()
    {
        List<PixelBatchV1> batches = [];
        foreach (var (topic, json) in Dapr.Published.Skip(published).Where(p => p.Topic == Topics.Pixels(ScanId)))
        {
            DeliveredEvent message = JsonSerializer.Deserialize<DeliveredEvent>(json)!;
            Assert.True(message.TryUnwrap(MessageTypes.PixelBatchV1, PixelBatchV1.Parser, out PixelBatchV1? batch, out string? fault), fault);
            batches.Add(batch);
        }

        published = Dapr.Published.Count;
        return batches;
    }

    /// <summary>What a worker with the dummy reconstruction answers.</summary>
    public static RecoBatchV1 Reconstruct(PixelBatchV1 batch, string worker = "w1") =>
        new BatchReconstructor(null, new() { Api = new("http://nowhere.invalid"), ScanId = ScanId, WorkerId = worker }, TimeProvider.System)
            .Run(batch, CancellationToken.None);

    /// <summary>A worker that cannot answer anything.</summary>
    public static RecoBatchV1 Fail(PixelBatchV1 batch, string worker)
    {
        RecoBatchV1 answer = new() { ScanId = ScanId, WorkerId = worker, BatchNumber = batch.BatchNumber };
        foreach (PixelVariationV1 v in batch.Variations)
            answer.Recos.Add(new RecoV1 { Nside = v.Nside, Ipix = v.Ipix, Posvar = v.Posvar, Llh = double.NaN, Failure = "out of memory" });
        return answer;
    }

    /// <summary>Works until the scan is over, with the answers of each turn in an order of their own.</summary>
    /// <param name="afterTurn">Called after each turn, with its number.</param>
    public async Task RunToEndAsync(Random order, int workers = 1, Action<int>? afterTurn = null)
    {
        List<PixelBatchV1> waiting = TakePublished();
        for (int turn = 0; waiting.Count > 0; turn++)
        {
            Assert.True(turn < 100_000, "the scan does not end");
            int next = order.Next(waiting.Count);
            PixelBatchV1 batch = waiting[next];
            waiting.RemoveAt(next);
            await RecordAsync(Reconstruct(batch, $"w{order.Next(workers)}"));
            afterTurn?.Invoke(turn);
            Clock.Advance(TimeSpan.FromMilliseconds(200));
            waiting.AddRange(TakePublished());
        }
    }

    public async Task<byte[]> ResultAsync()
    {
        StoredResult? stored = await Results.LoadAsync(ScanId);
        Assert.NotNull(stored);
        return stored.SkyscanResult;
    }

    private Task TurnAsync(Func<ScanActor, Task> body) => TurnAsync(async actor =>
    {
        await body(actor);
        return true;
    });

    /// <summary>One turn of the actor.</summary>
    public async Task<T> TurnAsync<T>(Func<ScanActor, Task<T>> body)
    {
        active ??= Activate();
        try
        {
            T result = await body(active);
            await active.StateManager.SaveStateAsync();
            return result;
        }
        catch
        {
            await active.StateManager.ClearCacheAsync();
            throw;
        }
    }

    private ScanActor Activate()
    {
        ActorHost host = ActorHost.CreateForTest<ScanActor>(new ActorTestOptions { ActorId = new ActorId(ScanId), TimerManager = reminders });
        LifecycleClient lifecycles = new(new HttpClient(Lifecycle) { BaseAddress = new("http://orchestrator.invalid") });
        ScanActor actor = new(
            host,
            new ScanPlans(Scans, Events),
            new PixelPublisher(new(Dapr), NullLogger<PixelPublisher>.Instance),
            new ScanReporter(new(Dapr), Scans, Results, lifecycles, NullLogger<ScanReporter>.Instance),
            Options,
            Clock,
            NullLogger<ScanActor>.Instance);
        // The runtime gives an activation its state; the setter is for it alone.
        typeof(Actor).GetProperty(nameof(Actor.StateManager))!.SetValue(actor, State.Activate());
        return actor;
    }

    /// <summary>Takes life-cycle events.</summary>
    internal sealed class Orchestrator : HttpMessageHandler
    {
        public bool IsDown { get; set; }

        public List<(string Path, string Body)> Events { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsDown) throw new HttpRequestException("refused");
            Events.Add((request.RequestUri!.AbsolutePath, await request.Content!.ReadAsStringAsync(cancellationToken)));
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
