using System.Net;
using System.Text.Json;
using Dapr;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Worker;

/// <summary>How a worker makes itself known, and how it leaves.</summary>
public sealed class WorkerPresenceTests
{
    private static readonly WorkerOptions Options = new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1", Slots = 3 };

    private readonly FakeDapr dapr = FakeDapr.Create();
    private readonly SkippingClock clock = new();

    [Fact]
    public async Task Announcer_UntilTheFirstBatch_SaysItAgainAndThenNoMore()
    {
        WorkerDuty duty = new(clock);
        TaskCompletionSource third = new();
        int said = 0;
        dapr.OnPublish = _ =>
        {
            // The first word is lost.
            if (++said == 1) throw new DaprException("broker is away");
            if (said == 4) third.SetResult();
            if (said == 5) duty.Begin().Dispose();
        };
        using Announcer announcer = new(new AnswerPublisher(new(dapr), Options, clock), duty, dapr, Options, clock, NullLogger<Announcer>.Instance);
        await announcer.StartAsync(CancellationToken.None);
        await third.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await announcer.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(dapr.Published.Count >= 2);
        Assert.All(dapr.Published, word =>
        {
            Assert.True(JsonSerializer.Deserialize<DeliveredEvent>(word.Json)!.TryUnwrap(MessageTypes.RecoBatchV1, RecoBatchV1.Parser, out RecoBatchV1? batch, out _));
            Assert.Equal(("scan-1", "w1", 3, 0), (batch.ScanId, batch.WorkerId, batch.Slots, batch.Recos.Count));
        });
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, """{"is_deleted": true, "scan_complete": false, "ewms_deactivated": null}""")]
    [InlineData(HttpStatusCode.OK, """{"is_deleted": false, "scan_complete": true, "ewms_deactivated": null}""")]
    [InlineData(HttpStatusCode.OK, """{"is_deleted": false, "scan_complete": false, "ewms_deactivated": "FINISHED"}""")]
    [InlineData(HttpStatusCode.NotFound, "{}")]
    public async Task ScanWatch_ScanIsOver_EndsTheWorker(HttpStatusCode status, string body)
    {
        Api api = new(HttpStatusCode.ServiceUnavailable, "not json") { Next = new(status, body) };
        Lifetime lifetime = new();
        using ScanWatch watch = new(new HttpClient(api), new WorkerDuty(clock), Options, lifetime, clock, NullLogger<ScanWatch>.Instance);
        await watch.StartAsync(CancellationToken.None);
        await watch.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(lifetime.IsStopping);
        Assert.Equal(4, api.Calls);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, """{"is_deleted": false, "scan_complete": false, "ewms_deactivated": null}""")]
    [InlineData(HttpStatusCode.OK, "not json")]
    [InlineData(HttpStatusCode.Unauthorized, "{}")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "{}")]
    public async Task ScanWatch_NobodySaysSo_GoesOn(HttpStatusCode status, string body)
    {
        using CancellationTokenSource stop = new();
        Api api = new(status, body) { Enough = stop };
        Lifetime lifetime = new();
        using ScanWatch watch = new(new HttpClient(api), new WorkerDuty(clock), Options, lifetime, clock, NullLogger<ScanWatch>.Instance);
        await watch.StartAsync(stop.Token);
        await watch.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(lifetime.IsStopping);
    }

    /// <summary>Answers the same three times; then the next, or it is enough.</summary>
    private sealed class Api(HttpStatusCode status, string body) : HttpMessageHandler
    {
        public int Calls { get; private set; }

        public (HttpStatusCode Status, string Body)? Next { get; init; }

        public CancellationTokenSource? Enough { get; init; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("/scan/scan-1/status?no_redirect=true", request.RequestUri!.PathAndQuery);
            bool next = ++Calls > 3;
            if (next) Enough?.Cancel();
            (HttpStatusCode code, string text) = next ? Next ?? (status, body) : (status, body);
            return Task.FromResult(new HttpResponseMessage(code) { Content = new StringContent(text) });
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
