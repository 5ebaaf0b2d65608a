using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>The types of brokers.</summary>
internal static class Brokers
{
    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IPubSub Create(ComponentSpec spec, ComponentEnvironment environment)
    {
        if (spec.Type is not "pubsub.in-memory") throw spec.UnknownType("pubsub.in-memory");
        BrokerLimits limits = BrokerLimits.Default with { MaxQueuedBytes = spec.Number("maxQueuedBytes", (int)BrokerLimits.Default.MaxQueuedBytes, 1024, int.MaxValue) };
        return new InMemoryBroker(limits, environment.Clock, environment.Loggers.CreateLogger("dapr.pubsub"));
    }
}
