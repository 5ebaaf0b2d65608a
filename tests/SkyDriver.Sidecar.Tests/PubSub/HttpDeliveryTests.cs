using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class HttpDeliveryTests : IAsyncLifetime
{
    private WebApplication _app = null!;
    private AppChannel _channel = null!;
    private RequestDelegate _answer = _ => Task.CompletedTask;
    private string _body = "";
    private IHeaderDictionary _headers = new HeaderDictionary();

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using StreamReader body = new(context.Request.Body);
            _body = await body.ReadToEndAsync();
            _headers = new HeaderDictionary(context.Request.Headers.ToDictionary()) { ["path"] = context.Request.Path.Value };
            await _answer(context);
        });
        await _app.StartAsync();
        _channel = new AppChannel(new Uri(_app.Urls.Single()), 0, "secret");
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData(200, "", DeliveryOutcome.Success)]
    [InlineData(204, "", DeliveryOutcome.Success)]
    [InlineData(200, "{}", DeliveryOutcome.Success)]
    [InlineData(200, "fine", DeliveryOutcome.Success)]
    [InlineData(200, "[1]", DeliveryOutcome.Success)]
    [InlineData(201, """{"status":"SUCCESS"}""", DeliveryOutcome.Success)]
    [InlineData(200, """{"status":""}""", DeliveryOutcome.Success)]
    [InlineData(200, """{"status":"RETRY"}""", DeliveryOutcome.Retry)]
    [InlineData(200, """{"status":"WHATEVER"}""", DeliveryOutcome.Retry)]
    [InlineData(200, """{"status":3}""", DeliveryOutcome.Retry)]
    [InlineData(200, """{"status":"DROP"}""", DeliveryOutcome.Drop)]
    [InlineData(404, """{"status":"SUCCESS"}""", DeliveryOutcome.Drop)]
    [InlineData(400, "", DeliveryOutcome.Retry)]
    [InlineData(500, """{"status":"SUCCESS"}""", DeliveryOutcome.Retry)]
    [InlineData(302, "", DeliveryOutcome.Retry)]
    public async Task Single_Answer_MeansThatOutcome(int status, string body, object expected)
    {
        Answer(status, body);
        DeliveryAnswer answer = await Single().DeliverAsync([Event("1")], CancellationToken.None);
        Assert.Equal(expected, Assert.Single(answer.Outcomes));
        Assert.Equal(expected is DeliveryOutcome.Retry && status >= 300 ? status : 0, answer.FailedStatus);
    }

    [Fact]
    public async Task Single_Request_IsTheEnvelopeWithTokenAndMetadata()
    {
        await Single().DeliverAsync([Event("1", new() { ["partitionKey"] = "p" })], CancellationToken.None);
        Assert.Equal("""{"id":"1"}""", _body);
        Assert.Equal(("application/cloudevents+json", "secret", "p", "/events/a"), ((string?)_headers.ContentType, (string?)_headers["dapr-api-token"], (string?)_headers["partitionKey"], (string?)_headers["path"]));
    }

    [Fact]
    public async Task Fault_ConnectionBroken_EveryEventCountsAsUnreachable()
    {
        _answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        Assert.Equal([DeliveryOutcome.Unreachable], (await Single().DeliverAsync([Event("1")], CancellationToken.None)).Outcomes);
        Assert.Equal([DeliveryOutcome.Unreachable, DeliveryOutcome.Unreachable], (await Bulk().DeliverAsync([Event("1"), Event("2")], CancellationToken.None)).Outcomes);
        await _app.StopAsync();
        Assert.Equal([DeliveryOutcome.Unreachable], (await Single().DeliverAsync([Event("1")], CancellationToken.None)).Outcomes);
    }

    [Theory]
    [InlineData("SUCCESS", DeliveryOutcome.Success)]
    [InlineData("RETRY", DeliveryOutcome.Retry)]
    [InlineData("DROP", DeliveryOutcome.Drop)]
    [InlineData("OTHER", DeliveryOutcome.Retry)]
    [InlineData("", DeliveryOutcome.Retry)]
    [InlineData(null, DeliveryOutcome.Retry)]
    public async Task Bulk_StatusOfOneEntry_IsItsAlone(string? status, object expected)
    {
        _answer = context =>
        {
            string[] ids = Ids();
            object second = status is null ? new { entryId = "another" } : new { entryId = ids[1], status };
            return Results.Json(new { statuses = new object[] { new { entryId = ids[2], status = "SUCCESS" }, second, new { entryId = ids[0], status = "SUCCESS" } } }).ExecuteAsync(context);
        };
        Assert.Equal([DeliveryOutcome.Success, (DeliveryOutcome)expected, DeliveryOutcome.Success], (await Bulk().DeliverAsync([Event("1"), Event("2"), Event("3")], CancellationToken.None)).Outcomes);
    }

    [Theory]
    [InlineData(200, "", DeliveryOutcome.Retry)]
    [InlineData(200, "fine", DeliveryOutcome.Retry)]
    [InlineData(200, """{"statuses":7}""", DeliveryOutcome.Retry)]
    [InlineData(500, "", DeliveryOutcome.Retry)]
    [InlineData(404, "", DeliveryOutcome.Drop)]
    public async Task Bulk_AnswerWithoutStatuses_HoldsForAll(int status, string body, object expected)
    {
        Answer(status, body);
        Assert.Equal([(DeliveryOutcome)expected, (DeliveryOutcome)expected], (await Bulk().DeliverAsync([Event("1"), Event("2")], CancellationToken.None)).Outcomes);
    }

    [Fact]
    public async Task Bulk_Request_HasEntriesWithIdsOfTheirOwn()
    {
        await Bulk().DeliverAsync([Event("1", new() { ["k"] = "v" }), new Delivery(Event("2").Queued, [], "/events/a", [1, 2])], CancellationToken.None);
        JsonElement request = JsonDocument.Parse(_body).RootElement;
        Assert.Equal(("com.dapr.event.sent.bulk", "topic", "pubsub"), (request.GetProperty("type").GetString(), request.GetProperty("topic").GetString(), request.GetProperty("pubsubname").GetString()));
        JsonElement first = request.GetProperty("entries")[0], second = request.GetProperty("entries")[1];
        Assert.Equal(("1", "v"), (first.GetProperty("event").GetProperty("id").GetString(), first.GetProperty("metadata").GetProperty("k").GetString()));
        Assert.Equal([1, 2], second.GetProperty("event").GetBytesFromBase64());
        Assert.Equal("application/octet-stream", second.GetProperty("contentType").GetString());
        Assert.All(Ids(), id => Assert.True(Guid.TryParse(id, out _)));
        Assert.Equal(2, Ids().Distinct().Count());
    }

    private HttpDelivery Single() => new(_channel, NullLogger.Instance);

    private HttpBulkDelivery Bulk() => new(
        _channel, new SubscriptionSpec("pubsub", "topic", [], new Dictionary<string, string>(), null, BulkSettings.Default, "PROGRAMMATIC"), NullLogger.Instance);

    private string[] Ids() => [.. JsonDocument.Parse(_body).RootElement.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("entryId").GetString()!)];

    private void Answer(int status, string body) => _answer = context =>
    {
        context.Response.StatusCode = status;
        return status is 204 ? Task.CompletedTask : context.Response.WriteAsync(body);
    };

    private static Delivery Event(string id, Dictionary<string, string>? metadata = null)
    {
        byte[] envelope = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}""");
        return new(new QueuedMessage(new Message(envelope, "", true, metadata, null)), envelope, "/events/a", null);
    }
}
