using System.Globalization;
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
    private const string HeadKey = "head";
    private const string Tasks = "tasks", Edges = "edges", Signals = "signals", Workers = "workers";

    private readonly RowStore store = new(state);
    private readonly Dictionary<long, (long Chunk, TaskText Text)> texts = [];

    /// <returns>Null when there is nothing.</returns>
    public async Task<StoredBatch?> LoadAsync()
    {
        if (await store.ReadAsync<StoredHead>(HeadKey) is not { } head) return null;
        List<StoredTask> tasks = [];
        Dictionary<long, TaskText> apart = [];
        foreach (long chunk in head.TaskChunks)
        {
            foreach (StoredTask task in await store.ReadAsync<StoredTask[]>(RowStore.Key(Tasks, chunk)) ?? [])
            {
                tasks.Add(task);
                if (task.Text is null) await LoadTextAsync(task.Id, chunk, apart);
                if (task.Latest is { FrozenAs: FrozenAs.Apart } latest) await LoadTextAsync(latest.Id, chunk, apart);
            }

            await store.ForgetAsync();
        }

        StoredBatch stored = new(
            head, tasks, await store.ReadRowsAsync<EdgeRow>(Edges, head.EdgeChunks), await store.ReadRowsAsync<SignalRow>(Signals, head.SignalChunks), await store.ReadRowsAsync<StoredWorker>(Workers, head.WorkerChunks), apart);
        await store.ForgetAsync();
        return stored;
    }

    /// <summary>Makes a turn durable.</summary>
    /// <param name="last">Sets what must not be there before all else is.</param>
    public async Task SaveAsync(BatchState batch, Func<Task>? last = null)
    {
        ChangeLog changes = batch.Changes;
        if (changes.Any)
        {
            await store.WriteAsync(HeadKey, batch.SaveHead());
            foreach (long chunk in changes.EdgeChunks) await store.WriteRowsAsync(Edges, chunk, batch.SaveEdges(chunk));
            foreach (long chunk in changes.SignalChunks) await store.WriteRowsAsync(Signals, chunk, batch.SaveSignals(chunk));
            foreach (long chunk in changes.WorkerChunks) await store.WriteRowsAsync(Workers, chunk, batch.SaveWorkers(chunk));
            foreach (long chunk in changes.TaskChunks) await WriteTasksAsync(batch, chunk);
        }

        if (last is not null) await last();
        await store.SaveAsync();
    }

    private async Task WriteTasksAsync(BatchState batch, long chunk)
    {
        Dictionary<long, TaskText> apart = [];
        IReadOnlyList<StoredTask> rows = batch.SaveTasks(chunk, (id, text) => apart[id] = text);
        foreach ((long id, TaskText text) in apart)
        {
            if (texts.TryGetValue(id, out var known) && known.Text == text) continue;
            texts[id] = (chunk, text);
            await store.WriteAsync(TextKey(id), new[] { text });
        }

        await store.WriteRowsAsync(Tasks, chunk, rows);
        foreach (long id in texts.Where(t => t.Value.Chunk == chunk && !apart.ContainsKey(t.Key)).Select(t => t.Key).ToArray())
        {
            texts.Remove(id);
            await store.RemoveAsync(TextKey(id));
        }
    }

    private async Task LoadTextAsync(long id, long chunk, Dictionary<long, TaskText> into)
    {
        TaskText text = (await store.ReadAsync<TaskText[]>(TextKey(id)))?[0] ?? throw new InvalidDataException($"The text of {id} is not in the state of its batch: it was changed by hand.");
        texts[id] = (chunk, text);
        into[id] = text;
    }

    private static string TextKey(long id) => string.Create(CultureInfo.InvariantCulture, $"text-{id}");
}
