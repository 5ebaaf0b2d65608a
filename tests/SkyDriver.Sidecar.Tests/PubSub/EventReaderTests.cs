using System.Text;
using System.Text.Json;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.PubSub;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class EventReaderTests
{
    [Theory]
    [InlineData("""{"specversion":"1.0"}""", true)]
    [InlineData("""{"data":{"specversion":"1.0"}}""", false)]
    [InlineData("""{"specversion":"1.0",""", false)]
    [InlineData("[1]", false)]
    [InlineData("text", false)]
    [InlineData("", false)]
    public void Summarise_Bytes_TellsWhetherTheyAreAnEvent(string bytes, bool expected) =>
        Assert.Equal(expected, EventReader.Summarise(Encoding.UTF8.GetBytes(bytes)).IsEvent);

    [Theory]
    [InlineData("\"2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z")]
    [InlineData("\"2026-01-02T03:04:05+02:00\"", "2026-01-02T01:04:05Z")]
    [InlineData("\"soon\"", null)]
    [InlineData("7", null)]
    public void Summarise_Expiration_IsATimeOrNothing(string value, string? expected)
    {
        DateTimeOffset? expires = EventReader.Summarise(Encoding.UTF8.GetBytes($$"""{"specversion":"1.0","expiration":{{value}}}""")).Expires;
        Assert.Equal(expected, expires?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
    }

    [Theory]
    [InlineData("application/json", """{"a":1}""", """{"a":1}""")]
    [InlineData("application/json", "\"x\"", "\"x\"")]
    [InlineData("text/plain", "\"x\"", "x")]
    [InlineData("text/plain", "\"a\\\"\\u00e9\"", "a\"é")]
    [InlineData("text/plain", "12", "12")]
    public void ToMessage_Data_ByContentType(string contentType, string data, string expected)
    {
        TopicEventRequest message = Read($$"""{"data":{{data}},"datacontenttype":"{{contentType}}","id":"1"}""");
        Assert.Equal(expected, message.Data.ToStringUtf8());
    }

    [Fact]
    public void ToMessage_AnEnvelope_FillsEveryField()
    {
        TopicEventRequest message = Read(
            """{"id":7,"source":"s","type":"t","specversion":"1.0","datacontenttype":"application/octet-stream","data_base64":"AP8=","topic":"other","n":1.5,"o":{"a":[true,null]},"traceid":"x"}""");
        Assert.Equal(("7", "s", "t", "1.0", "topic", "pubsub", "/path"), (message.Id, message.Source, message.Type, message.SpecVersion, message.Topic, message.PubsubName, message.Path));
        Assert.Equal([0, 255], message.Data.ToByteArray());
        Assert.Equal((1.5, "x"), (message.Extensions.Fields["n"].NumberValue, message.Extensions.Fields["traceid"].StringValue));
        Assert.True(message.Extensions.Fields["o"].StructValue.Fields["a"].ListValue.Values[0].BoolValue);
        Assert.Equal(["n", "o", "traceid"], message.Extensions.Fields.Keys.Order());
    }

    [Theory]
    [InlineData("7", typeof(JsonException))]
    [InlineData("""{"data_base64":"%"}""", typeof(FormatException))]
    [InlineData("""{"data_base64":1}""", typeof(FormatException))]
    public void ToMessage_NoEvent_IsRefused(string envelope, Type fault) => Assert.IsType(fault, Record.Exception(() => Read(envelope)));

    private static TopicEventRequest Read(string envelope) => EventReader.ToMessage(Encoding.UTF8.GetBytes(envelope), "pubsub", "topic", "/path");
}
