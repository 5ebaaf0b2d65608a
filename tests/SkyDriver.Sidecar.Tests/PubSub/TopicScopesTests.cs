using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub;

public sealed class TopicScopesTests
{
    [Theory]
    [InlineData("one", "a", true, true)]      // listed for publishing; no scope for subscribing
    [InlineData("one", "b", false, true)]
    [InlineData("two", "a", false, true)]     // an empty list allows nothing
    [InlineData("three", "a", true, true)]    // not named: everything that is not protected
    [InlineData("three", "secret", false, false)]
    [InlineData("one", "elsewhere", false, false)]   // not among the allowed ones
    public void May_ByAppAndTopic_FollowsTheMetadata(string app, string topic, bool publish, bool subscribe)
    {
        ComponentSpec spec = new("pubsub", "pubsub.in-memory", "v1", "file", false, TimeSpan.Zero, new Dictionary<string, string>
        {
            ["allowedTopics"] = "a, b, secret",
            ["protectedTopics"] = "secret",
            ["publishingScopes"] = "one=a;two=",
        });
        TopicScopes scopes = new(spec, app);
        Assert.Equal((publish, subscribe), (scopes.MayPublish(topic), scopes.MaySubscribe(topic)));
    }
}
