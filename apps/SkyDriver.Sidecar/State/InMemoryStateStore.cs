using System.Runtime.CompilerServices;

namespace SkyDriver.Sidecar.State;

/// <summary>Values in this process' memory, gone with it (<c>state.in-memory</c>).</summary>
internal sealed class InMemoryStateStore(TimeProvider clock) : IStateStore, IKeyScan
{
    /// <summary>How long what has expired may take memory while others write.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StateRecord> _records = new(StringComparer.Ordinal);
    private readonly ETagSource _etags = new();
    private DateTimeOffset _nextSweep = clock.GetUtcNow() + SweepInterval;

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct)
    {
        lock (_gate) return Task.FromResult(Find(key));
    }

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct)
    {
        lock (_gate) return Task.FromResult<IReadOnlyList<StateRecord?>>([.. keys.Select(Find)]);
    }

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        try
        {
            lock (_gate) Apply(operations);
            return Task.CompletedTask;
        }
        catch (ETagMismatchException mismatch)
        {
            return Task.FromException(mismatch);
        }
    }

    public async IAsyncEnumerable<string> KeysAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        string[] keys;
        lock (_gate) keys = [.. _records.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray().Where(key => Find(key) is not null)];
        Array.Sort(keys, StringComparer.Ordinal);
        await Task.CompletedTask;
        foreach (string key in keys)
        {
            ct.ThrowIfCancellationRequested();
            yield return key;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Apply(IReadOnlyList<StateOperation> operations)
    {
        foreach (StateOperation operation in operations)
        {
            if (StateRules.HasCondition(operation)) StateRules.Check(operation, Find(operation.Key)?.ETag);
        }

        foreach (StateOperation operation in operations)
        {
            if (operation.Kind is StateOperationKind.Delete) _records.Remove(operation.Key);
            else _records[operation.Key] = new(operation.Value, ETagSource.Text(_etags.Next()), StateRules.Expiry(operation, clock));
        }

        Sweep();
    }

    private void Sweep()
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (now < _nextSweep) return;
        _nextSweep = now + SweepInterval;
        foreach ((string key, StateRecord record) in _records)
        {
            if (record.ExpiresAt <= now) _records.Remove(key);
        }
    }

    private StateRecord? Find(string key)
    {
        if (!_records.TryGetValue(key, out StateRecord record)) return null;
        if (record.ExpiresAt is not { } end || end > clock.GetUtcNow()) return record;
        _records.Remove(key);
        return null;
    }
}
