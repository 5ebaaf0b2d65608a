using SkyDriver.Sidecar.PubSub.RabbitMq;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

public sealed class RabbitMqSettingsTests
{
    [Fact]
    public void Read_NothingButTheAddress_HasDaprsDefaults()
    {
        RabbitMqSettings settings = Read("connectionString=amqp://u:p@server:5673/vh");
        Assert.Equal("server:5673", settings.Place);
        Assert.Equal((true, true, false, false, false, false), (settings.Durable, settings.DeletedWhenUnused, settings.AutoAck, settings.RequeueInFailure, settings.Persistent, settings.EnableDeadLetter));
        Assert.Equal(("fanout", 0, null, null), (settings.ExchangeKind, settings.PrefetchCount, settings.Concurrency, settings.TimeToLive));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10), "pubsub"), (settings.ReconnectWait, settings.HeartBeat, settings.ClientName));
        Assert.True(settings.PublisherConfirm);
        Assert.Equal(3, settings.Risks.Count());
    }

    [Fact]
    public void Read_EveryField_IsTaken()
    {
        RabbitMqSettings settings = Read(
            "protocol=amqps", "hostname=rabbit:7000", "username=a@b", "password=p/w", "durable=false", "deletedWhenUnused=false", "autoAck=true", "deliveryMode=2",
            "requeueInFailure=true", "prefetchCount=7", "reconnectWaitSeconds=5", "concurrencyMode=single", "publisherConfirm=false", "enableDeadLetter=true", "maxLen=10",
            "maxLenBytes=1000", "exchangeKind=topic", "clientName=me", "heartBeat=20s", "ttlInSeconds=60", "consumerID=group", "publishMessagePropertiesToMetadata=true");
        Assert.Equal("amqps://a%40b:p%2Fw@rabbit:7000/", settings.Address.AbsoluteUri);
        Assert.Equal((false, false, true, true, true, false, true), (settings.Durable, settings.DeletedWhenUnused, settings.AutoAck, settings.Persistent, settings.RequeueInFailure, settings.PublisherConfirm, settings.EnableDeadLetter));
        Assert.Equal((7, 1, 10, 1000, "topic", "me"), (settings.PrefetchCount, settings.Concurrency, settings.MaxLength, settings.MaxLengthBytes, settings.ExchangeKind, settings.ClientName));
        Assert.Equal((5, 20, 60), (settings.ReconnectWait.TotalSeconds, settings.HeartBeat.TotalSeconds, settings.TimeToLive!.Value.TotalSeconds));
    }

    [Fact]
    public void Read_WrongFields_TellsAllAtOnceAndNoPassword()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => Read(
            "connectionString=http://u:secret@x", "durable=maybe", "deliveryMode=3", "prefetchCount=-1", "exchangeKind=ring", "heartBeat=soon", "caCert=x", "prefetch=3"));
        foreach (string field in (string[])["connectionString", "durable", "deliveryMode", "prefetchCount", "exchangeKind", "heartBeat", "caCert", "'prefetch'"])
        {
            Assert.Contains(fault.Faults, f => f.Contains(field, StringComparison.Ordinal));
        }

        Assert.Equal(8, fault.Faults.Count);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protocol=amqps", "protocol")]
    [InlineData("username=x", "username")]
    public void Read_TheAddressSaidTwice_IsRefused(string second, string field) =>
        Assert.Contains(field, Assert.Single(Assert.Throws<ResourceException>(() => Read("connectionString=amqp://server", second)).Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData("0", 0.1)]
    [InlineData("2", 2)]
    [InlineData("1500ms", 1.5)]
    public void Read_ReconnectWait_IsSecondsOrADuration(string text, double seconds) =>
        Assert.Equal(seconds, Read("connectionString=amqp://server", "reconnectWait=" + text).ReconnectWait.TotalSeconds);

    [Fact]
    public void Queue_OfASubscription_HasItsNameAndArguments()
    {
        RabbitMqSettings settings = Read("connectionString=amqp://server", "deletedWhenUnused=false", "maxLen=5", "enableDeadLetter=true");
        RabbitMqQueue queue = RabbitMqQueue.Of("topic", "group", settings, new Dictionary<string, string>
        {
            ["queueType"] = "quorum",
            ["maxPriority"] = "9",
            ["singleActiveConsumer"] = "true",
            ["maxLenBytes"] = "100",
            ["routingKey"] = "a,b",
        });
        Assert.Equal("group-topic", queue.Name);
        Assert.Equal(["a", "b"], queue.RoutingKeys);
        Assert.Equivalent(
            new Dictionary<string, object?>
            {
                ["x-dead-letter-exchange"] = "dlx-group-topic",
                ["x-queue-type"] = "quorum",
                ["x-max-priority"] = (byte)9,
                ["x-single-active-consumer"] = true,
                ["x-max-length"] = 5L,
                ["x-max-length-bytes"] = 100L,
            },
            queue.Arguments, strict: true);
    }

    [Fact]
    public void Queue_WrongMetadata_TellsAllAtOnce()
    {
        FormatException fault = Assert.Throws<FormatException>(() => RabbitMqQueue.Of("topic", "group", Read("connectionString=amqp://server"), new Dictionary<string, string>
        {
            ["queueType"] = "stream",
            ["maxPriority"] = "256",
            ["maxLen"] = "x",
        }));
        foreach (string field in (string[])["queueType", "maxPriority", "maxLen"]) Assert.Contains(field, fault.Message, StringComparison.Ordinal);
    }

    private static RabbitMqSettings Read(params string[] metadata) => RabbitMqSettings.Read(new(
        "pubsub", "pubsub.rabbitmq", "v1", "file", false, TimeSpan.Zero, metadata.Select(m => m.Split('=', 2)).ToDictionary(m => m[0], m => m[1], StringComparer.OrdinalIgnoreCase)));
}
