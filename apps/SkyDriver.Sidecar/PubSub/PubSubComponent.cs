using System.Globalization;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>A pub/sub component as one app has it.</summary>
internal sealed class PubSubComponent
{
    private const string ConcurrencyField = "maxConcurrentMessages";
    private const int MostConcurrent = 1000;

    private readonly int? _concurrency;

    public PubSubComponent(ComponentSpec spec, string appId, IPubSub broker)
    {
        Name = spec.Name;
        Broker = broker;
        ConsumerId = spec.Value("consumerID") ?? appId;
        Scopes = new TopicScopes(spec, appId);
        _concurrency = spec.Value(ConcurrencyField) is null ? broker.Concurrency : spec.Number(ConcurrencyField, 1, 1, MostConcurrent);
    }

    public string Name { get; }

    public IPubSub Broker { get; }

    /// <summary>The consumer group of the app's subscriptions.</summary>
    public string ConsumerId { get; }

    public TopicScopes Scopes { get; }

    /// <summary>Guards what is published.</summary>
    public ResiliencyPolicy Policy { get; set; } = ResiliencyPolicy.None;

    /// <summary>Messages that one instance may have at once, by the subscription's metadata or the component's; null when neither says.</summary>
    /// <exception cref="FormatException">The subscription's value is no such number.</exception>
    public int? Concurrency(IReadOnlyDictionary<string, string> subscription)
    {
        if (!subscription.TryGetValue(ConcurrencyField, out string? text)) return _concurrency;
        bool valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= MostConcurrent;
        return valid ? number : throw new FormatException($"{ConcurrencyField} is '{text}'; use a whole number from 1 to {MostConcurrent}");
    }
}
