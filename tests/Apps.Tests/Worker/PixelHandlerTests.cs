using System.Text;
using System.Text.Json;
using Dapr;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Worker;

public sealed class PixelHandlerTests : IDisposable
{
    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly Lifetime lifetime = new();

    [Fact]
    public async Task Handle_GoodBatch_IsAcknowledgedAfterItsAnswerWasPublished()
    {
        Assert.Equal("SUCCESS", await DeliverAsync(Envelope(Batch())));
        var (topic, json) = Assert.Single(dapr.Published);
        Assert.Equal(Topics.Recos, topic);
        Assert.True(JsonSerializer.Deserialize<DeliveredEvent>(json)!.TryUnwrap(MessageTypes.RecoBatchV1, RecoBatchV1.Parser, out RecoBatchV1? answer, out _));
        Assert.Equal(("scan-1", "w1", 3L), (answer.ScanId, answer.WorkerId, answer.BatchNumber));
        Assert.Equal(2, answer.Recos.Count);
    }

    [Fact]
    public async Task Handle_BrokerAwayForAWhile_TriesAgain()
    {
        int attempts = 0;
        dapr.OnPublish = _ =>
        {
            if (++attempts < 3) throw new DaprException("broker is away");
        };
        Assert.Equal("SUCCESS", await DeliverAsync(Envelope(Batch())));
        Assert.Single(dapr.Published);
    }

    [Fact]
    public async Task Handle_BrokerStaysAway_AsksForRedelivery()
    {
        dapr.OnPublish = _ => throw new DaprException("broker is away");
        Assert.Equal("RETRY", await DeliverAsync(Envelope(Batch())));
    }

    [Fact]
    public async Task Handle_WorkerStops_AsksForRedelivery()
    {
        PixelHandler handler = Handler(new() { DummyDelay = TimeSpan.FromHours(1) });
        Task<string> delivery = DeliverAsync(Envelope(Batch()), handler);
        lifetime.StopApplication();
        Assert.Equal("RETRY", await delivery);
        Assert.Empty(dapr.Published);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"type": "skydriver.pixel-batch.v1", "data": "text"}""")]
    [InlineData("""{"type": "skydriver.pixel-batch.v1", "data_base64": "/////w=="}""")]
    [InlineData("""{"type": "somebody.elses.v1", "data_base64": ""}""")]
    public async Task Handle_MessageThatCannotBeRead_IsDropped(string body)
    {
        Assert.Equal("DROP", await DeliverAsync(body));
        Assert.Empty(dapr.Published);
    }

    [Fact]
    public async Task Handle_BatchOfAnotherScan_IsDropped()
    {
        PixelBatchV1 batch = Batch();
        batch.ScanId = "scan-2";
        Assert.Equal("DROP", await DeliverAsync(Envelope(batch)));
    }

    public void Dispose() => lifetime.Dispose();

    private PixelHandler Handler(Reco.RecoOptions? reco = null)
    {
        WorkerOptions options = new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1", Reco = reco ?? new() };
        EventSource source = new(new HttpClient(new Api()), options, TimeProvider.System, NullLogger<EventSource>.Instance);
        WorkerEvent ev = new(source, options, NullLogger<WorkerEvent>.Instance);
        ev.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        SkippingClock clock = new();
        return new(new RecoSlots(ev, options, TimeProvider.System), new AnswerPublisher(new(dapr), options, clock), new WorkerDuty(clock), options, lifetime, NullLogger<PixelHandler>.Instance);
    }

    private async Task<string> DeliverAsync(string body, PixelHandler? handler = null)
    {
        DefaultHttpContext context = new();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        IResult result = await (handler ?? Handler()).HandleAsync(context.Request);
        object value = Assert.IsAssignableFrom<IValueHttpResult>(result).Value!;
        return JsonSerializer.SerializeToElement(value, JsonSerializerOptions.Web).GetProperty("status").GetString()!;
    }

    private static string Envelope(PixelBatchV1 batch) =>
        JsonSerializer.Serialize(ProtobufCloudEvent.Wrap("m1", MessageTypes.PixelBatchV1, AppIds.Scanner, batch));

    private static PixelBatchV1 Batch()
    {
        VertexV1 start = new() { Energy = double.NaN };
        return new()
        {
            ScanId = "scan-1",
            BatchNumber = 3,
            RecoAlgo = "dummy",
            Variations = { new PixelVariationV1 { Nside = 1, Ipix = 3, Start = start }, new PixelVariationV1 { Nside = 1, Ipix = 4, Start = start } },
        };
    }

    private sealed class Api : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string ev = await File.ReadAllTextAsync(Path.Combine(TestPaths.Repository, "examples", "track.json"), cancellationToken);
            return new() { Content = new StringContent($$"""{"i3_event": {{ev}}}""") };
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => stopping.Cancel();

        public void Dispose() => stopping.Dispose();
    }
}
