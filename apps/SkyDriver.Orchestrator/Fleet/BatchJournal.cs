using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Runtime;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>The durable form of a batch in its actor's state: a head, chunks of rows, long texts by themselves.</summary>
/// <remarks>
/// A turn is one transaction, unless it is too large for a sidecar's body; then its parts follow in an order in which a
/// crash between two of them loses no id, forgets no requirement and no kill, and leaves nothing that loading does not mend.
/// </remarks>
internal sealed class BatchJournal(IActorStateManager state)
{
    /// <summary>Bytes of one transaction; as base64 in JSON it stays below a sidecar's 4 MiB.</summary>
    private const int TransactionBytes = 2 << 20;

    private const string HeadKey = "head";
    private const string Tasks = "tasks", Edges = "edges", Signals = "signals", Workers = "workers";

    private readonly Dictionary<long, (long Chunk, TaskText Text)> texts = [];
    private int pending;

    /// <returns>Null when there is nothing.</returns>
    public async Task<StoredBatch?> LoadAsync()
    {
        if (await ReadAsync<StoredHead>(HeadKey) is not { } head) return null;
        List<StoredTask> tasks = [];
        Dictionary<long, TaskText> apart = [];
        foreach (long chunk in head.TaskChunks)
        {
            foreach (StoredTask task in await ReadAsync<StoredTask[]>(Key(Tasks, chunk)) ?? [])
            {
                tasks.Add(task);
                if (task.Text is null) await LoadTextAsync(task.Id, chunk, apart);
                if (task.Latest is { FrozenAs: FrozenAs.Apart } latest) await LoadTextAsync(latest.Id, chunk, apart);
            }

            // Otherwise the state manager keeps all of it once more.
            await state.ClearCacheAsync();
        }

        StoredBatch stored = new(
            head, tasks, await RowsAsync<EdgeRow>(Edges, head.EdgeChunks), await RowsAsync<SignalRow>(Signals, head.SignalChunks), await RowsAsync<StoredWorker>(Workers, head.WorkerChunks), apart);
        await state.ClearCacheAsync();
        return stored;
    }

    /// <summary>Makes a turn durable.</summary>
    /// <param name="last">Sets what must not be there before all else is.</param>
    public async Task SaveAsync(BatchState batch, Func<Task>? last = null)
    {
        ChangeLog changes = batch.Changes;
        if (changes.Any)
        {
            await WriteAsync(HeadKey, batch.SaveHead());
            foreach (long chunk in changes.EdgeChunks) await WriteAsync(Key(Edges, chunk), batch.SaveEdges(chunk));
            foreach (long chunk in changes.SignalChunks) await WriteAsync(Key(Signals, chunk), batch.SaveSignals(chunk));
            foreach (long chunk in changes.WorkerChunks) await WriteAsync(Key(Workers, chunk), batch.SaveWorkers(chunk));
            foreach (long chunk in changes.TaskChunks) await WriteTasksAsync(batch, chunk);
        }

        if (last is not null) await last();
        await state.SaveStateAsync();
        await state.ClearCacheAsync();
        pending = 0;
    }

    private async Task WriteTasksAsync(BatchState batch, long chunk)
    {
        Dictionary<long, TaskText> apart = [];
        IReadOnlyList<StoredTask> rows = batch.SaveTasks(chunk, (id, text) => apart[id] = text);
        foreach ((long id, TaskText text) in apart)
        {
            if (texts.TryGetValue(id, out var known) && known.Text == text) continue;
            texts[id] = (chunk, text);
            await WriteAsync(TextKey(id), [text]);
        }

        await WriteAsync(Key(Tasks, chunk), rows);
        foreach (long id in texts.Where(t => t.Value.Chunk == chunk && !apart.ContainsKey(t.Key)).Select(t => t.Key).ToArray())
        {
            texts.Remove(id);
            await state.TryRemoveStateAsync(TextKey(id));
        }
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

    private async Task LoadTextAsync(long id, long chunk, Dictionary<long, TaskText> into)
    {
        TaskText text = (await ReadAsync<TaskText[]>(TextKey(id)))?[0] ?? throw new InvalidDataException($"The text of {id} is not in the state of its batch: it was changed by hand.");
        texts[id] = (chunk, text);
        into[id] = text;
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

    private static string TextKey(long id) => string.Create(CultureInfo.InvariantCulture, $"text-{id}");
}
