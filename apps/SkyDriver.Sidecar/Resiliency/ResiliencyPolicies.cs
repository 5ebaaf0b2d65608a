using System.Collections.Concurrent;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>Kinds of components, by the words that default policies name them with.</summary>
internal enum ComponentKind
{
    Statestore,
    Pubsub,
    Binding,
    Secretstore,
}

/// <summary>
/// The policies of one app, by what they guard. A target that no resource names gets the default policies, from the most special name
/// to the most general: <c>DefaultPubsubComponentOutboundRetryPolicy</c>, <c>DefaultComponentOutboundRetryPolicy</c>,
/// <c>DefaultComponentRetryPolicy</c>, <c>DefaultRetryPolicy</c>.
/// </summary>
internal sealed class ResiliencyPolicies
{
    private const int LeastBuiltInRetries = 3;

    private readonly Dictionary<string, TimeSpan> _timeouts;
    private readonly Dictionary<string, RetrySpec> _retries;
    private readonly Dictionary<string, BreakerSpec> _breakers;
    private readonly Dictionary<string, PolicyNames> _apps, _actors, _outbound, _inbound;
    private readonly ConcurrentDictionary<(string Kind, string Name), ResiliencyPolicy> _made = new();
    private readonly ConcurrentDictionary<string, ActorPolicies> _madeForActors = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly bool _none;

    /// <param name="manifests">In scope of the app; of equal names the later one holds.</param>
    public ResiliencyPolicies(IReadOnlyList<ResiliencyManifest> manifests, TimeProvider clock)
    {
        (_clock, _none) = (clock, manifests.Count == 0);
        _timeouts = Merge(manifests, m => m.Timeouts);
        _retries = Merge(manifests, m => m.Retries);
        _breakers = Merge(manifests, m => m.Breakers);
        _apps = Merge(manifests, m => m.Apps);
        _actors = Merge(manifests, m => m.Actors);
        _outbound = Merge(manifests, m => m.Outbound);
        _inbound = Merge(manifests, m => m.Inbound);
        BuiltInInvocation = new(null, BuiltIn("DaprBuiltInServiceRetries"), null, clock);
        BuiltInActor = BuiltIn("DaprBuiltInActorRetries");
    }

    /// <summary>Only what Dapr does by itself.</summary>
    public static ResiliencyPolicies None { get; } = new([], TimeProvider.System);

    /// <summary>For calls of other apps that no policy is for; meant for a way that breaks, not for what apps answer.</summary>
    public ResiliencyPolicy BuiltInInvocation { get; }

    /// <summary>For calls of actors that no policy is for; meant for a way that breaks, not for what apps answer.</summary>
    public RetrySpec BuiltInActor { get; }

    /// <summary>Calls of another app.</summary>
    public ResiliencyPolicy App(string appId) => Find("app", appId, _apps, "App");

    /// <summary>Calls of an actor.</summary>
    public ActorPolicies Actor(string type)
    {
        if (_none) return ActorPolicies.None;
        return _madeForActors.TryGetValue(type, out ActorPolicies? made) ? made : _madeForActors.GetOrAdd(type, Create);

        ActorPolicies Create(string actorType) => Names(_actors, actorType, "Actor") is { } names
            ? new(Timeout(names), Retry(names), names.Breaker is { } breaker ? _breakers.GetValueOrDefault(breaker) : null, names, _clock)
            : ActorPolicies.None;
    }

    /// <summary>From the sidecar to a component.</summary>
    public ResiliencyPolicy Outbound(ComponentKind kind, string component) => Component(kind, "Outbound", component, _outbound);

    /// <summary>From a component to the app.</summary>
    public ResiliencyPolicy Inbound(ComponentKind kind, string component) => Component(kind, "Inbound", component, _inbound);

    private ResiliencyPolicy Component(ComponentKind kind, string direction, string component, Dictionary<string, PolicyNames> targets) =>
        _none ? ResiliencyPolicy.None : Find(direction, component, targets, $"{kind}Component{direction}", "Component" + direction, "Component");

    private ResiliencyPolicy Find(string table, string name, Dictionary<string, PolicyNames> targets, params string[] levels)
    {
        if (_none) return ResiliencyPolicy.None;
        if (_made.TryGetValue((table, name), out ResiliencyPolicy? made)) return made;
        if (Names(targets, name, levels) is not { } names) return ResiliencyPolicy.None;
        return _made.GetOrAdd((table, name), _ => new(Timeout(names), Retry(names), Breaker(names), _clock));
    }

    private PolicyNames? Names(Dictionary<string, PolicyNames> targets, string name, params string[] levels)
    {
        if (targets.TryGetValue(name, out PolicyNames? own)) return own;
        string[] general = [.. levels, ""];
        PolicyNames defaults = new(
            general.Select(level => $"Default{level}TimeoutPolicy").FirstOrDefault(_timeouts.ContainsKey),
            general.Select(level => $"Default{level}RetryPolicy").FirstOrDefault(_retries.ContainsKey),
            general.Select(level => $"Default{level}CircuitBreakerPolicy").FirstOrDefault(_breakers.ContainsKey));
        return defaults is { Timeout: null, Retry: null, Breaker: null } ? null : defaults;
    }

    private TimeSpan? Timeout(PolicyNames names) => names.Timeout is { } name && _timeouts.TryGetValue(name, out TimeSpan limit) ? limit : null;

    private RetrySpec? Retry(PolicyNames names) => names.Retry is { } name ? _retries.GetValueOrDefault(name) : null;

    private CircuitBreaker? Breaker(PolicyNames names) => names.Breaker is { } name && _breakers.TryGetValue(name, out BreakerSpec? spec) ? new(spec, _clock) : null;

    /// <summary>It may be made more patient, but not less, so that nobody loses by accident what Dapr promises.</summary>
    private RetrySpec BuiltIn(string name)
    {
        RetrySpec spec = _retries.GetValueOrDefault(name) ?? RetrySpec.BuiltIn;
        return spec.MaxRetries is >= 0 and < LeastBuiltInRetries ? spec with { MaxRetries = LeastBuiltInRetries } : spec;
    }

    private static Dictionary<string, T> Merge<T>(IReadOnlyList<ResiliencyManifest> manifests, Func<ResiliencyManifest, IReadOnlyDictionary<string, T>> table)
    {
        Dictionary<string, T> all = new(StringComparer.Ordinal);
        foreach ((string name, T value) in manifests.SelectMany(table)) all[name] = value;
        return all;
    }
}
