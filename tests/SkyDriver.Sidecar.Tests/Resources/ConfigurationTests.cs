using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Resources;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("configuration-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_WholeSpec_IsReadAndWhatHasNoEffectIsNoted()
    {
        ResourceSet set = Load("""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: all }
            spec:
              tracing: { samplingRate: "1", otel: { endpointAddress: "x:1", protocol: grpc } }
              metrics: { enabled: false }
              features: [{ name: HotReload, enabled: true }, { name: Other, enabled: false }]
              secrets: { scopes: [{ storeName: vault, defaultAccess: deny, allowedSecrets: [a] }] }
              api:
                allowed: [{ name: state, version: v1.0, protocol: http }]
                denied: [{ name: invoke, version: v1, protocol: grpc }]
              components: { deny: [bindings.smtp, state.sqlite/v2] }
              logging: { apiLogging: { enabled: true, obfuscateURLs: true, omitHealthChecks: true } }
              workflow:
                maxConcurrentWorkflowInvocations: 7
                maxConcurrentActivityInvocations: 9
                stateRetentionPolicy: { anyTerminal: 24h, completed: 1m, terminated: 0s }
            """);
        ConfigurationSpec all = ConfigurationSpec.Of(set.Configurations);
        Assert.Equal([("HotReload", true), ("Other", false)], all.Features.Select(f => (f.Key, f.Value)));
        Assert.True(all.SecretScopes.Single().Allows("a") && !all.SecretScopes.Single().Allows("b"));
        Assert.Equal(new ApiRule("state", "v1.0", "http"), Assert.Single(all.AllowedApis));
        Assert.Equal(new ApiRule("invoke", "v1", "grpc"), Assert.Single(all.DeniedApis));
        Assert.True(all.Denies(Component("bindings.smtp", "v1")) && all.Denies(Component("state.sqlite", "v2")) && !all.Denies(Component("state.sqlite", "v1")));
        Assert.Equal(new ApiLogging(true, true, true), all.ApiLogging);
        Assert.Equal(new WorkflowSettings(7, 9, new(TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), null, TimeSpan.Zero)), all.Workflow);
        Assert.Contains("tracing, metrics", Assert.Single(set.Notes));
    }

    [Fact]
    public void Load_SeveralFiles_LaterSectionsReplaceAndScopesAddUp()
    {
        ConfigurationSpec all = ConfigurationSpec.Of(Load(
            Configuration("features: [{ name: A, enabled: true }]\n  secrets: { scopes: [{ storeName: s, deniedSecrets: [x] }] }\n  workflow: { maxConcurrentWorkflowInvocations: 1 }"),
            Configuration("features: [{ name: B, enabled: true }]\n  secrets: { scopes: [{ storeName: s, deniedSecrets: [y] }] }")).Configurations);
        Assert.Equal("B", Assert.Single(all.Features).Key);
        Assert.Equal(1, all.Workflow.MaxWorkflows);
        Assert.False(all.SecretScopes.All(s => s.Allows("x")) || all.SecretScopes.All(s => s.Allows("y")));
        Assert.True(all.SecretScopes.All(s => s.Allows("z")));
    }

    [Fact]
    public void Load_Wrong_SaysAllWithFileAndLine()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => Load("""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: { name: all }
            spec:
              secrets: { scopes: [{ defaultAccess: perhaps }] }
              api:
                allowed:
                  - { protocol: udp }
              workflow: { maxConcurrentWorkflowInvocations: -1, stateRetentionPolicy: { completed: -1s } }
            """));
        Assert.Equal(
            ["5: secrets.scopes[0].defaultAccess", "5: secrets.scopes[0].storeName", "8: api.allowed[0].name", "8: api.allowed[0].protocol",
             "9: workflow.maxConcurrentWorkflowInvocations", "9: workflow.stateRetentionPolicy.completed"],
            fault.Faults.Select(Place).Order(StringComparer.Ordinal));
        Assert.All(fault.Faults, f => Assert.Contains("0.yaml(", f));
    }

    private static string Place(string fault) =>
        fault[(fault.IndexOf(".yaml(", StringComparison.Ordinal) + 6)..].Replace("): spec.", ": ", StringComparison.Ordinal).Split(": ") is [var line, var field, ..] ? $"{line}: {field}" : fault;

    private static string Configuration(string spec) => $"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{ name: c }}\nspec:\n  {spec}\n";

    private static ComponentManifest Component(string type, string version) => new("c", "file", [], type, version, false, TimeSpan.Zero, [], null);

    private ResourceSet Load(params string[] documents)
    {
        string[] files = [.. documents.Select((_, i) => Path.Combine(_folder, $"{i}.yaml"))];
        for (int i = 0; i < files.Length; i++) File.WriteAllText(files[i], documents[i]);
        return ResourceLoader.Load([], files);
    }
}
