namespace SkyDriver.Conformance.Tests.PubSub;

public sealed class InMemoryTests(DaprTarget target) : PubSubSuite(target, "pubsub-memory")
{
    protected override bool Redelivers => !Target.IsDaprd;
}

public sealed class RabbitMqTests(DaprTarget target) : PubSubSuite(target, "pubsub-rabbitmq")
{
    protected override bool BuriesExpired => false;
}
