using System.Text.RegularExpressions;
using SkyDriver.Contracts;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>dapr.yaml, tye.yaml, the chart, the component sets and the programs' own constants, as texts by path; each fault names its file.</summary>
internal sealed partial class Agreement(IReadOnlyDictionary<string, string> files)
{
    private const string Dapr = "dapr.yaml", Tye = "tye.yaml";

    private static readonly string[] Services = [AppIds.Api, AppIds.Orchestrator, AppIds.Scanner], Known = [.. Services, AppIds.Worker];

    /// <summary>The repository's own files.</summary>
    public static Dictionary<string, string> Repository()
    {
        IEnumerable<string> paths = [Dapr, Tye, .. Chart.Sites.Select(ChartFile), .. Programs.Keys];
        IEnumerable<string> components = Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, "components"), "*.yaml", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(TestPaths.Repository, f));
        return paths.Concat(components).ToDictionary(p => p, p => File.ReadAllText(Path.Combine(TestPaths.Repository, p)));
    }

    /// <summary>Launchers that are pluggable components, with the name of their component.</summary>
    private static readonly Dictionary<string, string> Programs = new()
    {
        ["apps/SkyDriver.HtCondor/Program.cs"] = "workers-htcondor",
        ["apps/SkyDriver.KubernetesJobs/Program.cs"] = "workers-kubernetes",
        ["apps/SkyDriver.LocalWorkers/Program.cs"] = Contracts.Components.LocalWorkers,
    };

    private static string ChartFile(string site) => $"charts/skydriver/examples/{site}.yaml";

    public IEnumerable<string> Faults() => [.. LocalRuns(), .. ChartPorts(), .. ComponentSets(), .. Launchers()];

    /// <summary>Both files of the run on one machine start the same programs on the same ports with the same settings.</summary>
    private IEnumerable<string> LocalRuns()
    {
        YamlMappingNode dapr = Yaml.Documents(files[Dapr])[0], tye = Yaml.Documents(files[Tye])[0];
        var common = dapr.Texts("common.env");
        var runs = dapr.List("apps").ToDictionary(a => a.Text("appID")!, a => Run(a.Text("appPort"), a.List("command").Last().ToString(), common.Concat(a.Texts("env"))));
        var twins = tye.List("services").ToDictionary(
            s => s.Text("name")!, s => Run(s.List("bindings").FirstOrDefault()?.Text("port"), s.Text("args")!, s.List("env").Select(e => KeyValuePair.Create(e.Text("name")!, e.Text("value")!))));
        foreach (string service in Services.Except(Ports().Keys)) yield return $"{Dapr}: no app with a port is {service}";
        foreach (string app in runs.Keys.Union(twins.Keys))
        {
            string here = runs.GetValueOrDefault(app, "nothing"), there = twins.GetValueOrDefault(app, "nothing");
            if (here != there) yield return $"{app} is {here} in {Dapr} and {there} in {Tye}";
        }

        static string Run(string? port, string program, IEnumerable<KeyValuePair<string, string>> env) => $"{program} on {port ?? "no port"} with {string.Join(' ', env.Select(e => $"{e.Key}={e.Value}").Order(StringComparer.Ordinal))}";
    }

    private IEnumerable<string> ChartPorts()
    {
        var local = Ports();
        foreach (string file in Chart.Sites.Select(ChartFile))
        {
            var notes = Manifests.Parse(files[file]).Of("Deployment").Select(d => d.At("spec.template.metadata.annotations")).Where(a => a.Key("dapr.io/app-id") is not null).ToArray();
            foreach (string service in Services.Except(notes.Select(a => a.Key("dapr.io/app-id")!.ToString()))) yield return $"{file}: no pod is {service}";
            foreach ((string app, string port) in notes.Select(a => (a.Key("dapr.io/app-id")!.ToString(), a.Key("dapr.io/app-port")!.ToString())))
            {
                if (local.GetValueOrDefault(app) is not { } other) yield return $"{file}: '{app}' is no app of {Dapr}";
                else if (other != port) yield return $"{file}: {app} has port {port}, in {Dapr} {other}";
            }
        }
    }

    private IEnumerable<string> ComponentSets()
    {
        foreach ((string file, string text) in files.Where(f => f.Key.StartsWith("components/", StringComparison.Ordinal)))
        {
            foreach (YamlMappingNode component in Yaml.Documents(text).Where(d => d.Text("kind") == "Component"))
            {
                string name = component.Text("metadata.name")!;
                string[] scopes = [.. component.List("scopes").Select(s => s.ToString())];
                if (name is not (Contracts.Components.PubSub or Contracts.Components.StateStore) && !name.StartsWith(Contracts.Components.Workers(""), StringComparison.Ordinal)) yield return $"{file}: no program asks for '{name}'";
                // Apps that no program is would get nothing; programs that are not named would not start.
                foreach (string scope in scopes.Except(Known)) yield return $"{file}: '{scope}' is no app";
                if (name == Contracts.Components.StateStore && !Services.SequenceEqual(scopes)) yield return $"{file}: the store is not given to {string.Join(", ", Services.Except(scopes))}";
            }
        }

        foreach (string set in files.Keys.Where(f => f.StartsWith("components/", StringComparison.Ordinal)).Select(f => f.Split('/')[1]).Distinct())
        {
            string[] names = [.. files.Where(f => f.Key.StartsWith($"components/{set}/", StringComparison.Ordinal)).SelectMany(f => Yaml.Documents(f.Value)).Where(d => d.Text("kind") == "Component").Select(c => c.Text("metadata.name")!)];
            foreach (string missing in new[] { Contracts.Components.PubSub, Contracts.Components.StateStore }.Except(names)) yield return $"components/{set} has no '{missing}'";
        }
    }

    /// <summary>A launcher listens on the socket by which its component's type finds it.</summary>
    private IEnumerable<string> Launchers()
    {
        foreach ((string program, string component) in Programs)
        {
            string type = $"bindings.{Socket().Match(files[program]).Groups[1].Value}";
            foreach ((string file, string text) in files.Where(f => f.Key.EndsWith(".yaml", StringComparison.Ordinal)))
            {
                foreach (YamlMappingNode item in Yaml.Documents(text).Where(d => d.Text("kind") == "Component" && d.Text("metadata.name") == component && d.Text("spec.type") != type))
                    yield return $"{file}: '{component}' is {item.Text("spec.type")}, and {program} listens as {type}";
            }
        }
    }

    private Dictionary<string, string> Ports() => Yaml.Documents(files[Dapr])[0].List("apps").Where(a => a.Text("appPort") is not null).ToDictionary(a => a.Text("appID")!, a => a.Text("appPort")!);

    [GeneratedRegex(@"ComponentHostBuilder builder = new\(""([^""]+)""")]
    private static partial Regex Socket();
}
