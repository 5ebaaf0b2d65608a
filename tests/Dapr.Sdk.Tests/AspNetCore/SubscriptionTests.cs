using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapr.AspNetCore;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dapr.Sdk.Tests.AspNetCore;

public sealed class SubscriptionTests
{
    [Fact]
    public async Task MapSubscribeHandler_MarkedEndpoints_AreListedByTopic()
    {
        await using var app = await TestApp.StartAsync(a =>
        {
            a.MapPost("/pixels", () => { }).WithTopic("pubsub", "pixels.1");
            a.MapPost("/recos", () => { })
                .WithTopic("pubsub", "recos", new Dictionary<string, string> { ["k"] = "v" })
                .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = "recos", MaxMessagesCount = 50, MaxAwaitDurationMs = 20 });
            a.MapPost("/raw", () => { }).WithTopic("pubsub", "raw", enableRawPayload: true);
            a.MapPost("/b", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "ruled", Match = "event.type == 'b'", Priority = 2 });
            a.MapPost("/a", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "ruled", Match = "event.type == 'a'", Priority = 1 });
            a.MapPost("/rest", () => { }).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "ruled", DeadLetterTopic = "dead" });
            a.MapSubscribeHandler();
        });
        using var listing = JsonDocument.Parse(await app.Http.GetStringAsync("/dapr/subscribe"));
        Assert.Equal(
            """
            [{"pubsubname":"pubsub","topic":"pixels.1","route":"/pixels"},
            {"pubsubname":"pubsub","topic":"recos","route":"/recos","metadata":{"k":"v"},"bulkSubscribe":{"enabled":true,"maxMessagesCount":50,"maxAwaitDurationMs":20}},
            {"pubsubname":"pubsub","topic":"raw","route":"/raw","metadata":{"rawPayload":"true"}},
            {"pubsubname":"pubsub","topic":"ruled","routes":{"rules":[{"match":"event.type == 'a'","path":"/a"},{"match":"event.type == 'b'","path":"/b"}],"default":"/rest"},"deadLetterTopic":"dead"}]
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(listing, Relaxed));
    }

    [Fact]
    public async Task MapSubscribeHandler_NoTopics_IsAnEmptyList()
    {
        await using var app = await TestApp.StartAsync(a => a.MapSubscribeHandler());
        Assert.Equal("[]", await app.Http.GetStringAsync("/dapr/subscribe"));
    }

    [Theory]
    [InlineData("""{"data":{"a":1}}""", "application/json; charset=utf-8", """{"a":1}""")]
    [InlineData("""{"data":"hi","datacontenttype":"application/json"}""", "application/json; charset=utf-8", "\"hi\"")]
    [InlineData("""{"data":"hi é","datacontenttype":"text/plain"}""", "text/plain; charset=utf-8", "hi é")]
    [InlineData("""{"data":{"a":1},"datacontenttype":"application/x+json"}""", "application/x+json; charset=utf-8", """{"a":1}""")]
    [InlineData("""{"data_base64":"AGE=","datacontenttype":"application/x-protobuf"}""", "application/x-protobuf", "\0a")]
    [InlineData("""{"data_base64":"AGE="}""", "application/octet-stream", "\0a")]
    [InlineData("""{"id":"x"}""", "(none)", "")]
    public async Task UseCloudEvents_Envelope_BodyBecomesItsData(string envelope, string type, string body)
    {
        await using var app = await EchoApp();
        using var answer = await Post(app, envelope);
        Assert.Equal($"{type}|{body}", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"data":1,"data_base64":"AA=="}""")]
    [InlineData("""{"data_base64":"not base64!"}""")]
    [InlineData("""{"data_base64":5}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"data":""")]
    public async Task UseCloudEvents_BrokenEnvelope_Is400(string envelope)
    {
        await using var app = await EchoApp();
        using var answer = await Post(app, envelope);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task UseCloudEvents_OtherContentType_IsLeftAlone()
    {
        await using var app = await EchoApp();
        using var answer = await Post(app, """{"data":1}""", "application/json");
        Assert.Equal("""application/json|{"data":1}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task UseCloudEvents_ForwardingOn_WantedAttributesBecomeHeaders()
    {
        await using var app = await TestApp.StartAsync(a =>
        {
            a.UseCloudEvents(new CloudEventsMiddlewareOptions
            {
                ForwardCloudEventPropertiesAsHeaders = true,
                ExcludedCloudEventPropertiesFromHeaders = ["source"],
            });
            a.UseRouting();
            a.MapPost("/", (HttpRequest r) => string.Join(' ', r.Headers.Where(h => h.Key.StartsWith("Cloudevent")).Select(h => $"{h.Key}={h.Value}")));
        });
        using var answer = await Post(app, """{"id":"7","source":"me","data":1}""");
        Assert.Equal("Cloudevent.id=7", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public void BulkDelivery_Json_ReadsIntoTheModels()
    {
        const string delivery = """
            {"id":"1","type":"com.dapr.event.sent.bulk","topic":"recos","pubsubname":"pubsub","metadata":{"m":"1"},
             "entries":[{"entryId":"e1","contentType":"application/cloudevents+json","metadata":{},
               "event":{"id":"x","source":"w","type":"t","specversion":"1.0","datacontenttype":"application/json","data":{"value":4}}}]}
            """;
        var message = JsonSerializer.Deserialize<BulkSubscribeMessage<BulkMessageModel<Dictionary<string, int>>>>(delivery, JsonSerializerOptions.Web)!;
        Assert.Equal(("recos", "e1", 4), (message.Topic, message.Entries[0].EntryId, message.Entries[0].Event.Data["value"]));
        var answer = new BulkSubscribeAppResponse([new BulkSubscribeAppResponseEntry("e1", BulkSubscribeAppResponseStatus.RETRY)]);
        Assert.Equal("""{"statuses":[{"entryId":"e1","status":"RETRY"}]}""", JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Task<TestApp> EchoApp() => TestApp.StartAsync(a =>
    {
        a.UseCloudEvents();
        a.UseRouting();
        a.MapPost("/", async (HttpRequest r) =>
        {
            using var body = new MemoryStream();
            await r.Body.CopyToAsync(body);
            return $"{r.ContentType ?? "(none)"}|{Encoding.UTF8.GetString(body.ToArray())}";
        });
    });

    private static Task<HttpResponseMessage> Post(TestApp app, string body, string type = "application/cloudevents+json") =>
        app.Http.PostAsync("/", new StringContent(body, Encoding.UTF8) { Headers = { ContentType = new MediaTypeHeaderValue(type) } });
}
