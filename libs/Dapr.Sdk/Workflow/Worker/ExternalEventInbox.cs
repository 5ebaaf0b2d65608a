using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Events and those who wait for them: first come, first served per name, letter case ignored. What nobody waits for
/// is kept.
/// </summary>
internal sealed class ExternalEventInbox
{
    private readonly List<HistoryEvent> _kept = [];
    private readonly Dictionary<string, LinkedList<PendingTask>> _waiting = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Events not consumed yet, in the order they came.</summary>
    public IReadOnlyList<HistoryEvent> Kept => _kept;

    public bool AnyoneWaits => _waiting.Values.Any(w => w.Count > 0);

    /// <summary>Hands an event to the one who waits longest, or keeps it.</summary>
    public void Deliver(HistoryEvent raised)
    {
        if (_waiting.TryGetValue(raised.EventRaised.Name, out var waiting) && waiting.First is { } first)
        {
            waiting.RemoveFirst();
            first.Value.Complete(raised.EventRaised.Input);
        }
        else _kept.Add(raised);
    }

    /// <summary>Takes the oldest kept event of a name.</summary>
    public bool TryTake(string name, out string? payload)
    {
        int index = _kept.FindIndex(e => e.EventRaised.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        payload = index < 0 ? null : _kept[index].EventRaised.Input;
        if (index >= 0) _kept.RemoveAt(index);
        return index >= 0;
    }

    /// <summary>Joins the queue of a name; the result leaves it again.</summary>
    public Action Wait(string name, PendingTask waiter)
    {
        if (!_waiting.TryGetValue(name, out var waiting)) _waiting[name] = waiting = new LinkedList<PendingTask>();
        var node = waiting.AddLast(waiter);
        return () =>
        {
            if (node.List is not null) waiting.Remove(node);
        };
    }
}
