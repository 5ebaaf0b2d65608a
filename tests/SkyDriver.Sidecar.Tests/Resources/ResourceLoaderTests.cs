using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;

namespace SkyDriver.Sidecar.Tests.Resources;

public sealed class ResourceLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resources-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_ManyDocuments_AreAllReadAndOthersPassedOver()
    {
        ResourceSet set = Load("""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: a }
            spec: { type: State.In-Memory, version: v1, metadata: [{ name: n, value: 5 }, { name: list, value: [x, 1, true] }], initTimeout: 1m30s }
            scopes: [one, two]
            ---
            apiVersion: v1
            kind: ConfigMap
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: s }
            spec:
              pubsubname: p
              topic: t
              routes: { rules: [{ match: 'event.type == "x"', path: /x }], default: /rest }
              deadLetterTopic: dead
              bulkSubscribe: { enabled: true, maxMessagesCount: 5 }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata: { name: old }
            spec: { pubsubname: p, topic: u, route: /u }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies: { retries: { some: { policy: constant, duration: 2s, maxRetries: 3 } } }
              targets: { components: { p: { inbound: { retry: some } } } }
            """);
        ComponentManifest component = Assert.Single(set.Components);
        Assert.Equal(("state.in-memory", TimeSpan.FromSeconds(90)), (component.Type, component.InitTimeout));
        Assert.Equal(["5", """["x",1,true]"""], component.Metadata.Select(m => m.Value));
        Assert.True(component.IsFor("two") && !component.IsFor("three"));
        Assert.Equal([("event.type == \"x\"", "/x"), (null, "/rest")], set.Subscriptions[0].Spec.Routes.Select(r => (r.Match, r.Path)));
        Assert.Equal((5, "dead"), (set.Subscriptions[0].Spec.Bulk!.MaxMessages, set.Subscriptions[0].Spec.DeadLetterTopic));
        Assert.Equal("/u", Assert.Single(set.Subscriptions[1].Spec.Routes).Path);
        Assert.Equal(new RetrySpec(false, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60), 3), set.Resiliency[0].Retries[set.Resiliency[0].Inbound["p"].Retry!]);
    }

    [Fact]
    public void Load_Faults_AreAllNamedWithFileAndField()
    {
        File.WriteAllText(Path.Combine(_folder, "broken.yml"), "a: [1");
        ResourceException fault = Assert.Throws<ResourceException>(() => Load("""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { }
            spec: { type: nodots, initTimeout: soon, ignoreErrors: perhaps, metadata: [{ value: 1 }] }
            scopes: one
            """));
        foreach (string field in new[] { "metadata.name", "spec.type", "spec.initTimeout", "spec.ignoreErrors", "spec.metadata[0].name", "scopes" })
        {
            Assert.Contains(fault.Faults, f => f.Contains("0.yaml") && f.Contains($" {field}:"));
        }

        Assert.Contains(fault.Faults, f => f.Contains("broken.yml("));
    }

    [Fact]
    public void Load_NoSuchFolder_IsToldWithItsName() =>
        Assert.Contains("/none/such", Assert.Throws<ResourceException>(() => ResourceLoader.Load(["/none/such"], [])).Message);

    [Fact]
    public async Task Resolve_TagsSecretsAndVariables_AreFilledIn()
    {
        ComponentManifest manifest = Load("""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: a }
            spec:
              type: state.x
              metadata:
                - { name: tags, value: "{appID}/{namespace}" }
                - { name: secret, secretKeyRef: { name: key } }
                - { name: home, envRef: PATH }
            auth: { secretStore: vault }
            """).Components[0];
        ComponentSpec spec = await new ComponentResolver("app", "ns", new Dictionary<string, ISecretStore> { ["vault"] = new OneSecret() }).ResolveAsync(manifest, CancellationToken.None);
        Assert.Equal("app/ns.app", spec.Value("TAGS"));
        Assert.Equal("hidden", spec.Value("secret"));
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), spec.Value("home"));
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() =>
            new ComponentResolver("app", "ns", new Dictionary<string, ISecretStore>()).ResolveAsync(manifest, CancellationToken.None));
        Assert.Contains("'vault'", fault.Message);
    }

    [Theory]
    [InlineData("1h2m3s", 3723)]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5s", 1.5)]
    [InlineData("-2s", -2)]
    [InlineData("0", 0)]
    public void Duration_GoStyle_IsRead(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1x")]
    [InlineData("1..5s")]
    [InlineData("99999999999999h")]
    public void Duration_Otherwise_IsNone(string text) => Assert.False(GoDuration.TryParse(text, out _));

    private ResourceSet Load(string yaml)
    {
        File.WriteAllText(Path.Combine(_folder, "0.yaml"), yaml);
        return ResourceLoader.Load([_folder], []);
    }

    private sealed class OneSecret : ISecretStore
    {
        public ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
            ValueTask.FromResult<IReadOnlyDictionary<string, string>?>(name == "key" ? new Dictionary<string, string> { ["key"] = "hidden" } : null);

        public ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
            throw new InvalidOperationException("one secret is asked for, not all");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
