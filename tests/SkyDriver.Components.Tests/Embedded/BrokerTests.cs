using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Components.Tests.Embedded;

public sealed class BrokerTests
{
    private const string Subscription = """
        apiVersion: dapr.io/v2alpha1
        kind: Subscription
        metadata: { name: s }
        spec: { pubsubname: p, topic: t, routes: { default: /orders } }
        """;

    private readonly ConcurrentQueue<string> _received = [];
    private readonly List<string> _calls = [];
    private readonly Dictionary<string, Channel<PublishedMessage>> _topics = [];
    private int _failures;

    [Fact]
    public async Task Message_ThroughAPluggableBroker_IsAcknowledgedOrComesAgain()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("post", b => b.Add(c => new QueueBroker(c.Name, _topics, _calls)));
        _failures = 1;
        await sidecar.With("p", "pubsub.post").WithYaml(Subscription).StartAsync(Map);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.SendAsync("POST", "/v1.0/publish/p/t", """{"n":7}""")).Status);
        await Until.HoldsAsync(() => Has("ack"), "the message is acknowledged");
        Assert.Equal(["7", "7"], _received);
        Assert.Contains("init p app", _calls);
        Assert.Contains(_calls, c => c.StartsWith("nack", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(PubSubFeatures.None)]
    [InlineData(PubSubFeatures.BulkPublish)]
    public async Task BulkPublish_SomeAreRefused_NamesThem(PubSubFeatures features)
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("post", b => b.Add(c => new QueueBroker(c.Name, _topics, _calls, features)));
        await sidecar.With("p", "pubsub.post").StartAsync();
        (HttpStatusCode status, string told, _) = await sidecar.SendAsync("POST", "/v1.0/publish/bulk/p/t", """
            [{"entryId":"one","event":{"n":1},"contentType":"application/json"},
             {"entryId":"two","event":{"n":"refuse"},"contentType":"application/json"},
             {"entryId":"three","event":{"n":3},"contentType":"application/json"}]
            """);
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("two", told);
        Assert.DoesNotContain("\"three\"", told);
        Assert.Equal(2, _topics["t"].Reader.Count);
        Assert.Equal(features is PubSubFeatures.BulkPublish, Has("bulk 3"));
    }

    [Fact]
    public async Task Stream_ComponentIsRestarted_IsOpenedAgainAndLosesNothing()
    {
        await using EmbeddedSidecar sidecar = new();
        ComponentHost component = await sidecar.ServeAsync("post", b => b.Add(c => new QueueBroker(c.Name, _topics, _calls)));
        await sidecar.With("p", "pubsub.post").WithYaml(Subscription).StartAsync(Map);
        await Until.HoldsAsync(() => Has("pull t"), "the first stream is open");
        await component.DisposeAsync();
        (HttpStatusCode status, _, _) = await sidecar.SendAsync("POST", "/v1.0/publish/p/t", """{"n":1}""");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        await using ComponentHost again = await sidecar.ServeAsync("post", b => b.Add(c => new QueueBroker(c.Name, _topics, _calls)));
        await Until.HoldsAsync(async () => (await sidecar.SendAsync("POST", "/v1.0/publish/p/t", """{"n":2}""")).Status == HttpStatusCode.NoContent, "messages are taken again");
        await Until.HoldsAsync(() => _received.Contains("2"), "the message comes on the new stream");
        Assert.Equal(2, Count("init p app"));
        Assert.Equal(2, Count("pull t"));
    }

    private void Map(WebApplication app) => app.MapPost("/orders", async (HttpContext context) =>
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        _received.Enqueue(body.RootElement.GetProperty("data").GetProperty("n").GetRawText());
        return Interlocked.Decrement(ref _failures) >= 0 ? Results.StatusCode(500) : Results.Ok();
    });

    private bool Has(string call) => Count(call) > 0;

    private int Count(string call)
    {
        lock (_calls) return _calls.Count(c => c == call);
    }
}
