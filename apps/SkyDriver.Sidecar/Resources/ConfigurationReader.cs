namespace SkyDriver.Sidecar.Resources;

/// <summary>Reads a Configuration. Sections that have no effect here are noted, so that nobody counts on them.</summary>
internal static class ConfigurationReader
{
    private static readonly string[] Used = ["features", "secrets", "api", "components", "logging", "workflow"];

    public static ConfigurationManifest Read(YamlFields document, string name, List<string> notes)
    {
        if (document.Object("spec") is not { } spec) return new(name, document.Source);
        string[] unused = [.. spec.Names.Where(n => !Used.Contains(n, StringComparer.Ordinal))];
        if (unused.Length > 0) notes.Add($"{document.Source}: configuration {name}: {string.Join(", ", unused)} has no effect in this sidecar.");
        YamlFields? api = spec.Object("api"), workflow = spec.Object("workflow"), calls = spec.Object("logging")?.Object("apiLogging");
        return new(name, document.Source)
        {
            Features = spec.Has("features") ? Features(spec) : null,
            SecretScopes = [.. spec.Object("secrets")?.Objects("scopes").Select(Scope) ?? []],
            AllowedApis = api?.Has("allowed") is true ? [.. api.Objects("allowed").Select(Rule)] : null,
            DeniedApis = api?.Has("denied") is true ? [.. api.Objects("denied").Select(Rule)] : null,
            DeniedComponents = spec.Object("components")?.List("deny"),
            ApiLogging = calls is null ? null : new(calls.Flag("enabled"), calls.Flag("obfuscateURLs"), calls.Flag("omitHealthChecks")),
            Workflow = workflow is null ? null : Workflow(workflow),
        };
    }

    private static Dictionary<string, bool> Features(YamlFields spec)
    {
        Dictionary<string, bool> features = new(StringComparer.OrdinalIgnoreCase);
        foreach (YamlFields feature in spec.Objects("features")) features[feature.Required("name")] = feature.Flag("enabled");
        return features;
    }

    private static SecretScope Scope(YamlFields scope)
    {
        string access = scope.Choice("defaultAccess", "allow", "deny");
        return new(scope.Required("storeName"), access is "allow", scope.List("allowedSecrets"), scope.List("deniedSecrets"));
    }

    private static ApiRule Rule(YamlFields rule) =>
        new(rule.Required("name"), rule.Text("version"), rule.Has("protocol") ? rule.Choice("protocol", "http", "grpc") : null);

    private static WorkflowSettings Workflow(YamlFields workflow)
    {
        YamlFields? kept = workflow.Object("stateRetentionPolicy");
        return new(
            Limit("maxConcurrentWorkflowInvocations"), Limit("maxConcurrentActivityInvocations"),
            kept is null ? StateRetention.Forever : new(Time("anyTerminal"), Time("completed"), Time("failed"), Time("terminated")));

        // 0 is what Dapr takes for "not given".
        int? Limit(string field) => workflow.Number(field, 0, 0, int.MaxValue) is > 0 and var number ? number : null;

        TimeSpan? Time(string field) => kept.Has(field) ? kept.Duration(field, TimeSpan.Zero, TimeSpan.Zero) : null;
    }
}
