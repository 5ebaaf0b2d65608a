using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>A state store as one app has it: its keys get a prefix that decides who shares them.</summary>
internal sealed class StateComponent
{
    private const string Separator = "||";

    private readonly string _prefix;

    public StateComponent(ComponentSpec spec, string appId, string nameSpace, IStateStore store)
    {
        (Name, Store) = (spec.Name, store);
        IsActorStore = spec.Flag("actorStateStore");
        string strategy = spec.Value("keyPrefix") ?? "appid";
        if (strategy.Contains(Separator, StringComparison.Ordinal)) throw spec.Fault("keyPrefix", strategy, "use appid, name, namespace, none, or a text without ||");
        _prefix = strategy.ToLowerInvariant() switch
        {
            "appid" => appId + Separator,
            "name" => spec.Name + Separator,
            "namespace" => $"{nameSpace}.{appId}{Separator}",
            "none" => "",
            _ => strategy + Separator,
        };
    }

    public string Name { get; }

    /// <summary>The store behind the prefix; engines use keys of their own there.</summary>
    public IStateStore Store { get; }

    public bool IsActorStore { get; }

    /// <summary>Guards what apps read and write.</summary>
    public ResiliencyPolicy Policy { get; set; } = ResiliencyPolicy.None;

    /// <summary>The key in the store of an app's key.</summary>
    /// <exception cref="Hosting.DaprFault">The key is empty, or holds the separator or a character that not every store can hold.</exception>
    public string StoredKey(string key)
    {
        if (key.Length == 0) throw StateFaults.IllegalKey(key, "can't be empty");
        if (key.Contains(Separator, StringComparison.Ordinal)) throw StateFaults.IllegalKey(key, "can't contain '||'");
        if (key.Contains('\0', StringComparison.Ordinal)) throw StateFaults.IllegalKey(key.Replace("\0", "\\0", StringComparison.Ordinal), "can't contain a zero character");
        return _prefix + key;
    }
}
