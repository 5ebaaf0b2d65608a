using System.Text;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.PubSub;

/// <summary>Subscriptions that resources declare and the app does not know of.</summary>
public sealed class DeclaredTests(DaprTarget target) : Suite(target)
{
    private const string PubSub = "pubsub-memory";

    [Theory]
    [InlineData("declared", "special", "declared/special")]
    [InlineData("declared", "other", "declared/default")]
    [InlineData("declared-old", "other", "declared-old")]
    public async Task Subscription_OfEitherVersion_LeadsToItsRoute(string topic, string type, string path)
    {
        using Inbox inbox = Target.App.Inboxes.Open(Token);
        await Dapr(Protocol.Http).PublishAsync(PubSub, topic, Encoding.UTF8.GetBytes(Token), "text/plain", new Dictionary<string, string> { ["cloudevent.type"] = type });
        Assert.Equal($"/events/{PubSub}/{path}", (await inbox.NextAsync()).Path);
    }

    [Fact]
    public async Task Metadata_Subscriptions_TellWhereTheyComeFrom()
    {
        var subscriptions = (await Target.Grpc.GetMetadataAsync()).Subscriptions;
        PubsubSubscription declared = Assert.Single(subscriptions, s => s.Topic == "declared");
        Assert.Equal(PubsubSubscriptionType.Declarative, declared.Type);
        Assert.Equal([("event.type == \"special\"", $"/events/{PubSub}/declared/special"), ("", $"/events/{PubSub}/declared/default")], declared.Rules.Rules.Select(r => (r.Match, r.Path)));
        PubsubSubscription asked = Assert.Single(subscriptions, s => s.Topic == Topics.Deadly && s.PubsubName == PubSub);
        Assert.Equal((PubsubSubscriptionType.Programmatic, Topics.Dead), (asked.Type, asked.DeadLetterTopic));
    }

    [Fact]
    public async Task Subscription_ForOtherApps_IsNotThere() =>
        Assert.DoesNotContain((await Target.Grpc.GetMetadataAsync()).Subscriptions, s => s.Topic == "declared-elsewhere");
}
