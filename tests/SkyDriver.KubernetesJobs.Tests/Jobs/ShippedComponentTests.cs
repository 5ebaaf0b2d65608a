using System.Text.RegularExpressions;
using SkyDriver.KubernetesJobs.Settings;
using SkyDriver.KubernetesJobs.Tests.Double;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.KubernetesJobs.Tests.Jobs;

/// <summary>The component that is shipped as an example: it works, names every setting, and asks for the rights that are used.</summary>
public sealed partial class ShippedComponentTests
{
    [Fact]
    public void Component_AsShipped_IsTaken()
    {
        YamlMappingNode spec = (YamlMappingNode)Load("workers-kubernetes.yaml").Single()["spec"];
        Assert.Equal("bindings.kubernetes-jobs", (string)spec["type"]!);
        LauncherSettings settings = SettingsReader.Read("workers-kubernetes", ((YamlSequenceNode)spec["metadata"]).Select(m => KeyValuePair.Create((string)m["name"]!, (string)m["value"]!)));
        Assert.Equal(("skydriver", "registry.example.org/icecube/skydriver-worker:v1"), (settings.Instance, settings.Pod.Image));
    }

    [Fact]
    public void Component_Settings_AreAllThereAndCommented()
    {
        // What is refused for its name says which names there are.
        string told = Assert.Throws<FormatException>(() => JobDocumentTests.Settings(("image", "w:1"), ("nothing", "x"))).Message;
        string[] known = [.. told[(told.IndexOf("there are:", StringComparison.Ordinal) + 10)..].TrimEnd('.').Split(',').Select(n => n.Trim())];
        string[] lines = File.ReadAllLines(PathOf("workers-kubernetes.yaml"));
        string[] shown = [.. lines.Select(l => Setting().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        Assert.Equal(known.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rights_AsShipped_AreThoseThatTheDoubleServes()
    {
        YamlNode role = Load("rbac.yaml").Single(d => (string)d["kind"]! == "Role");
        string[] rights = [.. ((YamlSequenceNode)role["rules"]).SelectMany(r => ((YamlSequenceNode)r["resources"]).SelectMany(x => ((YamlSequenceNode)r["verbs"]).Select(v => $"{x} {v}")))];
        Assert.Equal(FakeCluster.Rights.Order(StringComparer.Ordinal), rights.Order(StringComparer.Ordinal));
    }

    private static string PathOf(string file) => Path.Combine(TestPaths.Repository, "components", "production", "workers-kubernetes-jobs", file);

    private static YamlNode[] Load(string file)
    {
        YamlStream yaml = [];
        yaml.Load(new StringReader(File.ReadAllText(PathOf(file))));
        return [.. yaml.Documents.Select(d => d.RootNode)];
    }

    [GeneratedRegex(@"^    (?:# )?- name: (\w+)$")]
    private static partial Regex Setting();
}
