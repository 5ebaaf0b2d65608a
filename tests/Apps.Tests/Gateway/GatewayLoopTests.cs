using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.Tracing;
using SkyDriver.Worker;
using SkyDriver.Worker.Gateway;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>A worker that fetches its pixels, against a service that a test plays.</summary>
public sealed class GatewayLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Service service = new();
    private readonly Lifetime lifetime = new();

    public void Dispose()
    {
        service.Dispose();
        Environment.ExitCode = 0;
    }

    [Fact]
    public async Task Loop_BatchesUntilTheScanIsOver_AnswersEachAndEnds()
    {
        service.Work.Enqueue(Batch(1));
        service.Work.Enqueue(Batch(2));
        using MetricCollector metrics = new("tests");
        using GatewayLoop loop = Loop(slots: 2);
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Found.Count == 2, "both are answered");
        service.Status = HttpStatusCode.Gone;
        await loop.ExecuteTask!.WaitAsync(Patience);
        Assert.True(lifetime.IsStopping);
        Assert.Equal(0, Environment.ExitCode);
        Assert.Equal([1, 2], service.Found.Select(f => f.BatchNumber).Order());
        Assert.All(service.Found, f => Assert.Equal(("scan1", "w1", 2, 1), (f.ScanId, f.WorkerId, f.Slots, f.Recos.Count)));
        Assert.Empty(service.Released);
        Assert.True(PrometheusPage.Parse(metrics.Show()).Value("skydriver_worker_batches_total", "outcome=\"done\"") >= 2);
    }

    [Fact]
    public async Task Loop_AnswerBringsTheNextBatch_AsksForWorkOnlyWhenItDoesNot()
    {
        for (int n = 1; n <= 5; n++) service.Work.Enqueue(Batch(n));
        using GatewayLoop loop = Loop();
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Found.Count == 5 && service.Asked > 1, "all are answered and it asks for more");
        Assert.Equal(2, service.Asked);
        Assert.Equal([1, 2, 3, 4, 5], service.Found.Select(f => f.BatchNumber));
        await loop.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Loop_BatchOfATrace_IsASpanOfItUntilTheAnswerIsPosted()
    {
        const string Sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        List<Activity> spans = [];
        using ActivityListener recorder = new()
        {
            ShouldListenTo = source => source.Name == SkyDriverTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans) if (span.TraceId.ToString() == Sender[3..35]) spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(recorder);
        service.Trace = Sender;
        service.Work.Enqueue(Batch(3));
        using GatewayLoop loop = Loop();
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Asked > 1, "it asks for more");
        await loop.StopAsync(CancellationToken.None);
        Activity span = Assert.Single(spans);
        Assert.Equal(("reconstruct batch", Sender[36..52]), (span.OperationName, span.ParentSpanId.ToString()));
        Assert.Equal(("scan1", 3L, "w1"), (span.GetTagItem("skydriver.scan_id"), span.GetTagItem("skydriver.batch"), span.GetTagItem("skydriver.worker")));
        Assert.Equal(span.SpanId.ToString(), service.PostedUnder);
    }

    [Fact]
    public async Task Loop_ServiceIsAwayForAWhile_AnswersArePostedAllTheSame()
    {
        service.Work.Enqueue(Batch(1));
        service.Losses = 6;
        using GatewayLoop loop = Loop(clock: new SkippingClock());
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Found.Count == 1, "it is answered");
        await loop.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Loop_ToldToStop_GivesItsLeasesBack()
    {
        service.Work.Enqueue(Batch(8));
        using GatewayLoop loop = Loop(delay: TimeSpan.FromHours(1));
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Work.Count == 0 && service.Held.Contains(8), "it works on the batch");
        await loop.StopAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal([8], service.Released);
        Assert.Empty(service.Found);
    }

    [Fact]
    public async Task Loop_LeaseIsOver_DropsTheWorkAndTakesOther()
    {
        service.Work.Enqueue(Batch(8));
        service.Over.Add(8);
        using GatewayLoop loop = Loop(delay: TimeSpan.FromHours(1));
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Held.Contains(8) && service.Asked > 1, "it asks for more");
        await loop.StopAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Empty(service.Released);
        Assert.Empty(service.Found);
    }

    [Fact]
    public async Task Loop_AnswerIsLate_GoesOn()
    {
        service.Work.Enqueue(Batch(1));
        service.Late.Add(1);
        using MetricCollector metrics = new("tests");
        using GatewayLoop loop = Loop();
        await loop.StartAsync(CancellationToken.None);
        await Until.HoldsAsync(() => service.Asked > 1, "it asks for more");
        Assert.Single(service.Found);
        Assert.False(lifetime.IsStopping);
        await loop.StopAsync(CancellationToken.None);
        Assert.True(PrometheusPage.Parse(metrics.Show()).Value("skydriver_worker_batches_total", "outcome=\"late\"") >= 1);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Loop_NotLetIn_EndsWithACodeOfItsOwn(HttpStatusCode status)
    {
        service.Status = status;
        using GatewayLoop loop = Loop();
        await loop.StartAsync(CancellationToken.None);
        await loop.ExecuteTask!.WaitAsync(Patience);
        Assert.True(lifetime.IsStopping);
        Assert.Equal(GatewayLoop.NoGateway, Environment.ExitCode);
    }

    [Fact]
    public async Task Loop_ServiceStaysAway_GivesUpAfterItsPatience()
    {
        service.Losses = int.MaxValue;
        SkippingClock clock = new();
        using GatewayLoop loop = Loop(clock: clock);
        DateTimeOffset start = clock.GetUtcNow();
        await loop.StartAsync(CancellationToken.None);
        await loop.ExecuteTask!.WaitAsync(Patience);
        Assert.True(clock.GetUtcNow() - start >= TimeSpan.FromHours(1));
        Assert.Equal(GatewayLoop.NoGateway, Environment.ExitCode);
    }

    private GatewayLoop Loop(int slots = 1, TimeSpan delay = default, TimeProvider? clock = null)
    {
        WorkerOptions options = new() { Api = new("http://api.invalid/"), ScanId = "scan1", WorkerId = "w1", Slots = slots, UsesGateway = true, Reco = new() { DummyDelay = delay } };
        WorkerEvent ev = new(new EventSource(new HttpClient(service), options, TimeProvider.System, NullLogger<EventSource>.Instance), options, NullLogger<WorkerEvent>.Instance);
        ev.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return new(
            new GatewayClient(new HttpClient(service), options), new RecoSlots(ev, options, TimeProvider.System), new WorkerDuty(TimeProvider.System), options, lifetime,
            clock ?? TimeProvider.System, NullLogger<GatewayLoop>.Instance);
    }

    private static PixelBatchV1 Batch(long number) => new() { ScanId = "scan1", BatchNumber = number, RecoAlgo = "dummy", Variations = { new PixelVariationV1 { Nside = 1, Ipix = 2, Start = new() } } };

    /// <summary>The REST service. A request for work that finds none waits until somebody hangs up or the status changes.</summary>
    private sealed class Service : HttpMessageHandler
    {
        private static readonly byte[] Event = File.ReadAllBytes(Path.Combine(TestPaths.Repository, "examples", "track.json"));
        private readonly Lock gate = new();

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        /// <summary>Requests that get lost before anything is answered.</summary>
        public int Losses { get; set; }

        public Queue<PixelBatchV1> Work { get; } = [];

        public List<RecoBatchV1> Found { get; } = [];

        public List<long> Released { get; } = [];

        public HashSet<long> Held { get; } = [];

        public HashSet<long> Over { get; } = [];

        public HashSet<long> Late { get; } = [];

        public int Asked { get; private set; }

        /// <summary>Goes with the batches, where it is set.</summary>
        public string? Trace { get; set; }

        /// <summary>Span in which the last answer was posted.</summary>
        public string? PostedUnder { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get) return new(HttpStatusCode.OK) { Content = new ByteArrayContent([.. "{\"i3_event\":"u8, .. Event, (byte)'}']) };
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            string action = request.RequestUri!.AbsolutePath["/worker/scan1/".Length..];
            if (action == "work" && Idle()) await WaitAsync(cancellationToken);
            lock (gate)
            {
                if (Losses > 0)
                {
                    Losses--;
                    throw new HttpRequestException("refused");
                }

                if (Status != HttpStatusCode.OK) return new(Status);
                return action switch
                {
                    "work" => Hand(),
                    "recos" => Take(RecoBatchV1.Parser.ParseFrom(body), request.RequestUri.Query == "?next=true"),
                    _ => Tend(action, JsonDocument.Parse(body).RootElement),
                };
            }
        }

        private bool Idle()
        {
            lock (gate) return ++Asked > 0 && Work.Count == 0 && Losses == 0;
        }

        private async Task WaitAsync(CancellationToken stop)
        {
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
            while (Status == HttpStatusCode.OK && Work.Count == 0) await look.WaitForNextTickAsync(stop);
        }

        private HttpResponseMessage Hand()
        {
            if (!Work.TryDequeue(out PixelBatchV1? batch)) return new(HttpStatusCode.NoContent);
            HttpResponseMessage answer = new(HttpStatusCode.OK) { Content = new ByteArrayContent(batch.ToByteArray()) };
            answer.Headers.Add(GatewayNames.LeaseHeader, batch.BatchNumber.ToString(System.Globalization.CultureInfo.InvariantCulture));
            answer.Headers.Add(GatewayNames.LeaseSecondsHeader, "0.3");
            if (Trace is not null) answer.Headers.Add(GatewayNames.TraceHeader, Trace);
            return answer;
        }

        private HttpResponseMessage Take(RecoBatchV1 found, bool wantsNext)
        {
            Found.Add(found);
            PostedUnder = Activity.Current?.SpanId.ToString();
            if (Late.Contains(found.BatchNumber)) return new(HttpStatusCode.Conflict);
            return wantsNext && Work.Count > 0 ? Hand() : new(HttpStatusCode.OK);
        }

        private HttpResponseMessage Tend(string action, JsonElement body)
        {
            if (action == "release") Released.AddRange(body.GetProperty("leases").EnumerateArray().Select(n => n.GetInt64()));
            else Held.UnionWith(body.GetProperty("held").EnumerateArray().Select(n => n.GetInt64()));
            return new(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(new { over = Over.Where(Held.Contains), lease_seconds = 0.3 })) };
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public bool IsStopping { get; private set; }

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => IsStopping = true;
    }
}
