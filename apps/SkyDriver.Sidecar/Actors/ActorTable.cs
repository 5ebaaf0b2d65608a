using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>An actor: type and id.</summary>
internal readonly record struct ActorKey(string Type, string Id)
{
    public override string ToString() => $"{Type}/{Id}";
}

/// <summary>One actor that is used or active. All but the lock is read and written inside the actor's turn.</summary>
internal sealed class ActorEntry(ActorKey key)
{
    private volatile AppInstance? _host;

    public ActorKey Key => key;

    public TurnLock Turns { get; } = new();

    /// <summary>Callers in or before the turn; under the gate of the table.</summary>
    public int Holders { get; set; }

    /// <summary>The instance on which the actor is active; null when it is not. Other instances may not write its state.</summary>
    public AppInstance? Host
    {
        get => _host;
        set => _host = value;
    }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Timers by name; they end with the activation. Locked by itself: an actor sets timers from inside its turn.</summary>
    public Dictionary<string, ActorTimer> Timers { get; } = new(StringComparer.Ordinal);

    public bool IsActiveOn(AppInstance instance) => _host == instance && !instance.Gone.IsCancellationRequested;
}

/// <summary>The actors of one app id that are active or in use; others cost nothing.</summary>
internal sealed class ActorTable
{
    private readonly Dictionary<ActorKey, ActorEntry> _entries = [];
    private readonly Lock _gate = new();

    /// <summary>The entry of an actor, kept until <see cref="Release"/>.</summary>
    public ActorEntry Hold(ActorKey key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry)) _entries[key] = entry = new ActorEntry(key);
            entry.Holders++;
            return entry;
        }
    }

    public void Release(ActorEntry entry)
    {
        lock (_gate)
        {
            entry.Holders--;
            if (entry.Holders == 0 && entry.Host is null) _entries.Remove(entry.Key);
        }
    }

    /// <summary>An entry without keeping it; null when the actor is neither active nor in use.</summary>
    public ActorEntry? Find(ActorKey key)
    {
        lock (_gate) return _entries.GetValueOrDefault(key);
    }

    /// <summary>The active actors; a snapshot.</summary>
    public ActorEntry[] Active()
    {
        lock (_gate) return [.. _entries.Values.Where(e => e.Host is not null)];
    }
}
