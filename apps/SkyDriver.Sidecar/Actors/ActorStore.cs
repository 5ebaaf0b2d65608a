using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Actors;

/// <summary>The actor state store of one app, as actors, reminders and workflows use it: whole keys, last write wins.</summary>
internal sealed class ActorStore(IStateStore store, IKeyScan keys)
{
    private const int ReadBatch = 256;

    public Task<StateRecord?> GetAsync(string key) => store.GetAsync(key, CancellationToken.None);

    public async Task<IReadOnlyList<byte[]?>> GetManyAsync(IReadOnlyList<string> wanted) =>
        wanted.Count == 0 ? [] : [.. (await store.GetManyAsync(wanted, CancellationToken.None)).Select(r => r?.Value)];

    /// <summary>Makes all changes or none; on return they are durable. It is never cancelled half-way.</summary>
    public Task ApplyAsync(IReadOnlyList<StateOperation> changes) => store.ApplyAsync(changes, CancellationToken.None);

    /// <summary>All keys that begin with a prefix, and their values, in ordinal order of the keys.</summary>
    public async Task<IReadOnlyList<(string Key, byte[] Value)>> ScanAsync(string prefix, CancellationToken ct)
    {
        List<string> found = [];
        await foreach (string key in keys.KeysAsync(prefix, ct)) found.Add(key);
        found.Sort(StringComparer.Ordinal);
        List<(string, byte[])> records = new(found.Count);
        foreach (string[] batch in found.Chunk(ReadBatch))
        {
            var values = await GetManyAsync(batch);
            for (int i = 0; i < batch.Length; i++)
            {
                if (values[i] is { } value) records.Add((batch[i], value));
            }
        }

        return records;
    }

    public IAsyncEnumerable<string> KeysAsync(string prefix, CancellationToken ct) => keys.KeysAsync(prefix, ct);

    public static StateOperation Put(string key, byte[] value, TimeSpan? timeToLive = null) =>
        new(StateOperationKind.Upsert, key, value, Ttl: timeToLive);

    public static StateOperation Delete(string key) => new(StateOperationKind.Delete, key, []);
}
