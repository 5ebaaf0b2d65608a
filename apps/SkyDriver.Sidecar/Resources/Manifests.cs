namespace SkyDriver.Sidecar.Resources;

/// <summary>What a resource file holds, before it is looked at for one app.</summary>
/// <param name="Scopes">App ids that see it; empty = every app.</param>
internal abstract record Manifest(string Name, string Source, IReadOnlyList<string> Scopes)
{
    public bool IsFor(string appId) => Scopes.Count == 0 || Scopes.Contains(appId, StringComparer.Ordinal);
}

/// <summary>One metadata entry: a text, a secret of a store, or a variable of the sidecar's environment.</summary>
internal sealed record MetadataEntry(string Name, string? Value, string? SecretName, string? SecretKey, string? Variable);

internal sealed record ComponentManifest(
    string Name, string Source, IReadOnlyList<string> Scopes, string Type, string Version, bool IgnoreErrors, TimeSpan InitTimeout,
    IReadOnlyList<MetadataEntry> Metadata, string? SecretStore)
    : Manifest(Name, Source, Scopes);

internal sealed record SubscriptionManifest(string Name, string Source, IReadOnlyList<string> Scopes, SubscriptionSpec Spec)
    : Manifest(Name, Source, Scopes);

/// <summary>A wish to get a topic's messages, wherever it was declared.</summary>
/// <param name="Routes">Rules in their order, then the default.</param>
/// <param name="Origin">DECLARATIVE, PROGRAMMATIC or STREAMING, as the metadata API names it.</param>
internal sealed record SubscriptionSpec(
    string PubSub, string Topic, IReadOnlyList<RouteRule> Routes, IReadOnlyDictionary<string, string> Metadata, string? DeadLetterTopic,
    BulkSettings? Bulk, string Origin);

/// <param name="Match">Expression over the event; null always matches.</param>
internal sealed record RouteRule(string? Match, string Path);

/// <param name="MaxMessages">Most events of one request to the app.</param>
internal sealed record BulkSettings(int MaxMessages, TimeSpan MaxAwait)
{
    public static BulkSettings Default { get; } = new(100, TimeSpan.FromSeconds(1));
}

/// <summary>A Configuration; a section that it does not have is null.</summary>
internal sealed record ConfigurationManifest(string Name, string Source) : Manifest(Name, Source, [])
{
    public IReadOnlyDictionary<string, bool>? Features { get; init; }

    public IReadOnlyList<SecretScope> SecretScopes { get; init; } = [];

    public IReadOnlyList<ApiRule>? AllowedApis { get; init; }

    public IReadOnlyList<ApiRule>? DeniedApis { get; init; }

    public IReadOnlyList<string>? DeniedComponents { get; init; }

    public ApiLogging? ApiLogging { get; init; }

    public WorkflowSettings? Workflow { get; init; }
}

/// <summary>Which secrets of a store apps may read.</summary>
/// <param name="DefaultAllow">What holds for secrets in neither list.</param>
internal sealed record SecretScope(string Store, bool DefaultAllow, IReadOnlyList<string> Allowed, IReadOnlyList<string> Denied)
{
    /// <summary>A list of allowed secrets excludes all others.</summary>
    public bool Allows(string secret) =>
        Allowed.Count > 0 ? Allowed.Contains(secret, StringComparer.Ordinal) : !Denied.Contains(secret, StringComparer.Ordinal) && DefaultAllow;
}

/// <summary>All resources of some folders.</summary>
internal sealed record ResourceSet(
    IReadOnlyList<ComponentManifest> Components, IReadOnlyList<SubscriptionManifest> Subscriptions,
    IReadOnlyList<ConfigurationManifest> Configurations, IReadOnlyList<ResiliencyManifest> Resiliency)
{
    public static ResourceSet Empty { get; } = new([], [], [], []);

    /// <summary>What is accepted but has no effect here.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
