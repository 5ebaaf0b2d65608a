using System.Text.Json;
using System.Text.RegularExpressions;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests;

/// <summary>Templates, values.yaml and its schema speak of the same things; none of it needs a renderer.</summary>
public sealed partial class ValuesTests
{
    /// <summary>Maps that a site fills with names of its own.</summary>
    private static readonly string[] Open =
    [
        "settings", "resources", "launcherResources", "podAnnotations", "nodeSelector", "annotations", "labels", "places", "environment", "metadata", "priorityClasses",
    ];

    private static readonly YamlMappingNode Values = Yaml.Documents(File.ReadAllText(Path.Combine(Chart.Folder, "values.yaml")))[0];

    [Fact]
    public void Templates_UseOnlyValuesThatExist()
    {
        string[] paths = [.. Templates().SelectMany(t => ValuePath().Matches(t.Text)).Select(m => m.Groups[1].Value).Distinct()];
        Assert.True(paths.Length > 60);
        Assert.DoesNotContain(paths, p => Values.At(p) is null);
    }

    [Fact]
    public void Values_EachIsUsedByATemplate()
    {
        string all = string.Concat(Templates().Select(t => t.Text));
        // Each key by its last name, as many are reached from a part of the values.
        Assert.DoesNotContain(Leaves(Values, "").Select(p => p.Split('.')[^1]).Distinct(), name => !Regex.IsMatch(all, $@"\.{name}\b|""{name}"""));
    }

    [Fact]
    public void Values_EachIsCommented()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Chart.Folder, "values.yaml"));
        List<string> bare = [];
        for (int i = 1; i < lines.Length; i++)
        {
            // A key with a value of its own; those that only hold others are what their keys say.
            Match key = KeyLine().Match(lines[i]);
            if (!key.Success || Under(lines, i) is "requests" or "limits") continue;
            int above = i - 1;
            while (lines[above].TrimStart().StartsWith('#') && !lines[above].Contains("# -- ", StringComparison.Ordinal)) above--;
            bool holds = key.Groups[3].Value == "" && key.Groups[2].Value != "resources" && key.Groups[2].Value != "launcherResources";
            if (!holds && !lines[above].Contains("# -- ", StringComparison.Ordinal) && key.Groups[2].Value is not ("requests" or "limits")) bare.Add(lines[i]);
        }

        Assert.Empty(bare);

        static string Under(string[] lines, int at)
        {
            int indent = lines[at].TakeWhile(c => c == ' ').Count();
            for (int i = at - 1; i >= 0; i--)
            {
                if (lines[i].Trim() is { Length: > 0 } text && !text.StartsWith('#') && lines[i].TakeWhile(c => c == ' ').Count() < indent) return text.TrimEnd(':');
            }

            return "";
        }
    }

    [Fact]
    public void Schema_KnowsTheValuesAndNoOthers()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Chart.Folder, "values.schema.json")));
        string[] known = [.. Properties(schema.RootElement, "")], given = [.. Leaves(Values, "")];
        Assert.Equal(given.Order(StringComparer.Ordinal), known.Where(p => p != "global").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Schema_LeavesNoPartOpen()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Chart.Folder, "values.schema.json")));
        Assert.Empty(OpenObjects(schema.RootElement, ""));
    }

    [Fact]
    public void Includes_AreDefinedOnceAndUsed()
    {
        string all = string.Concat(Templates().Select(t => t.Text));
        string[] defined = [.. Definition().Matches(all).Select(m => m.Groups[1].Value)], used = [.. Include().Matches(all).Select(m => m.Groups[1].Value).Distinct()];
        Assert.Equal(defined.Distinct().Order(StringComparer.Ordinal), defined.Order(StringComparer.Ordinal));
        Assert.Equal(defined.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Actions_AreBalancedInEachTemplate()
    {
        foreach ((string file, string text) in Templates())
        {
            string[] words = [.. Action().Matches(Comment().Replace(text, "")).Select(m => m.Groups[1].Value)];
            Assert.True(words.Count(w => w is "if" or "with" or "range" or "define") == words.Count(w => w == "end"), file);
        }
    }

    [Fact]
    public void Functions_AreOfTheSmallSet()
    {
        string[] small =
        [
            "and", "append", "base", "deepCopy", "default", "dict", "eq", "fail", "first", "fromYaml", "get", "gt", "hasKey", "include", "index", "int", "join", "keys", "list", "merge", "mul", "ne", "nindent", "not", "omit", "or",
            "printf", "quote", "regexFind", "regexMatch", "replace", "required", "sha256sum", "sortAlpha", "splitList", "ternary", "toJson", "toYaml", "trim", "trimPrefix", "trimSuffix", "uniq", "urlParse", "values",
        ];
        // Words at the beginning of a pipeline's parts; strings and comments are no code.
        string[] called =
        [
            .. Templates().SelectMany(t => Code().Matches(Comment().Replace(t.Text, ""))).SelectMany(m => Call().Matches(Quoted().Replace(m.Groups[1].Value, "\"\""))).Select(m => m.Groups[1].Value)
                .Except(["if", "else", "with", "range", "end", "define", "template"]).Distinct(),
        ];
        Assert.Contains("include", called);
        Assert.Empty(called.Except(small));
    }

    private static IEnumerable<(string File, string Text)> Templates() =>
        Directory.EnumerateFiles(Path.Combine(Chart.Folder, "templates"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (f, File.ReadAllText(f)));

    private static IEnumerable<string> Leaves(YamlMappingNode map, string path)
    {
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string here = path == "" ? key.ToString() : $"{path}.{key}";
            if (value is YamlMappingNode inner && !Open.Contains(key.ToString())) foreach (string leaf in Leaves(inner, here)) yield return leaf;
            else yield return here;
        }
    }

    private static IEnumerable<string> Properties(JsonElement schema, string path)
    {
        foreach (JsonProperty property in schema.GetProperty("properties").EnumerateObject())
        {
            string here = path == "" ? property.Name : $"{path}.{property.Name}";
            if (property.Value.TryGetProperty("properties", out _) && !Open.Contains(property.Name)) foreach (string leaf in Properties(property.Value, here)) yield return leaf;
            else yield return here;
        }
    }

    private static IEnumerable<string> OpenObjects(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("properties", out JsonElement properties)) yield break;
        // What HTCondor's places may have besides is judged by the launcher, which says more than a schema could.
        if (path != "" && !schema.TryGetProperty("additionalProperties", out _)) yield return path;
        foreach (string open in properties.EnumerateObject().SelectMany(p => OpenObjects(p.Value, $"{path}.{p.Name}"))) yield return open;
    }

    [GeneratedRegex(@"\.Values\.([A-Za-z]+(?:\.[A-Za-z]+)*)")]
    private static partial Regex ValuePath();

    [GeneratedRegex(@"^( *)([A-Za-z]+):(?: +(\S.*))?$")]
    private static partial Regex KeyLine();

    [GeneratedRegex(@"\{\{-? define ""([^""]+)""")]
    private static partial Regex Definition();

    [GeneratedRegex(@"include ""([^""]+)""")]
    private static partial Regex Include();

    [GeneratedRegex(@"\{\{-?\s*(if|with|range|define|end)\b")]
    private static partial Regex Action();

    [GeneratedRegex(@"\{\{-?\s*/\*.*?\*/\s*-?\}\}", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\{\{-?(.*?)-?\}\}", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"""(?:[^""\\]|\\.)*""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<![.$""A-Za-z0-9_])([a-z][A-Za-z0-9]*)\b")]
    private static partial Regex Call();
}
