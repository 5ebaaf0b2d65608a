using System.Collections.Concurrent;
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

    /// <summary>Callers in or before the turn; locked by the entry, as <see cref="IsRemoved"/> is.</summary>
    public int Holders { get; set; }

    /// <summary>The table has another entry for the actor by now, or none.</summary>
    public bool IsRemoved { get; set; }

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
    private readonly ConcurrentDictionary<ActorKey, ActorEntry> _entries = [];

    /// <summary>The entry of an actor, kept until <see cref="Release"/>.</summary>
    public ActorEntry Hold(ActorKey key)
    {
        while (true)
        {
            var entry = _entries.GetOrAdd(key, static k => new ActorEntry(k));
            lock (entry)
            {
                if (entry.IsRemoved) continue;
                entry.Holders++;
                return entry;
            }
        }
    }

    public void Release(ActorEntry entry)
    {
        lock (entry)
        {
            entry.Holders--;
            if (entry.Holders > 0 || entry.Host is not null) return;
            entry.IsRemoved = true;
            _entries.TryRemove(entry.Key, out _);
        }
    }

    /// <summary>An entry without keeping it; null when the actor is neither active nor in use.</summary>
    public ActorEntry? Find(ActorKey key) => _entries.GetValueOrDefault(key);

    /// <summary>The active actors; a snapshot.</summary>
    public ActorEntry[] Active() => [.. _entries.Values.Where(e => e.Host is not null)];
}
