namespace Dapr.Actors.Runtime;

/// <summary>The cache between an actor and its stored state.</summary>
internal sealed class ActorStateManager(ActorStateProvider? provider, TimeProvider clock) : IActorStateManager
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public async Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default)
    {
        if (!await TryAddAsync(stateName, value, null, cancellationToken)) throw Taken(stateName);
    }

    public async Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default)
    {
        if (!await TryAddAsync(stateName, value, ttl, cancellationToken)) throw Taken(stateName);
    }

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, null, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, ttl, cancellationToken);

    public async Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var found = await TryGetStateAsync<T>(stateName, cancellationToken);
        return found.HasValue ? found.Value : throw Missing(stateName);
    }

    public async Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var entry = await FindAsync(stateName, typeof(T), cancellationToken);
        return entry is null ? default : new ConditionalValue<T>(true, (T)entry.Value!);
    }

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        Set(stateName, value, null);

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        Set(stateName, value, ttl);

    public async Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await TryRemoveStateAsync(stateName, cancellationToken)) throw Missing(stateName);
    }

    public async Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(stateName, null, cancellationToken) is null) return false;
        _entries[stateName] = Entry.Removed;
        return true;
    }

    public async Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default) =>
        await FindAsync(stateName, null, cancellationToken) is not null;

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, null, cancellationToken);

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, ttl, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, null, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, ttl, cancellationToken);

    public Task ClearCacheAsync(CancellationToken cancellationToken = default)
    {
        _entries.Clear();
        return Task.CompletedTask;
    }

    public async Task SaveStateAsync(CancellationToken cancellationToken = default)
    {
        var changes = _entries.Where(e => e.Value.Change is not Change.None)
            .Select(e => new ActorStateChange(e.Key, e.Value.Change == Change.Remove, e.Value.Value, e.Value.Type, e.Value.Ttl))
            .ToArray();
        if (changes.Length == 0) return;
        await Provider.SaveAsync(changes, cancellationToken);
        foreach (var change in changes)
        {
            if (change.Removed) _entries.Remove(change.Name);
            else _entries[change.Name] = _entries[change.Name] with { Change = Change.None };
        }
    }

    public Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        bool modified = _entries.TryGetValue(stateName, out var entry) && entry.Change is not Change.None;
        if (modified && options?.AllowUnloadingWhenStateModified != true)
        {
            throw new InvalidOperationException($"State '{stateName}' is changed and not saved; save it, or allow to unload it.");
        }

        _entries.Remove(stateName);
        return Task.CompletedTask;
    }

    private ActorStateProvider Provider => provider
        ?? throw new InvalidOperationException("This actor was made for a test and has no stored state; give it a state manager of the test.");

    /// <summary>Null when missing, removed or expired. Without a type nothing is read into the cache.</summary>
    private async Task<Entry?> FindAsync(string name, Type? type, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_entries.TryGetValue(name, out var cached))
        {
            bool gone = cached.Change == Change.Remove || cached.Expires <= clock.GetUtcNow();
            return gone ? null : cached;
        }

        if (await Provider.LoadAsync(name, type, ct) is not { } loaded) return null;
        var entry = new Entry(loaded.Value, type ?? typeof(object), Change.None, null, loaded.Expires);
        if (type is not null) _entries[name] = entry;
        return entry;
    }

    private async Task<bool> TryAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken ct)
    {
        if (await FindAsync(name, null, ct) is not null) return false;
        await Set(name, value, ttl);
        return true;
    }

    private Task Set<T>(string name, T value, TimeSpan? ttl)
    {
        ArgumentNullException.ThrowIfNull(name);
        _entries[name] = new Entry(value, typeof(T), Change.Upsert, ttl, ttl is { } t ? clock.GetUtcNow() + t : null);
        return Task.CompletedTask;
    }

    private async Task<T> GetOrAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken ct)
    {
        var found = await TryGetStateAsync<T>(name, ct);
        if (found.HasValue) return found.Value;
        await Set(name, value, ttl);
        return value;
    }

    private async Task<T> AddOrUpdateAsync<T>(string name, T addValue, Func<string, T, T> update, TimeSpan? ttl, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(update);
        var found = await TryGetStateAsync<T>(name, ct);
        T value = found.HasValue ? update(name, found.Value) : addValue;
        await Set(name, value, ttl);
        return value;
    }

    private static InvalidOperationException Taken(string name) => new($"State '{name}' exists already.");

    private static KeyNotFoundException Missing(string name) => new($"There is no state '{name}'.");

    private enum Change
    {
        None,
        Upsert,
        Remove,
    }

    private sealed record Entry(object? Value, Type Type, Change Change, TimeSpan? Ttl, DateTimeOffset? Expires)
    {
        public static readonly Entry Removed = new(null, typeof(object), Change.Remove, null, null);
    }
}
