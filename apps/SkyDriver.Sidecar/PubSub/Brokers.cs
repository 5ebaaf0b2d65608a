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
        return spec.Type switch
        {
            "pubsub.in-memory" => new InMemoryBroker(Limits(spec), environment.Clock, logger),
            "pubsub.rabbitmq" => new RabbitMqBroker(RabbitMqSettings.Read(spec), spec.InitTimeout, environment.Clock, logger),
            _ => throw spec.UnknownType("pubsub.in-memory and pubsub.rabbitmq"),
        };
    }

    private static BrokerLimits Limits(ComponentSpec spec) =>
        BrokerLimits.Default with { MaxQueuedBytes = spec.Number("maxQueuedBytes", (int)BrokerLimits.Default.MaxQueuedBytes, 1024, int.MaxValue) };
}
