using SkyDriver.Contracts;
using SkyDriver.Deploy.Tests.Checks;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>dapr.yaml, tye.yaml, the chart, the component sets and the programs' own constants tell one story.</summary>
public sealed class AgreementTests
{
    private static readonly string[] Services = [AppIds.Api, AppIds.Orchestrator, AppIds.Scanner];

    [Fact]
    public void Apps_HaveOneIdAndOnePortEverywhere()
    {
        YamlNode tye = Yaml.Documents(Read("tye.yaml"))[0];
        var local = DaprChecks.Ports.OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
        var ofTye = tye.List("services").Where(s => s.List("bindings").Count > 0).Select(s => KeyValuePair.Create(s.Text("name")!, s.List("bindings")[0].Text("port")!)).OrderBy(p => p.Key, StringComparer.Ordinal);
        var ofChart = Manifests.Parse(Chart.Example("minimal")).Of("Deployment").Select(d => d.At("spec.template.metadata.annotations"))
            .Select(a => KeyValuePair.Create(a.Key("dapr.io/app-id")!.ToString(), a.Key("dapr.io/app-port")!.ToString())).OrderBy(p => p.Key, StringComparer.Ordinal);
        Assert.Equal(Services.Order(StringComparer.Ordinal), local.Select(p => p.Key));
        Assert.Equal(local, ofTye);
        Assert.Equal(local, ofChart);
    }

    [Fact]
    public void ComponentSets_NameTheirComponentsAsTheProgramsDo()
    {
        string root = Path.Combine(TestPaths.Repository, "components");
        foreach (string folder in Directory.EnumerateDirectories(root))
        {
            YamlMappingNode[] components =
            [
                .. Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).SelectMany(f => Yaml.Documents(File.ReadAllText(f))).Where(d => d.Text("kind") == "Component"),
            ];
            string[] names = [.. components.Select(c => c.Text("metadata.name")!).Distinct()];
            Assert.Contains(Components.PubSub, names);
            Assert.Contains(Components.StateStore, names);
            Assert.All(names, n => Assert.True(n is Components.PubSub or Components.StateStore || n.StartsWith(Components.Workers(""), StringComparison.Ordinal), $"{folder}: '{n}'"));
            // Apps that no program is would get nothing; programs that are not named would not start.
            string[] known = [.. Services, AppIds.Worker];
            Assert.All(components.SelectMany(c => c.List("scopes")).Select(s => s.ToString()), scope => Assert.Contains(scope, known));
            Assert.All(components.Where(c => c.Text("metadata.name") == Components.StateStore), c => Assert.Equal(Services, c.List("scopes").Select(s => s.ToString())));
        }
    }

    [Theory]
    [InlineData("workers-htcondor", "bindings.htcondor", "apps/SkyDriver.HtCondor/Program.cs")]
    [InlineData("workers-kubernetes", "bindings.kubernetes-jobs", "apps/SkyDriver.KubernetesJobs/Program.cs")]
    public void Launchers_HaveTheTypeOfTheirSocket(string component, string type, string program)
    {
        Assert.Contains($"new(\"{type["bindings.".Length..]}\")", Read(program), StringComparison.Ordinal);
        YamlMappingNode[] all =
        [
            .. Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, "components", "production"), "*.yaml", SearchOption.AllDirectories).SelectMany(f => Yaml.Documents(File.ReadAllText(f))),
            .. Chart.Sites.SelectMany(s => Manifests.Parse(Chart.Example(s)).Of("Component")),
        ];
        string[] types = [.. all.Where(c => c.Text("kind") == "Component" && c.Text("metadata.name") == component).Select(c => c.Text("spec.type")!).Distinct()];
        Assert.Equal([type], types);
    }

    [Theory]
    [InlineData("minimal", "kubernetes")]
    [InlineData("rabbitmq-postgresql", "kubernetes")]
    [InlineData("htcondor", "sub-2=htcondor sub-3=htcondor")]
    public void Places_HaveLaunchers(string site, string places)
    {
        Manifests manifests = Manifests.Parse(Chart.Example(site));
        Assert.Equal(places, manifests.Find("ConfigMap", "skydriver-api").Text("data.SKYDRIVER_CLUSTERS"));
        Assert.Equal(places, manifests.Find("ConfigMap", "skydriver-orchestrator").Text("data.SKYDRIVER_CLUSTERS"));
        Assert.All(places.Split(' '), place => Assert.NotNull(manifests.Find("Component", Components.Workers(place.Split('=')[^1]))));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(TestPaths.Repository, file));
}
