namespace SkyDriver.Sidecar.Resources;

/// <summary>What the Configuration resources of an app come to.</summary>
internal sealed record ConfigurationSpec
{
    public static ConfigurationSpec Default { get; } = new();

    /// <summary>Feature flags by name, in any case.</summary>
    public IReadOnlyDictionary<string, bool> Features { get; init; } = new Dictionary<string, bool>();

    /// <summary>Every scope of a store must allow a secret.</summary>
    public IReadOnlyList<SecretScope> SecretScopes { get; init; } = [];

    /// <summary>Parts of the API that may be called; empty = all. <see cref="DeniedApis"/> beats it.</summary>
    public IReadOnlyList<ApiRule> AllowedApis { get; init; } = [];

    public IReadOnlyList<ApiRule> DeniedApis { get; init; } = [];

    /// <summary>Component types, or <c>type/version</c>, that are not set up.</summary>
    public IReadOnlyList<string> DeniedComponents { get; init; } = [];

    public ApiLogging ApiLogging { get; init; } = ApiLogging.Off;

    public WorkflowSettings Workflow { get; init; } = WorkflowSettings.Default;

    /// <summary>Several files: a section that a later one has replaces the same section of those before; only scopes of secrets add up,
    /// so that no file can open what another one closed.</summary>
    public static ConfigurationSpec Of(IEnumerable<ConfigurationManifest> manifests)
    {
        ConfigurationSpec all = Default;
        foreach (ConfigurationManifest one in manifests)
        {
            all = new()
            {
                Features = one.Features ?? all.Features,
                SecretScopes = [.. all.SecretScopes, .. one.SecretScopes],
                AllowedApis = one.AllowedApis ?? all.AllowedApis,
                DeniedApis = one.DeniedApis ?? all.DeniedApis,
                DeniedComponents = one.DeniedComponents ?? all.DeniedComponents,
                ApiLogging = one.ApiLogging ?? all.ApiLogging,
                Workflow = one.Workflow ?? all.Workflow,
            };
        }

        return all;
    }

    public bool Denies(ComponentManifest component) =>
        DeniedComponents.Any(d => d.Equals(component.Type, StringComparison.OrdinalIgnoreCase) || d.Equals($"{component.Type}/{component.Version}", StringComparison.OrdinalIgnoreCase));
}

/// <summary>A part of the API: <c>state</c>, <c>invoke</c>, <c>workflows</c> … of one version and protocol.</summary>
/// <param name="Version"><c>v1.0</c>, <c>v1.0-alpha1</c> over HTTP; <c>v1</c>, <c>v1alpha1</c> over gRPC; null = any.</param>
/// <param name="Protocol">http or grpc; null = both.</param>
internal sealed record ApiRule(string Name, string? Version, string? Protocol);

/// <summary>Which calls of the API are logged.</summary>
/// <param name="ObfuscateUrls">The route is logged instead of the path, which may hold keys.</param>
internal sealed record ApiLogging(bool Enabled, bool ObfuscateUrls, bool OmitHealthChecks)
{
    public static ApiLogging Off { get; } = new(false, false, false);
}

/// <summary>Limits and retention of workflows.</summary>
/// <param name="MaxWorkflows">Workflow turns at once on one sidecar; null = no limit.</param>
/// <param name="MaxActivities">Activities at once on one sidecar; null = no limit.</param>
internal sealed record WorkflowSettings(int? MaxWorkflows, int? MaxActivities, StateRetention Retention)
{
    public static WorkflowSettings Default { get; } = new(null, null, StateRetention.Forever);
}

/// <summary>How long finished workflows are kept, by how they ended; null = what <paramref name="AnyTerminal"/> says, or until purged.</summary>
internal sealed record StateRetention(TimeSpan? AnyTerminal, TimeSpan? Completed, TimeSpan? Failed, TimeSpan? Terminated)
{
    public static StateRetention Forever { get; } = new(null, null, null, null);
}
