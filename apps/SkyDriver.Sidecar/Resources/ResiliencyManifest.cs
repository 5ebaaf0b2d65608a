using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Resources;

/// <summary>A Resiliency: policies by name, and who they are for.</summary>
internal sealed record ResiliencyManifest(string Name, string Source, IReadOnlyList<string> Scopes) : Manifest(Name, Source, Scopes)
{
    public IReadOnlyDictionary<string, TimeSpan> Timeouts { get; init; } = new Dictionary<string, TimeSpan>();

    public IReadOnlyDictionary<string, RetrySpec> Retries { get; init; } = new Dictionary<string, RetrySpec>();

    public IReadOnlyDictionary<string, BreakerSpec> Breakers { get; init; } = new Dictionary<string, BreakerSpec>();

    /// <summary>By app id.</summary>
    public IReadOnlyDictionary<string, PolicyNames> Apps { get; init; } = new Dictionary<string, PolicyNames>();

    /// <summary>By actor type.</summary>
    public IReadOnlyDictionary<string, PolicyNames> Actors { get; init; } = new Dictionary<string, PolicyNames>();

    /// <summary>By component: from the sidecar to it.</summary>
    public IReadOnlyDictionary<string, PolicyNames> Outbound { get; init; } = new Dictionary<string, PolicyNames>();

    /// <summary>By component: from the sidecar to the app.</summary>
    public IReadOnlyDictionary<string, PolicyNames> Inbound { get; init; } = new Dictionary<string, PolicyNames>();
}

/// <summary>The policies of one target; null = none of the kind.</summary>
internal sealed record PolicyNames(string? Timeout, string? Retry, string? Breaker)
{
    public const int DefaultCacheSize = 5000;

    /// <summary>For actors: which of them share a circuit breaker.</summary>
    public BreakerScope Scope { get; init; }

    /// <summary>For actors: most circuit breakers kept when each actor has its own.</summary>
    public int CacheSize { get; init; } = DefaultCacheSize;
}

internal enum BreakerScope
{
    /// <summary>All actors of the type.</summary>
    Type,

    /// <summary>Each actor has its own.</summary>
    Id,

    /// <summary>Both of these.</summary>
    Both,
}
