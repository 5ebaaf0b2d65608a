using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using SkyDriver.Hosting.Metrics;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Apps.Tests.Observability;

/// <summary>Alert rules, dashboard and pages name only what there is.</summary>
public partial class AlertsTests
{
    private static readonly string Chart = Path.Combine(TestPaths.Repository, "charts", "skydriver");
    private static readonly string Operations = File.ReadAllText(Path.Combine(TestPaths.Repository, "docs", "operations.md"));

    /// <summary>Made by the collector itself, or of the framework's own measurement.</summary>
    private static readonly Dictionary<string, string[]> Labels = new()
    {
        ["skydriver_build_info"] = ["app", "version"],
        ["skydriver_http_request_seconds"] = ["method", "route", "code"],
    };

    [Fact]
    public void Alerts_EachOfThem_IsWholeAndItsRunbookIsThere()
    {
        YamlMappingNode[] rules = [.. Rules()];
        Assert.True(rules.Length >= 10);
        HashSet<string> anchors = [.. Heading().Matches(Operations).Select(m => Anchor(m.Groups[1].Value))];
        Assert.All(rules, rule =>
        {
            Assert.StartsWith("SkyDriver", Text(rule, "alert"));
            YamlMappingNode annotations = (YamlMappingNode)rule.Children["annotations"];
            Assert.Contains(Text((YamlMappingNode)rule.Children["labels"], "severity"), new[] { "critical", "warning" });
            Assert.EndsWith(".", Text(annotations, "summary"));
            string[] runbook = Text(annotations, "runbook_url").Split('#');
            Assert.Equal("docs/operations.md", runbook[0]);
            Assert.Contains(runbook[1], anchors);
        });
        Assert.Equal(rules.Length, rules.Select(r => Text(r, "alert")).Distinct().Count());
    }

    [Fact]
    public void AlertsAndDashboard_EveryMetricTheyName_ExistsInTheCode()
    {
        string[] expressions = [.. Rules().Select(r => Text(r, "expr")), .. Panels().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!)];
        HashSet<string> known = [.. Instruments(), .. Labels.Keys];
        string[] named = [.. expressions.SelectMany(e => Metric().Matches(e)).Select(m => HistogramPart().Replace(m.Value, "")).Distinct()];
        Assert.True(named.Length >= 15);
        Assert.Empty(named.Except(known));
        // And nothing is measured that nobody looks at.
        Assert.Empty(known.Except(named));
    }

    [Fact]
    public void ObservabilityPage_NamesEveryMetric()
    {
        string page = File.ReadAllText(Path.Combine(TestPaths.Repository, "docs", "observability.md"));
        Assert.All(Instruments().Concat(Labels.Keys), name => Assert.Contains($"`{name}`", page));
    }

    [Fact]
    public void Dashboard_Panels_HaveIdsPlacesAndQueriesOfTheirOwn()
    {
        JsonElement[] panels = [.. Panels()];
        Assert.Equal(panels.Length, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, p => Assert.NotEqual("", p.GetProperty("description").GetString()));
        Assert.All(panels, p => Assert.All(p.GetProperty("targets").EnumerateArray(), t => Assert.True(IsBalanced(t.GetProperty("expr").GetString()!))));
    }

    private static IEnumerable<YamlMappingNode> Rules()
    {
        YamlStream file = [];
        file.Load(new StringReader(File.ReadAllText(Path.Combine(Chart, "alerts", "skydriver.yaml"))));
        YamlSequenceNode groups = (YamlSequenceNode)((YamlMappingNode)file.Documents.Single().RootNode).Children["groups"];
        return groups.Cast<YamlMappingNode>().SelectMany(g => ((YamlSequenceNode)g.Children["rules"]).Cast<YamlMappingNode>());
    }

    private static IEnumerable<JsonElement> Panels()
    {
        JsonElement dashboard = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(Chart, "dashboards", "skydriver.json")));
        return dashboard.GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row");
    }

    private static HashSet<string> Instruments()
    {
        HashSet<string> names = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == SkyDriverMetrics.MeterName) names.Add(instrument.Name);
        };
        _ = SkyDriverMetrics.Ledgers;
        listener.Start();
        return names;
    }

    private static bool IsBalanced(string expression)
    {
        Stack<char> open = [];
        foreach (char c in expression)
        {
            if (c is '(' or '[' or '{') open.Push(c);
            else if (c is ')' or ']' or '}' && (!open.TryPop(out char begun) || (begun, c) is not (('(', ')') or ('[', ']') or ('{', '}')))) return false;
        }

        return open.Count == 0;
    }

    private static string Text(YamlMappingNode of, string key) => ((YamlScalarNode)of.Children[key]).Value!;

    /// <summary>As the usual viewers of Markdown make them.</summary>
    private static string Anchor(string heading) => NotInAnchors().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("skydriver_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramPart();
}
