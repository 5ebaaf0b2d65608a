using SkyDriver.Deploy.Tests.Checks;
using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>What the chart makes of the values of three sites. Each check is also shown a copy in which something is broken.</summary>
public sealed class SiteTests
{
    private static readonly Dictionary<string, Func<Manifests, IEnumerable<string>>> Checks = new()
    {
        ["selectors"] = SelectorChecks.Selectors,
        ["references"] = SelectorChecks.References,
        ["confinement"] = SafetyChecks.Confinement,
        ["images"] = SafetyChecks.Images,
        ["secrets"] = SafetyChecks.Secrets,
        ["sidecars"] = DaprChecks.Sidecars,
        ["components"] = DaprChecks.Components,
        ["network"] = NetworkChecks.Connections,
    };

    /// <summary>Further choices that the chart has, rendered when the tests run.</summary>
    private static readonly Dictionary<string, string> Choices = new()
    {
        ["kafka"] = """
            pubsub: { type: kafka, kafka: { brokers: "kafka:9093", existingSecret: kafka } }
            """,
        ["pulsar"] = """
            pubsub: { type: pulsar, pulsar: { host: "pulsar:6651", existingSecret: pulsar } }
            """,
        ["redis with passwords"] = """
            pubsub: { redis: { host: "redis:6379", username: skydriver, existingSecret: redis, tls: true } }
            statestore: { redis: { username: skydriver, existingSecret: redis, tls: true } }
            """,
        ["workers with sidecars"] = """
            pubsub: { type: rabbitmq, prefetch: 2, rabbitmq: { existingSecret: rabbitmq } }
            workers: { kubernetes: { work: sidecar } }
            """,
        ["a pool of workers"] = """
            workers: { pool: { enabled: true, nodeSelector: { a: b } }, kubernetes: { settings: { SKYDRIVER_WORKER_CONCURRENCY: "2" } } }
            """,
        ["both launchers"] = """
            api: { externalUrl: "https://skydriver.example.org" }
            orchestrator: { replicas: 1, catalogue: [{ name: small, cpu: 1 }] }
            workers: { htcondor: { enabled: true, places: { sub-2: {} } } }
            """,
        ["digests and places to run"] = """
            image: { pullSecrets: [registry], digests: { api: "sha256:0123456789012345678901234567890123456789012345678901234567890123" } }
            scanner: { nodeSelector: { disk: fast }, tolerations: [{ key: batch, operator: Exists }], priorityClassName: high, podAnnotations: { team: icecube } }
            api: { fleetStorage: { remote: "s3:", existingSecret: storage } }
            """,
        ["bare"] = """
            auth: { allowAnonymous: true }
            networkPolicy: { enabled: false }
            topologySpread: false
            podDisruptionBudget: { enabled: false }
            logs: { json: false }
            workers: { kubernetes: { cleanup: { enabled: false } } }
            """,
    };

    public static TheoryData<string, string> SitesAndChecks() => [.. Chart.Sites.SelectMany(site => Checks.Keys.Select(check => (site, check)))];

    public static TheoryData<string> ChoiceNames() => [.. Choices.Keys];

    [Theory]
    [MemberData(nameof(SitesAndChecks))]
    public void Site_EachCheck_FindsNothing(string site, string check) => Assert.Empty(Checks[check](Manifests.Parse(Chart.Example(site))));

    [Theory]
    [MemberData(nameof(ChoiceNames))]
    public async Task Choice_EachCheck_FindsNothing(string choice)
    {
        Manifests rendered = Manifests.Parse(await Chart.RenderAsync(Choices[choice]));
        foreach ((string name, var check) in Checks.Where(c => choice != "bare" || c.Key != "network")) Assert.Empty(check(rendered).Select(f => $"{name}: {f}"));
    }

    [Theory]
    [InlineData("selectors", "kind: Service", "  selector:\n    app.kubernetes.io/part-of: skydriver", "  selector:\n    app.kubernetes.io/part-of: skydrive", "selects no pod")]
    [InlineData("selectors", "kind: HorizontalPodAutoscaler", "kind: Deployment\n    name: skydriver-api", "kind: Deployment\n    name: skydriver-apis", "scales what is not there")]
    [InlineData("selectors", "kind: HorizontalPodAutoscaler", "container: api", "container: main", "measures container 'main'")]
    [InlineData("references", "kind: Deployment", "serviceAccountName: skydriver-api", "serviceAccountName: default", "account 'default'")]
    [InlineData("references", "kind: Deployment", "- { name: tmp, mountPath: /tmp }", "- { name: temp, mountPath: /tmp }", "volume 'temp'")]
    [InlineData("references", "kind: Deployment", "port: http }", "port: web }", "asks port 'web'")]
    [InlineData("references", "kind: Ingress", "                  name: http", "                  name: https", "Ingress leads")]
    [InlineData("confinement", "kind: Deployment", "runAsUser: 1654", "runAsUser: 0", "may run as root")]
    [InlineData("confinement", "kind: Deployment", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write its image's files")]
    [InlineData("confinement", "kind: Deployment", "drop: [ALL]", "drop: [NET_RAW]", "keeps capabilities")]
    [InlineData("confinement", "kind: Deployment", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "token of its account")]
    [InlineData("confinement", "kind: Deployment", "emptyDir: { sizeLimit: 1Gi }", "emptyDir: {}", "may fill its node's disk")]
    [InlineData("confinement", "kind: Role\n", "resources: [\"jobs\"]", "resources: [\"jobs\", \"secrets\"]", "a role reaches")]
    [InlineData("confinement", "kind: Role\n", "kind: Role\n", "kind: ClusterRole\n", "beyond the namespace")]
    [InlineData("images", "kind: Deployment", "skydriver-api:v0.1.0", "skydriver-api:latest", "is not pinned")]
    [InlineData("images", "bindings.kubernetes-jobs", "skydriver-worker:v0.1.0", "skydriver-worker", "image of workers")]
    [InlineData("secrets", "kind: ConfigMap", "SKYDRIVER_LOG: \"Information\"", "SKYDRIVER_WORKER_KEY: \"0123456789\"", "SKYDRIVER_WORKER_KEY is in clear")]
    [InlineData("secrets", "name: pubsub\n  namespace", "secretKeyRef:\n        name: skydriver-rabbitmq\n        key: connectionString", "value: \"amqps://u:p@h\"", "connectionString' is in clear")]
    [InlineData("secrets", "name: pubsub\n  namespace", "value: \"fanout\"", "value: \"amqps://u:p@h\"", "has credentials in it")]
    [InlineData("sidecars", "kind: Deployment", "dapr.io/app-port: \"8080\"", "dapr.io/app-port: \"8081\"", "listens on 8080")]
    [InlineData("sidecars", "kind: Deployment", "dapr.io/app-id: \"skydriver-api\"", "dapr.io/app-id: \"api\"", "no Deployment is skydriver-api")]
    [InlineData("sidecars", "kind: Deployment", "dapr.io/log-as-json", "dapr.io/logs-as-json", "no annotation of Dapr")]
    [InlineData("sidecars", "name: launcher-kubernetes", "kubernetes-jobs.sock", "kubernetes.sock", "have sockets")]
    [InlineData("sidecars", "dapr.io/volume-mounts-rw", "sockets:/tmp/dapr", "tmp:/tmp/dapr", "does not see the socket")]
    [InlineData("sidecars", "name: skydriver-scanner\n", "dapr.io/app-token-secret: \"skydriver-app-token\"", "dapr.io/enable-native-sidecar: \"true\"", "skydriver-scanner: APP_API_TOKEN is skydriver-app-token/token for the program and nothing")]
    [InlineData("sidecars", "name: skydriver-orchestrator\n", "name: skydriver-app-token\n                  key: token", "name: skydriver-app-token\n                  key: value", "skydriver-orchestrator: APP_API_TOKEN is skydriver-app-token/value")]
    [InlineData("components", "name: pubsub\n  namespace", "name: prefetchCount", "name: prefetch", "does not know prefetch")]
    [InlineData("components", "name: pubsub\n  namespace", "name: durable\n      value: \"true\"", "name: durable\n      value: \"false\"", "durable is 'false'")]
    [InlineData("components", "name: statestore\n  namespace", "  - skydriver-scanner", "  - skydriver-worker", "is given to 'skydriver-worker'")]
    [InlineData("components", "name: statestore\n  namespace", "version: v2", "version: v1", "has version v1")]
    [InlineData("components", "kind: Resiliency", "      workers-kubernetes:", "      workers-k8s:", "'workers-k8s', which is no component")]
    [InlineData("components", "statestore.yaml: |", "value: skydriver_", "value: other_", "says something else")]
    [InlineData("network", "name: skydriver-sidecars\n", "port: 50002", "port: 50003", "cannot reach")]
    [InlineData("network", "name: skydriver-store\n", "port: 5432", "port: 5433", "cannot reach 192.0.2.11 on TCP 5432")]
    [InlineData("network", "name: skydriver-deny\n", "policyTypes: [Ingress, Egress]", "policyTypes: [Egress]", "elsewhere can reach")]
    [InlineData("network", "name: skydriver-api\n", "values: [\"worker\",\"test\"]", "values: [\"test\"]", "worker cannot reach api")]
    [InlineData("network", "name: skydriver-metrics\n", "      podSelector:\n            matchLabels:\n              app.kubernetes.io/name: prometheus\n", "", "monitoring can reach")]
    public void Site_Broken_IsCaught(string check, string after, string old, string broken, string fault)
    {
        string text = Chart.Example("rabbitmq-postgresql");
        // From the object on in which the first marker stands.
        int at = text.IndexOf(old, ObjectWith(text, after, old), StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{old}' is nowhere after '{after}'");
        string copy = text[..at] + broken + text[(at + old.Length)..];
        Assert.Contains(Checks[check](Manifests.Parse(copy)), f => f.Contains(fault, StringComparison.Ordinal));
    }

    /// <summary>Where the first object begins that has both texts.</summary>
    private static int ObjectWith(string text, string marker, string old)
    {
        for (int start = 0; start >= 0;)
        {
            int end = text.IndexOf("\n---\n", start + 1, StringComparison.Ordinal);
            string item = end < 0 ? text[start..] : text[start..(end + 1)];
            if (item.Contains(marker, StringComparison.Ordinal) && item.Contains(old, StringComparison.Ordinal)) return start;
            start = end;
        }

        Assert.Fail($"no object has '{marker}' and '{old}'");
        return -1;
    }
}
