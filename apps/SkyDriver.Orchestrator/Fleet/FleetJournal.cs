using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Runtime;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>The durable form of the fleet's own state in its actor: a head, and chunks of workers and jobs.</summary>
internal sealed class FleetJournal(IActorStateManager state)
{
    /// <summary>Bytes of one transaction; as base64 in JSON it stays below a sidecar's 4 MiB.</summary>
    private const int TransactionBytes = 2 << 20;

    private const string HeadKey = "head", Workers = "workers", Jobs = "jobs";

    private int pending;

    public async Task<FleetState> LoadAsync(string server)
    {
        StoredFleet? stored = null;
        if (await ReadAsync<StoredFleetHead>(HeadKey) is { } head) stored = new(head, await RowsAsync<WorkerEntry>(Workers, head.WorkerChunks), await RowsAsync<JobRow>(Jobs, head.JobChunks));
        await state.ClearCacheAsync();
        return new(server, stored);
    }

    /// <summary>In one transaction, unless thousands of workers come at once: then ids first, jobs last, so that a report that comes again finds what is missing.</summary>
    public async Task SaveAsync(FleetState fleet)
    {
        if (fleet.IsDirty)
        {
            await WriteAsync(HeadKey, fleet.SaveHead());
            foreach (long chunk in fleet.WorkerChunks) await WriteAsync(Key(Workers, chunk), fleet.SaveWorkers(chunk));
            foreach (long chunk in fleet.JobChunks) await WriteAsync(Key(Jobs, chunk), fleet.SaveJobs(chunk));
        }

        await state.SaveStateAsync();
        await state.ClearCacheAsync();
        pending = 0;
        fleet.Saved();
    }

    private Task WriteAsync<T>(string key, IReadOnlyList<T> rows) => rows.Count > 0 ? WriteAsync(key, (object)rows) : state.TryRemoveStateAsync(key);

    private async Task WriteAsync(string key, object value)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType());
        if (pending > 0 && pending + json.Length > TransactionBytes)
        {
            await state.SaveStateAsync();
            pending = 0;
        }

        pending += json.Length;
        await state.SetStateAsync(key, json);
    }

    private async Task<List<T>> RowsAsync<T>(string kind, IReadOnlyList<long> chunks)
    {
        List<T> rows = [];
        foreach (long chunk in chunks) rows.AddRange(await ReadAsync<T[]>(Key(kind, chunk)) ?? []);
        return rows;
    }

    private async Task<T?> ReadAsync<T>(string key)
        where T : class
    {
        ConditionalValue<byte[]> json = await state.TryGetStateAsync<byte[]>(key);
        return json.HasValue ? JsonSerializer.Deserialize<T>(json.Value) : null;
    }

    private static string Key(string kind, long chunk) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{chunk}");
}
