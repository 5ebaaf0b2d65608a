using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests.PubSub;

/// <summary>What every broker does, seen by publishers and subscribers. This part: what is published, and how it looks when it comes.</summary>
public abstract partial class PubSubSuite : Suite, IDisposable
{
    private readonly string _pubsub;
    private readonly Inbox _inbox;

    protected PubSubSuite(DaprTarget target, string pubsub)
        : base(target)
    {
        target.Needs(pubsub);
        _pubsub = pubsub;
        _inbox = target.App.Inboxes.Open(Token);
    }

    public void Dispose()
    {
        _inbox?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory, BothProtocols]
    public async Task Publish_Json_ArrivesAsACloudEvent(Protocol protocol)
    {
        await PublishAsync(protocol, Topics.Plain, new { token = Token, number = 7 });
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(("POST", $"/events/{_pubsub}/{Topics.Plain}"), (delivery.Method, delivery.Path));
        Assert.StartsWith("application/cloudevents+json", delivery.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal("1.0", delivery.Field("specversion"));
        Assert.Equal("com.dapr.event.sent", delivery.Field("type"));
        Assert.Equal(DaprTarget.AppId, delivery.Field("source"));
        Assert.Equal("application/json", delivery.Field("datacontenttype"));
        Assert.Equal(Topics.Plain, delivery.Field("topic"));
        Assert.Equal(_pubsub, delivery.Field("pubsubname"));
        Assert.True(Guid.TryParse(delivery.Field("id"), out _), delivery.Text);
        Assert.InRange(delivery.Json.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Equal(7, delivery.Json.GetProperty("data").GetProperty("number").GetInt32());
    }

    [Theory, BothProtocols]
    public async Task Publish_Twice_GivesTwoIds(Protocol protocol)
    {
        await PublishAsync(protocol, Topics.Plain, new { token = Token });
        await PublishAsync(protocol, Topics.Plain, new { token = Token });
        Assert.NotEqual((await _inbox.NextAsync()).Field("id"), (await _inbox.NextAsync()).Field("id"));
    }

    [Theory, BothProtocols(""), BothProtocols("text/plain"), BothProtocols("application/xml; charset=utf-8")]
    public async Task Publish_Text_ArrivesAsAString(Protocol protocol, string contentType)
    {
        string text = $"<a b=\"c\">{Token} ü</a>";
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, Encoding.UTF8.GetBytes(text), contentType.Length > 0 ? contentType : null);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(text, delivery.Json.GetProperty("data").GetString());
        Assert.Equal(contentType.Length > 0 ? contentType : "text/plain", delivery.Field("datacontenttype"));
    }

    [Theory, BothProtocols("application/json; charset=utf-8"), BothProtocols("application/vnd.example+json")]
    public async Task Publish_JsonByAnotherName_ArrivesAsAValue(Protocol protocol, string contentType)
    {
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, Json(new { token = Token, list = new[] { 1, 2 } }), contentType);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(2, delivery.Json.GetProperty("data").GetProperty("list").GetArrayLength());
        Assert.Equal(contentType, delivery.Field("datacontenttype"));
    }

    [Theory, BothProtocols]
    public async Task Publish_Octets_ArriveAsBase64(Protocol protocol)
    {
        byte[] bytes = [0xff, 0x00, 0xfe, .. Encoding.UTF8.GetBytes(Token)];
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, bytes, "application/octet-stream");
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(bytes, delivery.Json.GetProperty("data_base64").GetBytesFromBase64());
        Assert.False(delivery.Json.TryGetProperty("data", out _), delivery.Text);
    }

    [Theory, BothProtocols]
    public async Task Publish_ACloudEvent_KeepsItsFieldsAndGetsThoseOfDapr(Protocol protocol)
    {
        var given = new { specversion = "1.0", id = Token, source = "elsewhere", type = "their.type", datacontenttype = "application/json", subject = "s", colour = "red", data = new { x = 1 } };
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, Json(given), "application/cloudevents+json");
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((Token, "elsewhere", "their.type", "s", "red"), (delivery.Field("id"), delivery.Field("source"), delivery.Field("type"), delivery.Field("subject"), delivery.Field("colour")));
        Assert.Equal(1, delivery.Json.GetProperty("data").GetProperty("x").GetInt32());
        Assert.Equal((_pubsub, Topics.Plain), (delivery.Field("pubsubname"), delivery.Field("topic")));
    }

    [Theory, BothProtocols]
    public async Task Publish_MetadataOfTheEnvelope_ReplacesItsFields(Protocol protocol)
    {
        Dictionary<string, string> metadata = new() { ["cloudevent.id"] = Token, ["cloudevent.type"] = "my.type", ["cloudevent.source"] = "my/source", ["cloudevent.subject"] = "mine" };
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, "1"u8.ToArray(), "application/json", metadata);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((Token, "my.type", "my/source", "mine"), (delivery.Field("id"), delivery.Field("type"), delivery.Field("source"), delivery.Field("subject")));
    }

    [Theory, BothProtocols]
    public async Task Publish_RawPayload_ReachesARawSubscriptionAsItWas(Protocol protocol)
    {
        byte[] bytes = [0xff, 0x01, .. Encoding.UTF8.GetBytes(Token)];
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Raw, bytes, "application/octet-stream", new Dictionary<string, string> { ["rawPayload"] = "true" });
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(bytes, delivery.Json.GetProperty("data_base64").GetBytesFromBase64());
        Assert.Equal("application/octet-stream", delivery.Field("datacontenttype"));
        Assert.NotEmpty(delivery.Field("id")!);
    }

    [Theory, BothProtocols]
    public async Task Publish_RawCloudEvent_ReachesAnOrdinarySubscriptionAsThatEvent(Protocol protocol)
    {
        byte[] theirs = Json(new { specversion = "1.0", id = Token, source = "elsewhere", type = "their.type", datacontenttype = "application/json", data = 5 });
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, theirs, "application/json", new Dictionary<string, string> { ["rawPayload"] = "true" });
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((Token, "their.type", "5"), (delivery.Field("id"), delivery.Field("type"), delivery.Field("data")));
    }

    [Theory, BothProtocols]
    public async Task Publish_TopicWithASlash_ReachesItsSubscription(Protocol protocol)
    {
        await PublishAsync(protocol, Topics.Slashed, new { token = Token });
        Assert.Equal(Topics.Slashed, (await _inbox.NextAsync()).Field("topic"));
    }

    [Theory, BothProtocols]
    public async Task Publish_ThreeMebibytes_ArrivesWhole(Protocol protocol)
    {
        string text = Token + new string('x', 3 * 1024 * 1024);
        await Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, Encoding.UTF8.GetBytes(text), "text/plain");
        Assert.Equal(text, (await _inbox.NextAsync()).Json.GetProperty("data").GetString());
    }

    [Theory, BothProtocols]
    public async Task Publish_Trace_GoesAlong(Protocol protocol)
    {
        await PublishAsync(protocol, Topics.Plain, new { token = Token });
        Delivery delivery = await _inbox.NextAsync();
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", delivery.Field("traceparent"));
        Assert.Equal(delivery.Field("traceparent"), delivery.Field("traceid"));
    }

    [Theory, BothProtocols]
    public Task Publish_UnknownPubSub_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).PublishAsync("no-such-pubsub", Topics.Plain, []), 404, "ERR_PUBSUB_NOT_FOUND", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public Task Publish_NoTopic_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).PublishAsync(_pubsub, "", []), 404, "ERR_TOPIC_NAME_EMPTY", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public Task Publish_MetadataThatCannotBeRead_IsRefused(Protocol protocol) => DaprRefusal.ExpectAsync(
        () => Dapr(protocol).PublishAsync(_pubsub, Topics.Plain, [], null, new Dictionary<string, string> { ["rawPayload"] = "perhaps" }), 400, "ERR_PUBSUB_REQUEST_METADATA", StatusCode.InvalidArgument);

    [Theory, BothProtocols]
    public async Task BulkPublish_SeveralKinds_ArriveEachInItsOwnEvent(Protocol protocol)
    {
        BulkEntry[] entries =
        [
            new("json", $$"""{"token":"{{Token}}","n":1}""", "application/json"),
            new("text", $"text of {Token}", "text/plain"),
            new("octets", Convert.ToBase64String(Encoding.UTF8.GetBytes("octets of " + Token)), "application/octet-stream"),
        ];
        Assert.Empty(await Dapr(protocol).BulkPublishAsync(_pubsub, Topics.Plain, entries));
        Delivery[] got = [await _inbox.NextAsync(), await _inbox.NextAsync(), await _inbox.NextAsync()];
        Assert.Equal(1, Assert.Single(got, d => d.Field("datacontenttype") == "application/json").Json.GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal($"text of {Token}", Assert.Single(got, d => d.Field("datacontenttype") == "text/plain").Field("data"));
        byte[] octets = Assert.Single(got, d => d.Field("datacontenttype") == "application/octet-stream").Json.GetProperty("data_base64").GetBytesFromBase64();
        Assert.Equal("octets of " + Token, Encoding.UTF8.GetString(octets));
        Assert.Equal(3, got.Select(d => d.Field("id")).Distinct().Count());
    }

    [Theory, BothProtocols]
    public async Task BulkPublish_Metadata_HoldsForAllEntriesUnlessTheyHaveTheirOwn(Protocol protocol)
    {
        BulkEntry[] entries =
        [
            new("1", $"\"{Token}-1\"", "application/json"),
            new("2", $"\"{Token}-2\"", "application/json", new Dictionary<string, string> { ["cloudevent.type"] = "own" }),
        ];
        await Dapr(protocol).BulkPublishAsync(_pubsub, Topics.Plain, entries, new Dictionary<string, string> { ["cloudevent.type"] = "common" });
        Delivery[] got = [await _inbox.NextAsync(), await _inbox.NextAsync()];
        Assert.Equal("common", Assert.Single(got, d => d.Field("data") == Token + "-1").Field("type"));
        Assert.Equal("own", Assert.Single(got, d => d.Field("data") == Token + "-2").Field("type"));
    }

    [Theory, BothProtocols("a", "a"), BothProtocols("", "b")]
    public async Task BulkPublish_EntryIdsTwiceOrEmpty_IsRefusedAsAWhole(Protocol protocol, string first, string second)
    {
        BulkEntry[] entries = [new(first, $"\"{Token}\"", "application/json"), new(second, $"\"{Token}\"", "application/json")];
        DaprRefusal refusal = await Assert.ThrowsAsync<DaprRefusal>(() => Dapr(protocol).BulkPublishAsync(_pubsub, Topics.Plain, entries));
        Assert.True(refusal is { HttpStatus: 400 } or { GrpcStatus: StatusCode.InvalidArgument }, refusal.Message);
        await PublishAsync(protocol, Topics.Plain, new { token = Token, last = true });
        Assert.Contains("last", (await _inbox.NextAsync()).Text, StringComparison.Ordinal);
    }

    [Theory, BothProtocols]
    public Task BulkPublish_UnknownPubSub_IsRefused(Protocol protocol) => DaprRefusal.ExpectAsync(
        () => Dapr(protocol).BulkPublishAsync("no-such-pubsub", Topics.Plain, [new("1", "1", "application/json")]), 404, "ERR_PUBSUB_NOT_FOUND", StatusCode.InvalidArgument);

    private static byte[] Json(object data) => JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions.Web);

    private Task PublishAsync(Protocol protocol, string topic, object data, IReadOnlyDictionary<string, string>? metadata = null) =>
        Dapr(protocol).PublishAsync(_pubsub, topic, Json(data), "application/json", metadata);

    private void Answer(Func<Delivery, IResult> answer) => _inbox.Answer = delivery => Task.FromResult(answer(delivery));
}
