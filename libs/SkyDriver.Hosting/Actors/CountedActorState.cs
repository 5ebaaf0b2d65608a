using Dapr.Actors.Runtime;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Hosting.Actors;

/// <summary>State of an actor whose calls of the store are counted when they fail.</summary>
/// <remarks>Only a save writes; whatever else goes to the store looks what is there.</remarks>
internal sealed class CountedActorState(IActorStateManager state) : IActorStateManager
{
    public Task SaveStateAsync(CancellationToken cancellationToken = default) => StoreCalls.CountAsync(StoreCalls.Transaction, () => state.SaveStateAsync(cancellationToken));

    public Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default) => ReadAsync(() => state.GetStateAsync<T>(stateName, cancellationToken));

    public Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.TryGetStateAsync<T>(stateName, cancellationToken));

    public Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default) => ReadAsync(() => state.ContainsStateAsync(stateName, cancellationToken));

    public Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => ReadAsync(() => state.AddStateAsync(stateName, value, cancellationToken));

    public Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.AddStateAsync(stateName, value, ttl, cancellationToken));

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.TryAddStateAsync(stateName, value, cancellationToken));

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.TryAddStateAsync(stateName, value, ttl, cancellationToken));

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.GetOrAddStateAsync(stateName, value, cancellationToken));

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.GetOrAddStateAsync(stateName, value, ttl, cancellationToken));

    public Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.AddOrUpdateStateAsync(stateName, addValue, updateValueFactory, cancellationToken));

    public Task<T> AddOrUpdateStateAsync<T>(string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        ReadAsync(() => state.AddOrUpdateStateAsync(stateName, addValue, updateValueFactory, ttl, cancellationToken));

    public Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default) => ReadAsync(() => state.RemoveStateAsync(stateName, cancellationToken));

    public Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default) => ReadAsync(() => state.TryRemoveStateAsync(stateName, cancellationToken));

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) => state.SetStateAsync(stateName, value, cancellationToken);

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) => state.SetStateAsync(stateName, value, ttl, cancellationToken);

    public Task ClearCacheAsync(CancellationToken cancellationToken = default) => state.ClearCacheAsync(cancellationToken);

    public Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default) =>
        state.UnloadStateAsync(stateName, options, cancellationToken);

    private static Task ReadAsync(Func<Task> call) => StoreCalls.CountAsync(StoreCalls.Read, call);

    private static Task<T> ReadAsync<T>(Func<Task<T>> call) => StoreCalls.CountAsync(StoreCalls.Read, call);
}
