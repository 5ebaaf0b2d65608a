using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Client;

public sealed class SkyDriverClientTests : IAsyncLifetime
{
    private readonly SkippingClock clock = new();
    private readonly Queue<RequestDelegate> answers = [];
    private readonly List<(string Method, string Path, string? Key, string Body)> asked = [];
    private readonly WebApplication server;

    public SkyDriverClientTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.Run(async context =>
        {
            using StreamReader body = new(context.Request.Body);
            HttpRequest request = context.Request;
            asked.Add((request.Method, request.Path + request.QueryString, request.Headers["Idempotency-Key"], await body.ReadToEndAsync()));
            await (answers.Count > 1 ? answers.Dequeue() : answers.Peek())(context);
        });
    }

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Launch_ServiceSaysLater_TriesAgainWithTheSameKeyAndBody(int status)
    {
        Answers(Error(status, "later"), Error(status, "later"), Manifest("scan1"));
        ScanManifest manifest = await Client().LaunchAsync(Scan(), "key-1");
        Assert.Equal("scan1", manifest.ScanId);
        Assert.Equal(3, asked.Count);
        Assert.Single(asked.Distinct());
        Assert.Equal(("POST", "/scan", "key-1"), (asked[0].Method, asked[0].Path, asked[0].Key));
        using JsonDocument body = JsonDocument.Parse(asked[0].Body);
        Assert.Equal("""[["local",2]]""", body.RootElement.GetProperty("request_clusters").GetRawText());
        Assert.False(body.RootElement.TryGetProperty("priority", out _));
    }

    [Fact]
    public async Task GetManifest_ConnectionBreaks_TriesAgain()
    {
        Answers(Abort, Abort, Manifest("scan1"));
        Assert.Equal("scan1", (await Client().GetManifestAsync("scan1")).ScanId);
        Assert.Equal(3, asked.Count);
    }

    [Fact]
    public async Task GetManifest_ServiceStaysAway_GivesUpWhenPatienceIsUsedUp()
    {
        Answers(Error(503, "overloaded"));
        DateTimeOffset start = clock.GetUtcNow();
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.Equal((503, "overloaded"), (fault.StatusCode, fault.Message));
        Assert.InRange(clock.GetUtcNow() - start, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        Assert.InRange(asked.Count, 5, 20);
    }

    [Fact]
    public async Task GetManifest_NobodyListens_SaysWhereAndWhatHelps()
    {
        await server.StopAsync();
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.True(fault.IsUnreachable);
        Assert.Contains("http://127.0.0.1", fault.Message);
        Assert.Contains("skydriver up", fault.Message);
        Assert.False(await Client().IsReadyAsync());
    }

    [Fact]
    public async Task GetManifest_ServiceNeverAnswers_CountsAsUnreachable()
    {
        Answers(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using HttpClient impatient = new() { BaseAddress = new(server.Urls.First()), Timeout = TimeSpan.FromMilliseconds(50) };
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => new SkyDriverClient(impatient, clock, TimeSpan.Zero).GetManifestAsync("scan1"));
        Assert.True(fault.IsUnreachable);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(500)]
    public async Task Launch_ServiceRefuses_IsNotRepeatedAndSaysWhy(int status)
    {
        Answers(Error(status, "'nsides': must be type 'object' (dict)"));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().LaunchAsync(Scan(), "key-1"));
        Assert.Equal((status, "'nsides': must be type 'object' (dict)"), (fault.StatusCode, fault.Message));
        Assert.Single(asked);
    }

    [Fact]
    public async Task GetManifest_ErrorIsAPage_SaysTheStatus()
    {
        Answers(context => { context.Response.StatusCode = 418; return context.Response.WriteAsync("<html>"); });
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.StartsWith("418", fault.Message);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task GetManifest_SuccessIsNoManifest_SaysSo(string body)
    {
        Answers(context => context.Response.WriteAsync(body));
        SkyDriverException fault = await Assert.ThrowsAsync<SkyDriverException>(() => Client().GetManifestAsync("scan1"));
        Assert.Contains("is a SkyDriver service there", fault.Message);
    }

    [Fact]
    public async Task GetManifest_Cancelled_Stops()
    {
        Answers(Manifest("scan1"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().GetManifestAsync("scan1", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task FindResult_NoneYet_IsNull()
    {
        Answers(Error(404, "the scan has no result yet"));
        Assert.Null(await Client().FindResultAsync("scan1"));
    }

    [Fact]
    public async Task FindResult_Found_HasTheTablesAsSent()
    {
        Answers(context => context.Response.WriteAsync("""{"scan_id": "scan1", "is_final": true, "skyscan_result": {"nside-8": {"data": [[0, "nan"]]}}}"""));
        ScanResultDocument result = (await Client().FindResultAsync("scan/1"))!;
        Assert.True(result.IsFinal);
        Assert.Equal("""{"nside-8": {"data": [[0, "nan"]]}}""", result.SkyscanResult.GetRawText());
        Assert.Equal("/scan/result/scan%2F1?include_deleted=true", asked.Single().Path);
    }

    [Fact]
    public async Task Abort_AsksForTheManifestToBeDeleted()
    {
        Answers(Manifest("scan1"));
        await Client().AbortAsync("scan1");
        Assert.Equal(("DELETE", "/scan/manifest/scan1"), (asked.Single().Method, asked.Single().Path));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(503, false)]
    public async Task IsReady_IsTrueForOkOnly(int status, bool ready)
    {
        Answers(Error(status, ""));
        Assert.Equal(ready, await Client().IsReadyAsync());
        Assert.Equal("/healthz/ready", asked.Single().Path);
    }

    private SkyDriverClient Client() => new(new HttpClient { BaseAddress = new(server.Urls.First()) }, clock);

    // The last answer is repeated.
    private void Answers(params RequestDelegate[] given)
    {
        foreach (RequestDelegate answer in given) answers.Enqueue(answer);
    }

    private static RequestDelegate Error(int status, string reason) => context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { code = status, error = reason });
    };

    private static RequestDelegate Manifest(string scanId) => context => context.Response.WriteAsJsonAsync(new ScanManifest { ScanId = scanId }, ContractJson.Options);

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static LaunchScan Scan() => new()
    {
        RequestClusters = [new("local", 2)],
        RecoAlgo = "dummy",
        Event = JsonSerializer.SerializeToElement(new { value = 1 }),
        Nsides = new() { ["8"] = 0 },
        RealOrSimulated = "simulated",
    };
}
