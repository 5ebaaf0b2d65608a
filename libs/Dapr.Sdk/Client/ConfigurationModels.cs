namespace Dapr.Client;

/// <summary>One value of a configuration store.</summary>
public class ConfigurationItem(string value, string version, IReadOnlyDictionary<string, string> metadata)
{
    public string Value { get; } = value;

    public string Version { get; } = version;

    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;
}

/// <summary>Values of a configuration store by key.</summary>
public class GetConfigurationResponse(IReadOnlyDictionary<string, ConfigurationItem> configMap)
{
    public IReadOnlyDictionary<string, ConfigurationItem> Items => configMap;
}

/// <summary>Changes of configuration, as they come: each element holds the keys that changed.</summary>
public abstract class ConfigurationSource : IAsyncEnumerable<IDictionary<string, ConfigurationItem>>
{
    /// <summary>Names the subscription; empty until its first element was read.</summary>
    public abstract string Id { get; }

    public abstract IAsyncEnumerator<IDictionary<string, ConfigurationItem>> GetAsyncEnumerator(CancellationToken cancellationToken = default);
}

/// <summary>A subscription to configuration.</summary>
public class SubscribeConfigurationResponse(ConfigurationSource source)
{
    /// <summary>For <see cref="DaprClient.UnsubscribeConfiguration"/>; empty until the first element was read.</summary>
    public string Id => source.Id;

    public IAsyncEnumerable<IDictionary<string, ConfigurationItem>> Source => source;
}

/// <summary>Whether a subscription to configuration was ended.</summary>
public class UnsubscribeConfigurationResponse(bool ok, string message)
{
    public bool Ok { get; } = ok;

    public string Message { get; } = message;
}
