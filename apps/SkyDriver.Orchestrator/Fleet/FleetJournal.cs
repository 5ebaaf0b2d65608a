using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Runtime;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>The durable form of the fleet's own state in its actor: a head, and chunks of workers and jobs.</summary>
internal sealed class FleetJournal(IActorStateManager state)
{
    private const string HeadKey = "head", Workers = "workers", Jobs = "jobs";

    public async Task<FleetState> LoadAsync(string server)
    {
        StoredFleet? stored = null;
        if (await ReadAsync<StoredFleetHead>(HeadKey) is { } head) stored = new(head, await RowsAsync<WorkerEntry>(Workers, head.WorkerChunks), await RowsAsync<JobRow>(Jobs, head.JobChunks));
        await state.ClearCacheAsync();
        return new(server, stored);
    }

    /// <summary>In one transaction.</summary>
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
        fleet.Saved();
    }

    private Task WriteAsync<T>(string key, IReadOnlyList<T> rows) => rows.Count > 0 ? WriteAsync(key, (object)rows) : state.TryRemoveStateAsync(key);

    private Task WriteAsync(string key, object value) => state.SetStateAsync(key, JsonSerializer.SerializeToUtf8Bytes(value, value.GetType()));

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
