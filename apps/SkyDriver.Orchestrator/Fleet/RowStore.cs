using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Runtime;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Documents of an actor's state, and rows in numbered chunks, written in transactions that a sidecar takes.</summary>
/// <remarks>What is written before a transaction is full goes first: whoever writes chooses an order in which a crash in between does no harm.</remarks>
internal sealed class RowStore(IActorStateManager state)
{
    /// <summary>Bytes of one transaction; as base64 in JSON it stays below a sidecar's 4 MiB.</summary>
    private const int TransactionBytes = 2 << 20;

    private int pending;

    public static string Key(string kind, long chunk) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{chunk}");

    /// <returns>Null when there is none.</returns>
    public async Task<T?> ReadAsync<T>(string key)
        where T : class
    {
        ConditionalValue<byte[]> json = await state.TryGetStateAsync<byte[]>(key);
        return json.HasValue ? JsonSerializer.Deserialize<T>(json.Value) : null;
    }

    public async Task<List<T>> ReadRowsAsync<T>(string kind, IReadOnlyList<long> chunks)
    {
        List<T> rows = [];
        foreach (long chunk in chunks) rows.AddRange(await ReadAsync<T[]>(Key(kind, chunk)) ?? []);
        return rows;
    }

    public async Task WriteAsync(string key, object value)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType());
        if (pending > 0 && pending + json.Length > TransactionBytes) await CommitAsync();
        pending += json.Length;
        await state.SetStateAsync(key, json);
    }

    /// <summary>A chunk without rows is removed.</summary>
    public Task WriteRowsAsync<T>(string kind, long chunk, IReadOnlyList<T> rows) => rows.Count > 0 ? WriteAsync(Key(kind, chunk), rows) : RemoveAsync(Key(kind, chunk));

    public Task RemoveAsync(string key) => state.TryRemoveStateAsync(key);

    /// <summary>Makes everything durable.</summary>
    public async Task SaveAsync()
    {
        await CommitAsync();
        await ForgetAsync();
    }

    /// <summary>Otherwise the state manager keeps all that was read and written once more.</summary>
    public Task ForgetAsync() => state.ClearCacheAsync();

    private async Task CommitAsync()
    {
        await state.SaveStateAsync();
        pending = 0;
    }
}
