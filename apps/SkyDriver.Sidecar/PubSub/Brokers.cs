using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.PubSub.RabbitMq;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>The types of brokers.</summary>
internal static class Brokers
{
    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IPubSub Create(ComponentSpec spec, ComponentEnvironment environment)
    {
        ILogger logger = environment.Loggers.CreateLogger("dapr.pubsub");
        switch (spec.Type)
        {
            case "pubsub.in-memory":
                return new InMemoryBroker(Limits(spec), environment.Clock, logger);
            case "pubsub.rabbitmq":
                return new RabbitMqBroker(RabbitMqSettings.Read(spec), spec.InitTimeout, environment.Clock, logger);
            default:
                PluggableTypes.Check(spec, "pubsub.in-memory, pubsub.rabbitmq");
                return new PluggableBroker(spec, environment);
        }
    }

    /// <summary>Whether the type needs no process of a pluggable component.</summary>
    public static bool IsOwn(ComponentSpec spec) => spec.Type is "pubsub.in-memory" or "pubsub.rabbitmq";

    private static BrokerLimits Limits(ComponentSpec spec) =>
        BrokerLimits.Default with { MaxQueuedBytes = spec.Number("maxQueuedBytes", (int)BrokerLimits.Default.MaxQueuedBytes, 1024, int.MaxValue) };
}
