using System.Globalization;

namespace SkyDriver.Components.Tests;

/// <summary>A transactional state store in memory; what it holds may outlive one object, as a database outlives a process.</summary>
internal class PlainStore(Dictionary<string, (byte[] Data, int Version)> data) : IStateStore
{
    public StateFeatures Features => StateFeatures.ETag | StateFeatures.Ttl;

    public List<TimeSpan?> Lives { get; } = [];

    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct) => Task.CompletedTask;

    public Task<StateValue?> GetAsync(StateGetRequest request, CancellationToken ct)
    {
        if (request.Key.EndsWith("broken", StringComparison.Ordinal)) throw new ComponentException(ComponentFault.Unavailable, "the disk is gone");
        lock (data) return Task.FromResult(data.TryGetValue(request.Key, out var found) ? new StateValue { Data = found.Data, ETag = Text(found.Version) } : null);
    }

    public Task SetAsync(StateSet change, CancellationToken ct)
    {
        lock (data)
        {
            Lives.Add(change.TimeToLive);
            Check(change);
            Apply(change);
        }

        return Task.CompletedTask;
    }

    public Task DeleteAsync(StateDelete change, CancellationToken ct)
    {
        lock (data)
        {
            Check(change);
            Apply(change);
        }

        return Task.CompletedTask;
    }

    protected void ApplyAll(IReadOnlyList<StateChange> changes)
    {
        lock (data)
        {
            foreach (StateChange change in changes) Check(change);
            foreach (StateChange change in changes) Apply(change);
        }
    }

    private void Check(StateChange change)
    {
        bool exists = data.TryGetValue(change.Key, out var found);
        if (change.ETag is { } etag && !int.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out _)) throw new InvalidETagException($"'{etag}' is no etag");
        bool holds = change.ETag is null ? change.Concurrency is not StateConcurrency.FirstWrite || !exists : exists && change.ETag == Text(found.Version);
        if (!holds) throw new ETagMismatchException($"{change.Key} was changed");
        if (change is StateSet { Value.Length: 4 } set && set.Value.Span.SequenceEqual("1234"u8)) throw new DaprErrorException(429, "ERR_STORE_FULL", ComponentFault.ResourceExhausted, "the store is full");
    }

    private void Apply(StateChange change)
    {
        if (change is StateSet set) data[set.Key] = (set.Value.ToArray(), data.GetValueOrDefault(set.Key).Version + 1);
        else data.Remove(change.Key);
    }

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);
}

internal sealed class MemoryStore(Dictionary<string, (byte[] Data, int Version)> data) : PlainStore(data), ITransactionalStateStore
{
    public int? MaxTransactionSize => 3;

    public Task TransactAsync(IReadOnlyList<StateChange> changes, IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        ApplyAll(changes);
        return Task.CompletedTask;
    }
}
