using System.Text.Json;
using SkyDriver.Sidecar.PubSub.Routing;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class EventExpressionTests
{
    private const string Event = """{"type":"widget","data":{"n":3,"tags":["a","b"],"ok":true,"none":null,"name":"x-ray"}}""";

    [Theory]
    [InlineData("event.type == \"widget\"", true)]
    [InlineData("event.type == 'gadget'", false)]
    [InlineData("event.type != \"gadget\" && event.data.n > 2", true)]
    [InlineData("event.type == \"gadget\" || event.data.n <= 3.0", true)]
    [InlineData("!(event.data.n == 3)", false)]
    [InlineData("event.data.ok", true)]
    [InlineData("event.data.none == null", true)]
    [InlineData("event[\"type\"] == \"widget\"", true)]
    [InlineData("event.data.tags[1] == \"b\"", true)]
    [InlineData("\"a\" in event.data.tags", true)]
    [InlineData("event.type in [\"gadget\", \"widget\"]", true)]
    [InlineData("event.data.name.startsWith(\"x\") && event.data.name.contains(\"ra\") && event.data.name.endsWith(\"y\")", true)]
    [InlineData("size(event.data.tags) == 2", true)]
    [InlineData("has(event.data.n) && !has(event.data.missing)", true)]
    [InlineData("event.data.missing == 3", false)]
    [InlineData("event.data.missing != 3", false)]
    [InlineData("event.data.n == \"3\"", false)]
    [InlineData("true && false || true", true)]
    public void Matches_AnEvent_AsTheExpressionSays(string expression, bool expected)
    {
        using JsonDocument document = JsonDocument.Parse(Event);
        Assert.Equal(expected, EventExpression.Parse(expression).Matches(document.RootElement));
    }

    [Theory]
    [InlineData("")]
    [InlineData("event.type ==")]
    [InlineData("event.type = \"x\"")]
    [InlineData("(event.type == \"x\"")]
    [InlineData("other.type == \"x\"")]
    [InlineData("event.type == \"x")]
    [InlineData("event.type == \"x\" extra")]
    public void Parse_NoExpression_SaysWhereItWentWrong(string expression) =>
        Assert.Contains("at character", Assert.Throws<FormatException>(() => EventExpression.Parse(expression)).Message);

    [Fact]
    public void Parse_HostileNesting_IsRefused() =>
        Assert.Throws<FormatException>(() => EventExpression.Parse(new string('(', 100_000)));
}
