using System.Text.Json.Nodes;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>How the chart renders: the same each time, new pods only for new settings, and a sentence for values that would do harm.</summary>
public sealed class RenderTests
{
    /// <summary>Set to write what renders now over the manifests that are kept.</summary>
    private const string Write = "DEPLOY_WRITE_EXAMPLES";

    public static TheoryData<string> Sites() => [.. Chart.Sites];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Examples_AreWhatRendersNow(string site)
    {
        string rendered = await Chart.RenderAsync(Chart.ValuesOf(site));
        if (Environment.GetEnvironmentVariable(Write) == "1") await File.WriteAllTextAsync(Chart.ExampleFile(site), rendered);
        Assert.True(rendered == await File.ReadAllTextAsync(Chart.ExampleFile(site)), $"{Chart.ExampleFile(site)} is not what its values render; run this test with {Write}=1.");
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Rendering_Twice_IsTheSame(string site) => Assert.Equal(await Chart.RenderAsync(Chart.ValuesOf(site)), await Chart.RenderAsync(Chart.ValuesOf(site)));

    [Fact]
    public async Task Rendering_NotStrict_IsTheSame()
    {
        // Strict is more than Helm does; nothing may hang on it.
        var outcomes = await Chart.RunAsync([new("strict", [Chart.ValuesOf("minimal")]), new("helm", [Chart.ValuesOf("minimal")]) { IsStrict = false }]);
        Assert.Equal(Chart.Join(outcomes["strict"]), Chart.Join(outcomes["helm"]));
    }

    [Fact]
    public async Task Rendering_InAnotherNamespace_NamesNoOther()
    {
        var outcomes = await Chart.RunAsync([new("it", [Chart.ValuesOf("htcondor")]) { Namespace = "elsewhere", Release = "scans" }]);
        Manifests rendered = Manifests.Parse(Chart.Join(outcomes["it"]));
        Assert.All(rendered.Objects, o => Assert.Equal("elsewhere", o.Text("metadata.namespace")));
        Assert.DoesNotContain("namespace: skydriver", Chart.Join(outcomes["it"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scanner: { settings: { SKYDRIVER_SWEEP_INTERVAL: 5s } }", "scanner")]
    [InlineData("api: { externalUrl: \"https://x.example.org\" }", "api orchestrator")]
    [InlineData("logs: { level: Debug }", "api orchestrator scanner")]
    [InlineData("pubsub: { retention: 96h }", "api orchestrator scanner")]
    [InlineData("workers: { kubernetes: { maxWorkers: 7 } }", "api orchestrator scanner")]
    [InlineData("orchestrator: { catalogue: [{ name: small }] }", "orchestrator")]
    [InlineData("scanner: { replicas: 5 }", "")]
    [InlineData("api: { ingress: { enabled: true, host: x.example.org }, service: { annotations: { a: b } } }\nauth: { allowAnonymous: true }", "")]
    [InlineData("metrics: { serviceMonitor: { enabled: true } }", "")]
    public async Task Checksums_ChangeWhereTheSettingsDo(string values, string changed)
    {
        var before = Checksums(await Chart.RenderAsync());
        var after = Checksums(await Chart.RenderAsync(values));
        Assert.Equal(changed, string.Join(' ', before.Keys.Where(app => before[app] != after[app]).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Values_OfTheChartAlone_SayThatAuthMustBeMeant() =>
        Assert.Contains("auth.issuer: without an OpenID provider", (await Chart.RunAsync([new("it", [])]))["it"].Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("api: { replica: 3 }", "replica")]
    [InlineData("api: { settings: { SKYDRIVER_TYPO: x } }", "SKYDRIVER_TYPO")]
    [InlineData("scanner: { settings: { SKYDRIVER_RECO_BULK_MESSAGES: 5 } }", "SKYDRIVER_RECO_BULK_MESSAGES")]
    [InlineData("pubsub: { type: nats }", "pubsub.type")]
    [InlineData("pubsub: { prefetch: 0 }", "pubsub.prefetch")]
    [InlineData("statestore: { type: mongodb }", "statestore.type")]
    [InlineData("auth: { issuer: \"http://keycloak\" }", "auth.issuer")]
    [InlineData("image: { digests: { api: \"sha256:12\" } }", "image.digests.api")]
    [InlineData("image: { tag: latest }", "image.tag")]
    [InlineData("workers: { kubernetes: { cleanup: { image: \"kubectl:latest\" } } }", "workers.kubernetes.cleanup.image")]
    [InlineData("auth: { audience: skydriver }", "auth.issuer")]
    [InlineData("auth: { issuer: \"https://k.example.org\", allowAnonymous: true, workerKey: { existingSecret: k } }", "auth.allowAnonymous")]
    [InlineData("auth: { issuer: \"https://k.example.org\" }", "auth.workerKey.existingSecret")]
    [InlineData("auth: { issuer: \"https://k.example.org\", workerKey: { existingSecret: k } }\napi: { externalUrl: \"http://x.example.org\" }", "api.externalUrl")]
    [InlineData("auth: { allowAnonymous: true }\napi: { ingress: { enabled: true } }", "api.ingress.host")]
    [InlineData("auth: { allowAnonymous: true }\napi: { gateway: { enabled: true } }", "api.gateway.parentRefs")]
    [InlineData("metrics: { rules: { runbooks: \"https://git.example.org/docs\" } }", "metrics.rules.runbooks")]
    [InlineData("workers: { kubernetes: { enabled: false } }", "no launcher is enabled")]
    [InlineData("workers: { kubernetes: { work: sidecar } }", "pubsub.prefetch")]
    [InlineData("workers: { kubernetes: { quota: { enabled: true } } }", "workers.kubernetes.quota")]
    [InlineData("workers: { pool: { enabled: true } }\nauth: { issuer: \"https://k.example.org\", workerKey: { existingSecret: k } }", "workers.pool.existingSecret")]
    [InlineData("workers: { htcondor: { enabled: true } }", "orchestrator.replicas")]
    [InlineData("workers: { htcondor: { enabled: true } }\norchestrator: { replicas: 1 }", "api.externalUrl")]
    [InlineData("workers: { htcondor: { enabled: true } }\norchestrator: { replicas: 1 }\napi: { externalUrl: \"https://x.example.org\" }", "workers.htcondor.places")]
    [InlineData("workers: { htcondor: { enabled: true, places: { a: { token: t } } } }\norchestrator: { replicas: 1 }\napi: { externalUrl: \"https://x.example.org\" }", "workers.htcondor.existingSecret")]
    [InlineData("pubsub: { type: rabbitmq }", "pubsub.rabbitmq.existingSecret")]
    [InlineData("pubsub: { type: kafka }", "pubsub.kafka.brokers")]
    [InlineData("pubsub: { type: pulsar }", "pubsub.pulsar.host")]
    [InlineData("statestore: { type: postgresql }", "statestore.postgresql.existingSecret")]
    public async Task Values_ThatWouldDoHarm_AreRefusedByName(string values, string name) => Assert.Contains(name, await Chart.RefusalAsync(values), StringComparison.Ordinal);

    [Fact]
    public async Task Watching_RulesAndDashboardsAreTheFilesOfTheChart()
    {
        Manifests rendered = Manifests.Parse(await Chart.RenderAsync("metrics: { rules: { enabled: true, labels: { release: prometheus } }, dashboards: { enabled: true } }"));
        string[] rules = [.. FilesOf("alerts", "*.yaml")], dashboards = [.. FilesOf("dashboards", "*.json")];
        Assert.Equal(rules.Length, rendered.Of("PrometheusRule").Count());
        foreach (string file in rules)
        {
            YamlNode? rule = rendered.Find("PrometheusRule", $"skydriver-{Path.GetFileNameWithoutExtension(file)}");
            Assert.Equal(Yaml.Documents(File.ReadAllText(file))[0], rule.At("spec"));
            Assert.Equal("prometheus", rule.At("metadata.labels").Key("release")?.ToString());
        }

        foreach (string file in dashboards)
        {
            string text = rendered.Find("ConfigMap", $"skydriver-dashboard-{Path.GetFileNameWithoutExtension(file)}").At("data").Key(Path.GetFileName(file))!.ToString();
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(file)), JsonNode.Parse(text)), file);
        }

        static IEnumerable<string> FilesOf(string folder, string pattern) => Directory.Exists(Path.Combine(Chart.Folder, folder)) ? Directory.EnumerateFiles(Path.Combine(Chart.Folder, folder), pattern) : [];
    }

    [Fact]
    public async Task Runbooks_WithAnAddress_AreLinksThatCanBeFollowed()
    {
        const string Address = "https://git.example.org/skydriver/blob/main/";
        Manifests rendered = Manifests.Parse(await Chart.RenderAsync($"metrics: {{ rules: {{ enabled: true, runbooks: \"{Address}\" }} }}"));
        string[] links = [.. rendered.Of("PrometheusRule").SelectMany(r => r.At("spec").List("groups")).SelectMany(g => g.List("rules")).Select(r => r.Text("annotations.runbook_url") ?? "none")];
        Assert.True(links.Length > 10);
        Assert.All(links, link => Assert.StartsWith($"{Address}docs/operations.md#", link, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notes_SayWhatIsOpen()
    {
        Assert.Contains("AUTHENTICATION IS OFF", await Chart.NotesAsync(), StringComparison.Ordinal);
        string closed = await Chart.NotesAsync(Chart.ValuesOf("rabbitmq-postgresql"));
        Assert.DoesNotContain("AUTHENTICATION IS OFF", closed, StringComparison.Ordinal);
        Assert.Contains("https://skydriver.example.org", closed, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Checksums(string text) => Manifests.Parse(text).Of("Deployment").ToDictionary(
        d => d.Text("metadata.name")!["skydriver-".Length..],
        d => string.Join(' ', d.Texts("spec.template.metadata.annotations").Where(a => a.Key.StartsWith("checksum/", StringComparison.Ordinal)).Select(a => a.Value)));
}
