using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.PubSub;

/// <summary>Who may use which topic: <c>pubsub-scoped</c>.</summary>
public sealed class ScopeTests(DaprTarget target) : Suite(target)
{
    private const string PubSub = "pubsub-scoped";

    [Theory]
    [BothProtocols("hear-only"), BothProtocols("protected"), BothProtocols("not-in-the-list")]
    public Task Publish_TopicNotForThisApp_IsRefused(Protocol protocol, string topic) =>
        DaprRefusal.ExpectAsync(() => Dapr(protocol).PublishAsync(PubSub, topic, []), 403, "ERR_PUBSUB_FORBIDDEN", StatusCode.PermissionDenied);

    [Theory]
    [BothProtocols("hear-only"), BothProtocols("protected")]
    public Task BulkPublish_TopicNotForThisApp_IsRefused(Protocol protocol, string topic) => DaprRefusal.ExpectAsync(
        () => Dapr(protocol).BulkPublishAsync(PubSub, topic, [new("1", "1", "application/json")]), 403, "ERR_PUBSUB_FORBIDDEN", StatusCode.PermissionDenied);

    [Theory]
    [BothProtocols("both"), BothProtocols("granted")]
    public async Task Publish_TopicOfThisApp_Arrives(Protocol protocol, string topic)
    {
        using Inbox inbox = Target.App.Inboxes.Open(Token);
        await Dapr(protocol).PublishAsync(PubSub, topic, System.Text.Encoding.UTF8.GetBytes(Token));
        Assert.Equal($"/events/{PubSub}/{topic}", (await inbox.NextAsync()).Path);
    }

    [Fact]
    public async Task Subscriptions_NotForThisApp_AreNotThere()
    {
        string[] topics = [.. (await Target.Grpc.GetMetadataAsync()).Subscriptions.Where(s => s.PubsubName == PubSub && s.Type is PubsubSubscriptionType.Programmatic).Select(s => s.Topic)];
        Assert.Contains("hear-only", topics);
        Assert.DoesNotContain("protected", topics);
        Assert.DoesNotContain("say-only", topics);
    }

    [Theory]
    [InlineData("say-only")]
    [InlineData("protected")]
    public async Task Stream_TopicNotForThisApp_IsRefused(string topic)
    {
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => EventStream.OpenAsync(Target.Grpc, PubSub, topic));
        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
    }
}
