using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SkyDriver.Api;
using SkyDriver.Deploy.Tests.Harness;
using SkyDriver.Hosting;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Fleet;
using SkyDriver.Orchestrator.Launching;
using SkyDriver.Scanner;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>What the chart tells the programs is read by the programs themselves.</summary>
public sealed partial class ProgramTests
{
    /// <summary>Settings that workers get from their launcher with each scan, and those that are for a machine of one's own.</summary>
    private static readonly string[] NotOfACluster =
    [
        "SKYDRIVER_SCAN_ID", "SKYDRIVER_WORKER_ID", "SKYDRIVER_RECO_ALGO", "SKYDRIVER_WORKER_TOKEN", "SKYDRIVER_BATCH", "SKYDRIVER_TASKFORCE", "SKYDRIVER_WORKER_NAME", "SKYDRIVER_WORK_FOLDER",
        "SKYDRIVER_CONTAINER_ENGINE",
    ];

    private static readonly Dictionary<string, Action<Settings>> Readers = new()
    {
        ["api"] = s => { ApiOptions.Read(s); WorkerPlaces.Read(s); },
        ["orchestrator"] = s => { OrchestratorOptions.Read(s); BacklogOptions.Read(s); FleetOptions.Read(s); WorkerPlaces.Read(s); },
        ["scanner"] = s => ScannerOptions.Read(s),
    };

    public static TheoryData<string> Sites() => [.. Chart.Sites];

    [Theory]
    [MemberData(nameof(Sites))]
    public void Settings_AreTakenByThePrograms(string site)
    {
        Manifests manifests = Manifests.Parse(Chart.Example(site));
        foreach ((string app, Action<Settings> read) in Readers)
        {
            Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection(manifests.Find("ConfigMap", $"skydriver-{app}")!.Texts("data")!).Build());
            read(settings);
            settings.ThrowIfFaulty();
        }
    }

    [Theory]
    [InlineData("api", "SKYDRIVER_CLUSTERS", "a=b=c")]
    [InlineData("orchestrator", "SKYDRIVER_API", "nowhere")]
    [InlineData("scanner", "SKYDRIVER_SWEEP_INTERVAL", "soon")]
    public void Settings_Broken_AreCaught(string app, string name, string value)
    {
        Dictionary<string, string?> data = Manifests.Parse(Chart.Example("minimal")).Find("ConfigMap", $"skydriver-{app}")!.Texts("data").ToDictionary(d => d.Key, d => (string?)d.Value);
        data[name] = value;
        Settings settings = new(new ConfigurationBuilder().AddInMemoryCollection(data).Build());
        Readers[app](settings);
        Assert.Contains(name, Assert.Throws<SettingsException>(settings.ThrowIfFaulty).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void Settings_AreThoseThatTheProgramsRead(string site)
    {
        Manifests manifests = Manifests.Parse(Chart.Example(site));
        foreach (string app in Readers.Keys)
        {
            Assert.Empty(manifests.Find("ConfigMap", $"skydriver-{app}")!.Texts("data").Keys.Except(SettingsOf(app)));
            IEnumerable<string> variables = manifests.Find("Deployment", $"skydriver-{app}").List("spec.template.spec.containers").SelectMany(c => c.List("env")).Select(e => e.Text("name")!);
            Assert.Empty(variables.Where(v => v.StartsWith("SKYDRIVER_", StringComparison.Ordinal)).Except(SettingsOf(app)));
        }
    }

    [Theory]
    [InlineData("api", "api")]
    [InlineData("orchestrator", "orchestrator")]
    [InlineData("scanner", "scanner")]
    [InlineData("worker", "workers.kubernetes")]
    public void Schema_OffersEverySettingOfAProgram(string app, string path)
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Chart.Folder, "values.schema.json")));
        JsonElement at = schema.RootElement;
        foreach (string part in path.Split('.')) at = at.GetProperty("properties").GetProperty(part);
        string[] offered = [.. at.GetProperty("properties").GetProperty("settings").GetProperty("properties").EnumerateObject().Select(p => p.Name)];
        string templates = string.Concat(Directory.EnumerateFiles(Path.Combine(Chart.Folder, "templates"), "*", SearchOption.AllDirectories).Select(File.ReadAllText));
        // What the chart itself says cannot be said a second time.
        string[] own = [.. SettingsOf(app, withHosting: false).Where(name => name.StartsWith("SKYDRIVER_", StringComparison.Ordinal))];
        Assert.True(own.Length > 5);
        // A program that learned or forgot a setting: values.schema.json follows.
        Assert.Empty(offered.Except(SettingsOf(app)));
        Assert.DoesNotContain(own.Except(offered).Except(NotOfACluster), name => !Regex.IsMatch(templates, $@"\b{name}\b"));
        Assert.DoesNotContain(offered, name => Regex.IsMatch(templates, $@"\b{name}:"));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void Probes_AskWhatTheServicesAnswer(string site)
    {
        string hosting = Sources("libs/SkyDriver.Hosting");
        foreach (YamlNode app in Manifests.Parse(Chart.Example(site)).Of("Deployment").SelectMany(d => d.List("spec.template.spec.containers")))
        {
            foreach (string probe in (string[])["startup", "live", "ready"])
            {
                string key = probe switch { "startup" => "startupProbe", "live" => "livenessProbe", _ => "readinessProbe" };
                Assert.Equal($"/healthz/{probe}", app.Text($"{key}.httpGet.path"));
                Assert.Contains($"\"/healthz/{probe}\"", hosting, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void Launchers_TakeTheirComponents(string site)
    {
        YamlMappingNode[] components = [.. Manifests.Parse(Chart.Example(site)).Of("Component").Where(c => c.Text("spec.type")!.StartsWith("bindings.", StringComparison.Ordinal))];
        Assert.NotEmpty(components);
        Assert.All(components, c => Launchers.Take(c));
    }

    [Fact]
    public async Task Launchers_TakeTheirComponents_WithEveryChoice()
    {
        const string Everything = """
            pubsub: { prefetch: 2 }
            api: { externalUrl: "https://x.example.org" }
            image: { pullSecrets: [registry] }
            orchestrator: { replicas: 1 }
            workers:
              kubernetes: { work: sidecar, settings: { SKYDRIVER_WORKER_SLOTS: "2" }, nodeSelector: { a: b }, tolerations: [{ key: batch, operator: Exists }], priorityClasses: { "0": low } }
              htcondor: { enabled: true, places: { a: { schedd: s.example.org } }, requirements: has_avx, accountingGroup: group.x, metadata: { extraLines: '["+WantIOProxy = true"]' } }
            """;
        YamlMappingNode[] components = [.. Manifests.Parse(await Chart.RenderAsync(Everything)).Of("Component").Where(c => c.Text("spec.type")!.StartsWith("bindings.", StringComparison.Ordinal))];
        Assert.Equal(2, components.Length);
        Assert.All(components, c => Launchers.Take(c));
    }

    [Fact]
    public void Launchers_Broken_AreCaught()
    {
        YamlMappingNode component = Manifests.Parse(Chart.Example("minimal").Replace("- name: maxRunTime", "- name: maxRuntimes", StringComparison.Ordinal)).Find("Component", "workers-kubernetes")!;
        Assert.Contains("maxRuntimes", Assert.Throws<FormatException>(() => Launchers.Take(component)).Message, StringComparison.Ordinal);
    }

    /// <summary>Names of settings in a program's sources, and in those that all services share.</summary>
    private static string[] SettingsOf(string app, bool withHosting = true)
    {
        string sources = Sources($"apps/SkyDriver.{char.ToUpperInvariant(app[0])}{app[1..]}");
        Dictionary<string, string> constants = Constant().Matches(Sources("libs/SkyDriver.Contracts")).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        IEnumerable<string> named = WorkerVariable().Matches(sources).Select(m => constants[m.Groups[1].Value]);
        IEnumerable<string> shared = withHosting ? Setting().Matches(Sources("libs/SkyDriver.Hosting")).Select(m => m.Groups[1].Value) : [];
        return [.. Setting().Matches(sources).Select(m => m.Groups[1].Value).Concat(named).Concat(shared).Where(n => !n.EndsWith('_')).Distinct()];
    }

    private static string Sources(string folder)
    {
        StringBuilder all = new();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, folder), "*.cs", SearchOption.AllDirectories)) all.Append(File.ReadAllText(file));
        return all.ToString();
    }

    [GeneratedRegex(@"""((?:SKYDRIVER|OTEL)_[A-Z0-9_]+|APP_PORT)""")]
    private static partial Regex Setting();

    [GeneratedRegex(@"WorkerEnvironment\.(\w+)")]
    private static partial Regex WorkerVariable();

    [GeneratedRegex(@"const string (\w+) = ""(SKYDRIVER_[A-Z_]+)""")]
    private static partial Regex Constant();
}
