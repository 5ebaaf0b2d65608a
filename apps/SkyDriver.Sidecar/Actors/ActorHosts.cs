using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>Which instances of an app id host which actor types.</summary>
internal sealed class ActorHosts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AppInstance, IReadOnlyDictionary<string, ActorTypeSettings>> _hosts = [];

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
        lock (_gate) _hosts[instance] = types;
    }

    public void Remove(AppInstance instance)
    {
        lock (_gate) _hosts.Remove(instance);
    }

    public string[] Types(AppInstance instance)
    {
        lock (_gate) return _hosts.TryGetValue(instance, out var types) ? [.. types.Keys] : [];
    }

    /// <summary>How the type is run; null when no instance hosts it.</summary>
    public ActorTypeSettings? Settings(string type)
    {
        lock (_gate)
        {
            foreach (var (instance, types) in _hosts)
            {
                if (!instance.Gone.IsCancellationRequested && types.TryGetValue(type, out var settings)) return settings;
            }

            return null;
        }
    }

    /// <summary>
    /// The instance where an actor wakes up: the one whose hash with the actor is highest, so that the coming or going
    /// of another instance moves as few actors as possible. Null when none hosts the type.
    /// </summary>
    public AppInstance? Pick(ActorKey actor)
    {
        lock (_gate)
        {
            return _hosts
                .Where(h => !h.Key.Gone.IsCancellationRequested && h.Value.ContainsKey(actor.Type))
                .MaxBy(h => HashCode.Combine(actor.Type, actor.Id, h.Key.InstanceId)).Key;
        }
    }
}
