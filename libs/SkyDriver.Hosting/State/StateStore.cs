using System.Globalization;
using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Hosting.State;

/// <summary>The service's state store by key: all that a service reads and writes there beside its actors goes through here, so that whatever fails is counted.</summary>
/// <remarks>Changing a document that others may change at the same time is the matter of <see cref="StateDocuments"/>.</remarks>
public sealed class StateStore(DaprClient dapr)
{
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    /// <summary>The value, or the default of its type when there is none.</summary>
    public Task<T?> GetAsync<T>(string key, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Read, () => dapr.GetStateAsync<T?>(Components.StateStore, key, cancellationToken: cancellationToken));

    /// <returns>With what <see cref="TrySaveAsync"/> wants to replace just this value; empty when there is none.</returns>
    public async Task<(T? Value, string ETag)> GetWithETagAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        (T? value, string? etag) = await StoreCalls.CountAsync(StoreCalls.Read, () => dapr.GetStateAndETagAsync<T?>(Components.StateStore, key, cancellationToken: cancellationToken));
        return (value, etag ?? "");
    }

    /// <param name="parallelism">Keys that the sidecar asks for at once.</param>
    public Task<IReadOnlyList<BulkStateItem<T>>> GetManyAsync<T>(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Read, () => dapr.GetBulkStateAsync<T>(Components.StateStore, keys, parallelism, cancellationToken: cancellationToken));

    /// <summary>Bytes as they were saved; empty when there are none.</summary>
    public Task<ReadOnlyMemory<byte>> GetBytesAsync(string key, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Read, () => dapr.GetByteStateAsync(Components.StateStore, key, cancellationToken: cancellationToken));

    /// <summary>Writes whatever is there now.</summary>
    /// <param name="lifetime">Whole seconds after which a store that can forgets the value.</param>
    public Task SaveAsync<T>(string key, T value, TimeSpan? lifetime = null, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Write, () => dapr.SaveStateAsync(Components.StateStore, key, value, metadata: Lifetime(lifetime), cancellationToken: cancellationToken));

    /// <inheritdoc cref="SaveAsync"/>
    public Task SaveBytesAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Write, () => dapr.SaveByteStateAsync(Components.StateStore, key, value, cancellationToken: cancellationToken));

    /// <summary>Replaces just the value that the ETag was read with.</summary>
    /// <param name="etag">Empty: writes only where nothing is yet.</param>
    /// <param name="lifetime">Whole seconds after which a store that can forgets the value.</param>
    /// <returns>False when another writer came between.</returns>
    public Task<bool> TrySaveAsync<T>(string key, T value, string etag, TimeSpan? lifetime = null, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Write, () => dapr.TrySaveStateAsync(Components.StateStore, key, value, etag, FirstWrite, Lifetime(lifetime), cancellationToken));

    /// <summary>Removes what is there; nothing is fine.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        StoreCalls.CountAsync(StoreCalls.Delete, () => dapr.DeleteStateAsync(Components.StateStore, key, cancellationToken: cancellationToken));

    private static Dictionary<string, string>? Lifetime(TimeSpan? lifetime) =>
        lifetime is { } span ? new() { ["ttlInSeconds"] = ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture) } : null;
}
