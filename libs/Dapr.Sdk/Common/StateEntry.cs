using Dapr.Client;

namespace Dapr;

/// <summary>A value of a state store together with its key and etag, so that it can be changed in place.</summary>
public sealed class StateEntry<TValue>
{
    private readonly DaprClient _client;

    public StateEntry(DaprClient client, string storeName, string key, TValue value, string etag)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        (_client, StoreName, Key, Value, ETag) = (client, storeName, key, value, etag);
    }

    public string StoreName { get; }

    public string Key { get; }

    /// <summary>Etag of the value as read; empty when the key did not exist.</summary>
    public string ETag { get; }

    public TValue Value { get; set; }

    public Task DeleteAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.DeleteStateAsync(StoreName, Key, stateOptions, metadata, cancellationToken);

    public Task SaveAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.SaveStateAsync(StoreName, Key, Value, stateOptions, metadata, cancellationToken);

    /// <summary>False when the value was changed by another since it was read.</summary>
    public Task<bool> TryDeleteAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.TryDeleteStateAsync(StoreName, Key, ETag, stateOptions, metadata, cancellationToken);

    /// <summary>False when the value was changed by another since it was read.</summary>
    public Task<bool> TrySaveAsync(
        StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        _client.TrySaveStateAsync(StoreName, Key, Value, ETag, stateOptions, metadata, cancellationToken);
}
