using System.Security.Cryptography;
using System.Text.Json;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>Every object has the fields that its kind has, of the types that these have.</summary>
public sealed class SchemaTests
{
    private static readonly string Source = Path.Combine(TestPaths.Repository, "tests", "Deploy.Tests", "schema");
    private static readonly string Installed = Path.Combine(TestPaths.Repository, "artifacts", "schema");
    private static readonly SemaphoreSlim Gate = new(1);

    /// <summary>Kinds that Kubernetes itself does not have, with their fields; <c>*</c> for what is a map of any names.</summary>
    private static readonly Dictionary<string, string[]> OwnKinds = new()
    {
        ["dapr.io/v1alpha1 Component"] = ["spec.type", "spec.version", "spec.initTimeout", "spec.metadata.name", "spec.metadata.value", "spec.metadata.secretKeyRef.name", "spec.metadata.secretKeyRef.key", "auth.secretStore", "scopes"],
        ["dapr.io/v1alpha1 Configuration"] =
        [
            "spec.tracing.samplingRate", "spec.tracing.otel.endpointAddress", "spec.tracing.otel.isSecure", "spec.tracing.otel.protocol", "spec.metrics.enabled", "spec.metrics.http.increasedCardinality",
            "spec.accessControl.defaultAction", "spec.accessControl.trustDomain", "spec.accessControl.policies.appId", "spec.accessControl.policies.defaultAction", "spec.accessControl.policies.trustDomain", "spec.accessControl.policies.namespace",
            "spec.secrets.scopes.storeName", "spec.secrets.scopes.defaultAccess", "spec.workflow.stateRetentionPolicy.anyTerminal",
        ],
        ["dapr.io/v1alpha1 Resiliency"] =
        [
            "spec.policies.timeouts.*", "spec.policies.retries.*.policy", "spec.policies.retries.*.duration", "spec.policies.retries.*.maxInterval", "spec.policies.retries.*.maxRetries", "spec.policies.retries.*.matching.httpStatusCodes",
            "spec.policies.retries.*.matching.gRPCStatusCodes", "spec.targets.apps.*.retry", "spec.targets.components.*.outbound.retry", "spec.targets.components.*.outbound.timeout", "scopes",
        ],
        ["gateway.networking.k8s.io/v1 HTTPRoute"] =
        [
            "spec.parentRefs.name", "spec.parentRefs.namespace", "spec.parentRefs.sectionName", "spec.hostnames", "spec.rules.matches.path.type", "spec.rules.matches.path.value", "spec.rules.backendRefs.name", "spec.rules.backendRefs.port",
            "spec.rules.timeouts.request",
        ],
        ["monitoring.coreos.com/v1 ServiceMonitor"] = ["spec.selector.matchLabels.*", "spec.targetLabels", "spec.endpoints.port", "spec.endpoints.path", "spec.endpoints.interval"],
        ["monitoring.coreos.com/v1 PrometheusRule"] =
            ["spec.groups.name", "spec.groups.interval", "spec.groups.rules.alert", "spec.groups.rules.record", "spec.groups.rules.expr", "spec.groups.rules.for", "spec.groups.rules.keep_firing_for", "spec.groups.rules.labels.*", "spec.groups.rules.annotations.*"],
    };

    public static TheoryData<string> Sites() => [.. Chart.Sites];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task KubernetesKinds_FitTheOpenApiDescription(string site)
    {
        Manifests manifests = Manifests.Parse(Chart.Example(site));
        int own = manifests.Objects.Count(o => !OwnKinds.ContainsKey(KindOf(o)));
        Assert.True(own > 20);
        Assert.Equal([$"judged {own}"], await JudgeAsync(manifests));
    }

    [Theory]
    [InlineData("automountServiceAccountToken: false", "automountServiceAccountTokens: false", "does not exist")]
    [InlineData("maxUnavailable: 0", "maxUnavailable: []", "maxUnavailable type")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: soon", "terminationGracePeriodSeconds type")]
    [InlineData("kind: PodDisruptionBudget", "kind: PodDisruption", "there is no policy/v1 PodDisruption")]
    [InlineData("    containerPort: 8080", "    hostPort: 8080", "required")]
    public async Task KubernetesKinds_Broken_AreCaught(string old, string broken, string fault)
    {
        string text = Chart.Example("minimal");
        int at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0);
        Assert.Contains(await JudgeAsync(Manifests.Parse(text[..at] + broken + text[(at + old.Length)..])), line => line.Contains(fault, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void OtherKinds_HaveFieldsThatTheyHave(string site) => Assert.Empty(Unknown(Chart.Example(site)));

    [Theory]
    [InlineData("initTimeout:", "initTimeouts:")]
    [InlineData("defaultAction:", "default:")]
    [InlineData("maxRetries:", "retries:")]
    public void OtherKinds_Broken_AreCaught(string old, string broken) => Assert.NotEmpty(Unknown(Chart.Example("minimal").Replace(old, broken, StringComparison.Ordinal)));

    private static IEnumerable<string> Unknown(string text)
    {
        foreach (YamlMappingNode item in Manifests.Parse(text).Objects.Where(o => OwnKinds.ContainsKey(KindOf(o))))
        {
            foreach (string path in Paths(item, "").Where(p => !OwnKinds[KindOf(item)].Append("apiVersion").Append("kind").Any(known => Fits(p, known)) && !p.StartsWith("metadata.", StringComparison.Ordinal)).Distinct())
                yield return $"{Manifests.Name(item)}: {path}";
        }
    }

    private static bool Fits(string path, string known)
    {
        string[] parts = path.Split('\t'), pattern = known.Split('.');
        return parts.Length == pattern.Length && parts.Zip(pattern).All(p => p.Second == "*" || p.First == p.Second);
    }

    /// <summary>Joined by tabs, since keys have dots; <c>metadata.</c> is that of the object itself.</summary>
    private static IEnumerable<string> Paths(YamlNode node, string path) => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(c => path == "" && c.Key.ToString() == "metadata" ? [] : Paths(c.Value, path == "" ? c.Key.ToString() : $"{path}\t{c.Key}")),
        YamlSequenceNode list => list.SelectMany(item => Paths(item, path)),
        _ => [path],
    };

    private static string KindOf(YamlNode item) => $"{item.Text("apiVersion")} {item.Text("kind")}";

    private static async Task<string[]> JudgeAsync(Manifests manifests)
    {
        await InstallAsync();
        string json = $"[{string.Join(',', manifests.Objects.Where(o => !OwnKinds.ContainsKey(KindOf(o))).Select(Json))}]";
        (int exitCode, string output, string errors) = await Programs.RunAsync("node", ["check.mjs"], Installed, json);
        Assert.True(exitCode == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The schemas come as a package of npm's; those of the same lock file stay.</summary>
    private static async Task InstallAsync()
    {
        Assert.SkipUnless(Programs.IsThere("node") && Programs.IsThere("npm"), "node and npm are not here");
        await Gate.WaitAsync();
        try
        {
            Directory.CreateDirectory(Installed);
            foreach (string file in Directory.EnumerateFiles(Source)) File.Copy(file, Path.Combine(Installed, Path.GetFileName(file)), overwrite: true);
            string mark = Path.Combine(Installed, "node_modules", ".installed-of"), wanted = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(Source, "package-lock.json"))));
            if (File.Exists(mark) && File.ReadAllText(mark) == wanted) return;
            (int exitCode, string output, string errors) = await Programs.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Installed);
            Assert.SkipUnless(exitCode == 0, $"Kubernetes' schemas cannot be had: {output}{errors}");
            File.WriteAllText(mark, wanted);
        }
        finally
        {
            Gate.Release();
        }
    }

    private static string Json(YamlNode node) => node switch
    {
        YamlMappingNode map => $"{{{string.Join(',', map.Children.Select(c => $"{JsonSerializer.Serialize(c.Key.ToString())}:{Json(c.Value)}"))}}}",
        YamlSequenceNode list => $"[{string.Join(',', list.Select(Json))}]",
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: { } text } when text is "true" or "false" || long.TryParse(text, out _) => text,
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "null" or "~" } => "null",
        YamlScalarNode scalar => JsonSerializer.Serialize(scalar.Value),
        _ => "null",
    };
}
