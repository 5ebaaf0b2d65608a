using SkyDriver.Contracts;
using SkyDriver.Deploy.Tests.Checks;
using SkyDriver.Deploy.Tests.Harness;
using SkyDriver.Hosting.Startup;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>components/production: a folder for each choice, each safe by itself.</summary>
public sealed class ComponentSetTests
{
    private static readonly string Root = Path.Combine(TestPaths.Repository, "components", "production");

    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(Root, "*.yaml", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Choices_AreTheSupportedOnes() => Assert.Equal(
        ["common", "pubsub-kafka", "pubsub-pulsar", "pubsub-rabbitmq", "pubsub-redis", "state-postgresql", "state-redis", "worker-sidecars", "workers-htcondor", "workers-kubernetes-jobs"],
        Directory.EnumerateDirectories(Root).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void File_IsSafeAndExplained(string file)
    {
        string text = File.ReadAllText(Path.Combine(Root, file));
        Assert.StartsWith("# ", text, StringComparison.Ordinal);
        Assert.Empty(Judge(text));
    }

    [Theory]
    [InlineData("pubsub-rabbitmq/pubsub.yaml", "name: publisherConfirm\n      value: \"true\"", "name: publisherConfirm\n      value: \"false\"", "publisherConfirm is 'false'")]
    [InlineData("pubsub-rabbitmq/pubsub.yaml", "name: ttlInSeconds", "name: ttl", "does not know ttl")]
    [InlineData("pubsub-kafka/pubsub.yaml", "value: \"oldest\"", "value: \"newest\"", "initialOffset is 'newest'")]
    [InlineData("worker-sidecars/pulsar/pubsub.yaml", "  - skydriver-worker", "  - skydriver-workers", "given to 'skydriver-workers'")]
    [InlineData("state-redis/statestore.yaml", "name: actorStateStore", "name: actorStore", "actorStateStore is not set")]
    [InlineData("workers-htcondor/workers-htcondor.yaml", "name: maxHeldSeconds\n      value: \"3600\"", "name: maxHeldSeconds\n      value: \"soon\"", "maxHeldSeconds")]
    public void File_Broken_IsCaught(string file, string old, string broken, string fault)
    {
        string text = File.ReadAllText(Path.Combine(Root, file));
        Assert.Contains(old, text, StringComparison.Ordinal);
        Assert.Contains(Judge(text.Replace(old, broken, StringComparison.Ordinal)), f => f.Contains(fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("rabbitmq")]
    [InlineData("kafka")]
    [InlineData("pulsar")]
    public void Workers_HaveTheSameBrokerAndHoldLess(string broker)
    {
        YamlMappingNode services = Component($"pubsub-{broker}/pubsub.yaml"), workers = Component($"worker-sidecars/{broker}/pubsub.yaml");
        Assert.Equal(services.Text("spec.type"), workers.Text("spec.type"));
        Assert.Equal([AppIds.Worker], workers.List("scopes").Select(s => s.ToString()));
        string[] held = ["prefetchCount", "queueDepth", "receiverQueueSize", "channelBufferSize"];
        YamlNode most = workers.List("spec.metadata").Single(m => held.Contains(m.Text("name")));
        Assert.InRange(int.Parse(most.Text("value")!), 1, 2);
    }

    /// <summary>The programs' own check at their start.</summary>
    [Fact]
    public void StartUpCheck_TakesEveryChoice()
    {
        foreach (string folder in Directory.EnumerateDirectories(Root).Where(f => Path.GetFileName(f).StartsWith("pubsub-", StringComparison.Ordinal) || Path.GetFileName(f).StartsWith("state-", StringComparison.Ordinal)))
            Assert.Empty(new[] { ComponentNeeds.Api, ComponentNeeds.Orchestrator, ComponentNeeds.Scanner }.SelectMany(needs => ComponentFiles.Judge(folder, needs)));
        Assert.Empty(ComponentFiles.Judge(Path.Combine(Root, "worker-sidecars"), ComponentNeeds.Worker));
    }

    [Fact]
    public void StartUpCheck_TakesTheFilesOfTheChart()
    {
        foreach (string site in Chart.Sites)
        {
            string folder = Directory.CreateTempSubdirectory("deploy-components-").FullName;
            try
            {
                var files = Manifests.Parse(Chart.Example(site)).Find("ConfigMap", "skydriver-components")!.Texts("data");
                Assert.Equal(2, files.Count);
                foreach ((string file, string text) in files) File.WriteAllText(Path.Combine(folder, file), text);
                Assert.Empty(new[] { ComponentNeeds.Api, ComponentNeeds.Orchestrator, ComponentNeeds.Scanner }.SelectMany(needs => ComponentFiles.Judge(folder, needs)));
                string broken = Path.Combine(folder, "statestore.yaml");
                File.WriteAllText(broken, File.ReadAllText(broken).Replace("name: keyPrefix", "name: prefix", StringComparison.Ordinal));
                Assert.NotEmpty(ComponentFiles.Judge(folder, ComponentNeeds.Api));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>What the chart renders for a choice is what the folder of that choice says, but for names of servers and secrets.</summary>
    [Theory]
    [InlineData("pubsub-redis/pubsub.yaml", "pubsub", "pubsub: { redis: { host: \"redis.example.org:6379\", username: skydriver, existingSecret: skydriver-redis, tls: true } }")]
    [InlineData("pubsub-rabbitmq/pubsub.yaml", "pubsub", "pubsub: { type: rabbitmq, rabbitmq: { existingSecret: skydriver-rabbitmq } }")]
    [InlineData("pubsub-kafka/pubsub.yaml", "pubsub", "pubsub: { type: kafka, kafka: { brokers: \"kafka-1.example.org:9093,kafka-2.example.org:9093,kafka-3.example.org:9093\", existingSecret: skydriver-kafka } }")]
    [InlineData("pubsub-pulsar/pubsub.yaml", "pubsub", "pubsub: { type: pulsar, pulsar: { host: \"pulsar.example.org:6651\", existingSecret: skydriver-pulsar, tenant: icecube, namespace: skydriver } }")]
    [InlineData("state-postgresql/statestore.yaml", "statestore", "statestore: { type: postgresql, postgresql: { existingSecret: skydriver-postgresql } }")]
    [InlineData("state-redis/statestore.yaml", "statestore", "statestore: { redis: { host: \"redis.example.org:6379\", username: skydriver, existingSecret: skydriver-redis, tls: true } }")]
    public async Task Chart_SaysWhatTheFolderSays(string file, string name, string values)
    {
        YamlMappingNode rendered = Manifests.Parse(await Chart.RenderAsync(values)).Find("Component", name)!;
        var ours = Metadata(Component(file));
        // The chart has one number for what apps hold, and leaves nothing to be buffered that it does not count.
        var theirs = Metadata(rendered).Where(m => m.Key != "channelBufferSize");
        Assert.Equal(ours.OrderBy(m => m.Key, StringComparer.Ordinal), theirs.OrderBy(m => m.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Rights_OfTheChartAreThoseOfTheFolder()
    {
        YamlNode folder = Yaml.Documents(File.ReadAllText(Path.Combine(Root, "workers-kubernetes-jobs", "rbac.yaml"))).Single(d => d.Text("kind") == "Role");
        YamlNode chart = Manifests.Parse(Chart.Example("minimal")).Find("Role", "skydriver-launcher")!;
        Assert.Equal(folder.At("rules"), chart.At("rules"));
    }

    private static Dictionary<string, string> Metadata(YamlNode component) => component.List("spec.metadata").ToDictionary(m => m.Text("name")!, m => m.Text("value") ?? $"{m.Text("secretKeyRef.name")}/{m.Text("secretKeyRef.key")}");

    private static YamlMappingNode Component(string file) => Yaml.Documents(File.ReadAllText(Path.Combine(Root, file))).Single();

    private static IEnumerable<string> Judge(string text)
    {
        IReadOnlyList<YamlMappingNode> documents = Yaml.Documents(text);
        foreach (string fault in SafetyChecks.Secrets(Manifests.Parse(text))) yield return fault;
        foreach (YamlMappingNode component in documents.Where(d => d.Text("kind") == "Component"))
        {
            foreach (string fault in DaprChecks.Judge(component)) yield return fault;
            if (component.Text("spec.type")!.StartsWith("bindings.", StringComparison.Ordinal) && Refusal(component) is { } refusal) yield return refusal;
        }
    }

    private static string? Refusal(YamlMappingNode component)
    {
        try
        {
            Launchers.Take(component);
            return null;
        }
        catch (FormatException refused)
        {
            return refused.Message;
        }
    }
}
