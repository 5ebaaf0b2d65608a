using System.Collections.Frozen;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>Which instances of an app id host which actor types. Read on every call, without a lock; changed when an instance comes or goes.</summary>
internal sealed class ActorHosts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AppInstance, IReadOnlyDictionary<string, ActorTypeSettings>> _hosts = [];
    private readonly HashSet<AppInstance> _closed = [];
    private volatile FrozenDictionary<string, TypeHosts> _types = FrozenDictionary<string, TypeHosts>.Empty;

    /// <summary>The shortest scan interval that a host asks for; null without a host.</summary>
    public TimeSpan? ScanInterval
    {
        get
        {
            lock (_gate) return _hosts.Count == 0 ? null : _hosts.Values.SelectMany(types => types.Values).Min(s => s.ScanInterval);
        }
    }

    public void Add(AppInstance instance, IReadOnlyDictionary<string, ActorTypeSettings> types)
    {
        lock (_gate)
        {
            _hosts[instance] = types;
            Refresh();
        }

        instance.HealthChanged += OnHealthChanged;
    }

    /// <summary>Closed, no actor gets a turn on the instance any more; those that have one may finish it.</summary>
    public void SetOpen(AppInstance instance, bool isOpen)
    {
        lock (_gate)
        {
            if (!_hosts.ContainsKey(instance)) return;
            if (isOpen ? _closed.Remove(instance) : _closed.Add(instance)) Refresh();
        }
    }

    public void Remove(AppInstance instance)
    {
        instance.HealthChanged -= OnHealthChanged;
        lock (_gate)
        {
            _hosts.Remove(instance);
            _closed.Remove(instance);
            Refresh();
        }
    }

    public string[] Types(AppInstance instance)
    {
        lock (_gate) return _hosts.TryGetValue(instance, out var types) ? [.. types.Keys] : [];
    }

    /// <summary>How the type is run; null when no instance hosts it.</summary>
    public ActorTypeSettings? Settings(string type) => _types.GetValueOrDefault(type)?.Settings;

    /// <summary>Whether an actor of the type can get a turn now.</summary>
    public bool IsOpen(string type) => _types.GetValueOrDefault(type) is { Open.Length: > 0 };

    /// <summary>Whether an actor that is awake on the instance stays there.</summary>
    public bool Keeps(ActorKey actor, AppInstance instance) =>
        !instance.Gone.IsCancellationRequested && _types.TryGetValue(actor.Type, out var hosts) && Array.IndexOf(hosts.Open, instance) >= 0;

    /// <summary>
    /// The instance where an actor wakes up: the one whose hash with the actor is highest, so that the coming or going
    /// of another instance moves as few actors as possible. Null when none hosts the type.
    /// </summary>
    public AppInstance? Pick(ActorKey actor)
    {
        if (!_types.TryGetValue(actor.Type, out var hosts)) return null;
        AppInstance? best = null;
        int highest = int.MinValue;
        foreach (var instance in hosts.Open)
        {
            if (instance.Gone.IsCancellationRequested) continue;
            int hash = HashCode.Combine(actor.Type, actor.Id, instance.InstanceId);
            if (best is null || hash > highest) (best, highest) = (instance, hash);
        }

        return best;
    }

    private void OnHealthChanged(AppInstance instance)
    {
        lock (_gate) Refresh();
    }

    private void Refresh() => _types = _hosts
        .SelectMany(host => host.Value, (host, type) => (Instance: host.Key, Type: type.Key, Settings: type.Value))
        .GroupBy(host => host.Type, StringComparer.Ordinal)
        .ToFrozenDictionary(
            group => group.Key,
            group => new TypeHosts(group.First().Settings, [.. group.Select(host => host.Instance).Where(i => i.IsHealthy && !_closed.Contains(i))]),
            StringComparer.Ordinal);

    /// <param name="Settings">Of the instance that came first: replicas run the same program.</param>
    /// <param name="Open">The instances on which actors of the type wake up.</param>
    private sealed record TypeHosts(ActorTypeSettings Settings, AppInstance[] Open);
}
