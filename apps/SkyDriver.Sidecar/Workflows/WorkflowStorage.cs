using System.Globalization;
using Google.Protobuf;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>
/// Instances in the actor state store. Every method that writes is one transaction. A turn adds one chunk of history and
/// rewrites the small head; nothing stored before is read or written again.
/// </summary>
/// <remarks>
/// Keys, each below <c>{app}||dapr.internal.{namespace}.{app}.</c>: <c>workflow||{id}</c> the head,
/// <c>history||{id}||{generation}-{chunk}</c>, <c>inbox||{id}||{generation}-{number}</c>.
/// </remarks>
internal sealed class WorkflowStorage(ActorStore store, string appId, string @namespace)
{
    private readonly string _prefix = $"{appId}||dapr.internal.{@namespace}.{appId}.";

    private string HeadPrefix => _prefix + "workflow||";

    /// <summary>All instances, without their histories.</summary>
    public async Task<IReadOnlyList<(string InstanceId, InstanceHead Head)>> ListAsync(CancellationToken ct) =>
        [.. (await store.ScanAsync(HeadPrefix, ct)).Select(r => (r.Key[HeadPrefix.Length..], InstanceHead.Parser.ParseFrom(r.Value)))];

    /// <summary>The ids of all instances, in ordinal order.</summary>
    public async Task<IReadOnlyList<string>> ListIdsAsync(CancellationToken ct)
    {
        List<string> ids = [];
        await foreach (string key in store.KeysAsync(HeadPrefix, ct)) ids.Add(key[HeadPrefix.Length..]);
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>An instance as stored; null for an unknown id.</summary>
    public async Task<InstanceState?> LoadAsync(string instanceId)
    {
        if (await store.GetAsync(HeadKey(instanceId)) is not { } stored) return null;
        var head = InstanceHead.Parser.ParseFrom(stored.Value);
        var state = new InstanceState(instanceId, head);
        string[] chunks = [.. Enumerable.Range(0, head.Chunks).Select(chunk => HistoryKey(instanceId, head.Generation, chunk))];
        foreach (byte[]? chunk in await store.GetManyAsync(chunks))
        {
            if (chunk is null) throw new InvalidDataException($"The store has lost a part of the history of workflow '{instanceId}'.");
            state.Append(EventChunk.Parser.ParseFrom(chunk).Events);
        }

        long[] numbers = [.. Range(head.InboxFirst, head.InboxNext)];
        var waiting = await store.GetManyAsync([.. numbers.Select(n => InboxKey(instanceId, head.Generation, n))]);
        for (int i = 0; i < numbers.Length; i++)
        {
            // Numbers that a turn took while older ones still waited leave gaps.
            if (waiting[i] is { } bytes) state.Enqueue(new WaitingEvent(HistoryEvent.Parser.ParseFrom(bytes), numbers[i]));
        }

        return state;
    }

    /// <summary>Writes a new instance over one that is over, if any. Returns its start, waiting.</summary>
    public async Task<WaitingEvent> CreateAsync(string instanceId, InstanceHead head, HistoryEvent started, InstanceState? old)
    {
        List<StateOperation> changes = old is null ? [] : Erase(old);
        var waiting = AddToInbox(changes, instanceId, head, [started]);
        changes.Add(Put(instanceId, head));
        await ApplyAsync(changes);
        return waiting[0];
    }

    /// <summary>Writes a new instance that begins with a history.</summary>
    public Task CreateAsync(string instanceId, InstanceHead head, IReadOnlyList<HistoryEvent> history)
    {
        List<StateOperation> changes = [AddChunk(instanceId, head, history)];
        changes.Add(Put(instanceId, head));
        return ApplyAsync(changes);
    }

    /// <summary>Writes the head (in which the numbers of the inbox advance) and new waiting events, numbered in the result.</summary>
    public async Task<IReadOnlyList<WaitingEvent>> SaveWaitingAsync(InstanceState state, InstanceHead head, IReadOnlyList<WaitingEvent> events)
    {
        List<StateOperation> changes = [];
        var waiting = AddToInbox(changes, state.InstanceId, head, events.Select(w => w.Event));
        changes.Add(Put(state.InstanceId, head));
        await ApplyAsync(changes);
        return waiting;
    }

    /// <summary>Writes the outcome of a turn; the head in it learns of the new chunk.</summary>
    public Task CommitAsync(InstanceState state, TurnOutcome outcome)
    {
        List<StateOperation> changes = [];
        var head = outcome.Head;
        if (outcome.Appended.Count > 0) changes.Add(AddChunk(state.InstanceId, head, outcome.Appended));
        RemoveFromInbox(changes, state, outcome.Taken);
        head.InboxFirst = state.Inbox.Skip(outcome.Taken).Select(w => w.Number).FirstOrDefault(n => n is not null) ?? head.InboxNext;
        changes.Add(Put(state.InstanceId, head));
        return ApplyAsync(changes);
    }

    /// <summary>Writes the next life of an instance over the present one. Returns the events it begins with.</summary>
    public async Task<IReadOnlyList<WaitingEvent>> RestartAsync(InstanceState state, InstanceHead head, IReadOnlyList<HistoryEvent> events)
    {
        var changes = Erase(state);
        (head.Chunks, head.InboxFirst, head.InboxNext) = (0, 0, 0);
        var waiting = AddToInbox(changes, state.InstanceId, head, events);
        changes.Add(Put(state.InstanceId, head));
        await ApplyAsync(changes);
        return waiting;
    }

    public Task DeleteAsync(InstanceState state)
    {
        var changes = Erase(state);
        changes.Add(ActorStore.Delete(HeadKey(state.InstanceId)));
        return ApplyAsync(changes);
    }

    private Task ApplyAsync(IReadOnlyList<StateOperation> changes) => store.ApplyAsync(changes);

    private List<WaitingEvent> AddToInbox(List<StateOperation> changes, string instanceId, InstanceHead head, IEnumerable<HistoryEvent> events)
    {
        List<WaitingEvent> waiting = [];
        foreach (var e in events)
        {
            long number = head.InboxNext++;
            changes.Add(ActorStore.Put(InboxKey(instanceId, head.Generation, number), e.ToByteArray()));
            waiting.Add(new WaitingEvent(e, number));
        }

        return waiting;
    }

    private StateOperation AddChunk(string instanceId, InstanceHead head, IReadOnlyList<HistoryEvent> events)
    {
        var chunk = new EventChunk { Events = { events } };
        return ActorStore.Put(HistoryKey(instanceId, head.Generation, head.Chunks++), chunk.ToByteArray());
    }

    private void RemoveFromInbox(List<StateOperation> changes, InstanceState state, int count)
    {
        foreach (var waiting in state.Inbox.Take(count))
        {
            if (waiting.Number is { } number) changes.Add(ActorStore.Delete(InboxKey(state.InstanceId, state.Head.Generation, number)));
        }
    }

    /// <summary>Deletes of everything but the head.</summary>
    private List<StateOperation> Erase(InstanceState state)
    {
        List<StateOperation> changes = [];
        for (int chunk = 0; chunk < state.Head.Chunks; chunk++)
        {
            changes.Add(ActorStore.Delete(HistoryKey(state.InstanceId, state.Head.Generation, chunk)));
        }

        RemoveFromInbox(changes, state, state.Inbox.Count);
        return changes;
    }

    private StateOperation Put(string instanceId, InstanceHead head) => ActorStore.Put(HeadKey(instanceId), head.ToByteArray());

    private static IEnumerable<long> Range(long from, long to)
    {
        for (long i = from; i < to; i++) yield return i;
    }

    private string HeadKey(string instanceId) => HeadPrefix + instanceId;

    private string HistoryKey(string instanceId, int generation, int chunk) =>
        string.Create(CultureInfo.InvariantCulture, $"{_prefix}history||{instanceId}||{generation:D6}-{chunk:D6}");

    private string InboxKey(string instanceId, int generation, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{_prefix}inbox||{instanceId}||{generation:D6}-{number:D6}");
}
