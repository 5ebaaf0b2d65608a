using System.Text;
using System.Text.Json;
using SkyDriver.Sidecar.PubSub;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class CloudEventWriterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [Theory]
    [InlineData("application/json", """{"a":[1,2]}""", """{"a":[1,2]}""")]
    [InlineData("application/vnd.x+json; charset=utf-8", "7", "7")]
    [InlineData("text/plain", "a \"b\"", "\"a \\\"b\\\"\"")]
    [InlineData("application/xml", "<a/>", "\"<a/>\"")]
    public void Wrap_ByContentType_IsAValueOrText(string contentType, string data, string expected)
    {
        JsonElement envelope = Wrap(Encoding.UTF8.GetBytes(data), contentType, []);
        Assert.Equal(expected, envelope.GetProperty("data").GetRawText());
        Assert.Equal(contentType, envelope.GetProperty("datacontenttype").GetString());
    }

    [Fact]
    public void Wrap_Octets_AreBase64()
    {
        JsonElement envelope = Wrap([0, 255], "application/octet-stream", []);
        Assert.Equal([0, 255], envelope.GetProperty("data_base64").GetBytesFromBase64());
        Assert.False(envelope.TryGetProperty("data", out _));
    }

    [Fact]
    public void Wrap_FieldsOfThePublish_AreThereAndMayBeOverridden()
    {
        JsonElement plain = Wrap("1"u8.ToArray(), "application/json", []);
        Assert.Equal(("app", "com.dapr.event.sent", "1.0", "topic", "pubsub", "2026-03-04T05:06:07.0000000Z"), Fields(plain));
        Assert.True(Guid.TryParse(plain.GetProperty("id").GetString(), out _));
        JsonElement own = Wrap("1"u8.ToArray(), "application/json", new() { ["cloudevent.id"] = "7", ["cloudevent.type"] = "t", ["cloudevent.source"] = "s", ["cloudevent.subject"] = "u" });
        Assert.Equal(("s", "t"), (own.GetProperty("source").GetString(), own.GetProperty("type").GetString()));
        Assert.Equal(("7", "u"), (own.GetProperty("id").GetString(), own.GetProperty("subject").GetString()));

        static (string?, string?, string?, string?, string?, string?) Fields(JsonElement e) => (Text(e, "source"), Text(e, "type"), Text(e, "specversion"), Text(e, "topic"), Text(e, "pubsubname"), Text(e, "time"));
        static string? Text(JsonElement e, string name) => e.GetProperty(name).GetString();
    }

    [Fact]
    public void Wrap_NoJsonThoughItSaysSo_IsRefused() => Assert.ThrowsAny<Exception>(() => Wrap("{"u8.ToArray(), "application/json", []));

    [Fact]
    public void Complete_AnEventOfThePublisher_KeepsItsFieldsAndGetsTheMissing()
    {
        (byte[] completed, DateTimeOffset? expires) = CloudEventWriter.Complete(
            """{"type":"my.type","specversion":"1.0","topic":"old","data_base64":"AAE=","datacontenttype":"application/x-protobuf","extra":{"k":1}}"""u8, Context([]), Now, Now.AddSeconds(1));
        Assert.Equal(Now.AddSeconds(1), expires);
        using JsonDocument document = JsonDocument.Parse(completed);
        JsonElement envelope = document.RootElement;
        Assert.Equal("my.type", envelope.GetProperty("type").GetString());
        Assert.Equal("AAE=", envelope.GetProperty("data_base64").GetString());
        Assert.Equal(1, envelope.GetProperty("extra").GetProperty("k").GetInt32());
        Assert.Equal("topic", envelope.GetProperty("topic").GetString());
        Assert.Equal("app", envelope.GetProperty("source").GetString());
        Assert.Equal("2026-03-04T05:06:08.0000000Z", envelope.GetProperty("expiration").GetString());
        Assert.Equal(envelope.EnumerateObject().Count(), envelope.EnumerateObject().Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public void Complete_AnEventWithItsOwnEnd_KeepsItUnlessThePublishSaysOtherwise()
    {
        byte[] own = """{"specversion":"1.0","expiration":"2026-01-02T03:04:05Z"}"""u8.ToArray();
        (byte[] kept, DateTimeOffset? expires) = CloudEventWriter.Complete(own, Context([]), Now, null);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), expires);
        Assert.Equal(expires, EventReader.Summarise(kept).Expires);
        (byte[] replaced, expires) = CloudEventWriter.Complete(own, Context([]), Now, Now.AddSeconds(9));
        Assert.Equal((Now.AddSeconds(9), Now.AddSeconds(9)), (expires, EventReader.Summarise(replaced).Expires));
    }

    [Fact]
    public void Wrap_NoUnicode_ReplacesWhatIsNone()
    {
        JsonElement envelope = Wrap([(byte)'a', 0xFF, (byte)'b'], "text/plain", []);
        Assert.Equal("a\uFFFDb", envelope.GetProperty("data").GetString());
    }

    [Fact]
    public void Wrap_AfterOneThatFailed_IsWholeAgain()
    {
        Assert.ThrowsAny<Exception>(() => Wrap("{"u8.ToArray(), "application/json", []));
        Assert.Equal(3, Wrap("3"u8.ToArray(), "application/json", []).GetProperty("data").GetInt32());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1} {}")]
    [InlineData("{\"a\":")]
    [InlineData("")]
    public void Complete_NoObject_IsRefused(string body) =>
        Assert.ThrowsAny<JsonException>(() => CloudEventWriter.Complete(Encoding.UTF8.GetBytes(body), Context([]), Now, null));

    private static JsonElement Wrap(byte[] data, string contentType, Dictionary<string, string> metadata)
    {
        using JsonDocument document = JsonDocument.Parse(CloudEventWriter.Wrap(data, contentType, Context(metadata), Now, null));
        return document.RootElement.Clone();
    }

    private static PublishContext Context(Dictionary<string, string> metadata) => new("app", "pubsub", "topic", metadata, null, null);
}
