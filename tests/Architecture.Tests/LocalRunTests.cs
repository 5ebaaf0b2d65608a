using YamlDotNet.RepresentationModel;

namespace SkyDriver.Architecture.Tests;

/// <summary>dapr.yaml, tye.yaml and the component sets tell the same story.</summary>
public sealed class LocalRunTests
{
    [Fact]
    public void TyeFile_AgreesWithDaprFile_OnServicesCommandsAndPorts()
    {
        var dapr = Load("dapr.yaml");
        string[] fromDapr = [.. ((YamlSequenceNode)dapr["apps"]).Cast<YamlMappingNode>().Select(app =>
        {
            string[] command = [.. ((YamlSequenceNode)app["command"]).Select(c => c.ToString())];
            return $"{app["appID"]} {string.Join(' ', command)} port {Value(app, "appPort")} in {app["appDirPath"]}";
        })];
        string[] fromTye = [.. ((YamlSequenceNode)Load("tye.yaml")["services"]).Cast<YamlMappingNode>().Select(service =>
        {
            string port = service.Children.TryGetValue("bindings", out YamlNode? bindings) ? ((YamlSequenceNode)bindings)[0]["port"].ToString() : "";
            return $"{service["name"]} {service["executable"]} {service["args"]} port {port} in {service["workingDirectory"]}";
        })];
        Assert.Equal(fromDapr, fromTye);
        Assert.Equal(((YamlSequenceNode)dapr["common"]["resourcesPaths"])[0].ToString(), Load("tye.yaml")["extensions"][0]["components-path"].ToString());
    }

    [Fact]
    public void DaprFile_Commands_NameProjectsOfThisRepository()
    {
        foreach (YamlMappingNode app in ((YamlSequenceNode)Load("dapr.yaml")["apps"]).Cast<YamlMappingNode>())
        {
            string program = app["command"][1].ToString();
            string project = program.Split('/')[2];
            string file = Path.Combine(TestPaths.Repository, "apps", project, project + ".csproj");
            Assert.True(File.Exists(file), $"{program} is not made by a project under apps/.");
            Assert.Contains($"<AssemblyName>{Path.GetFileNameWithoutExtension(program)}</AssemblyName>", File.ReadAllText(file));
        }
    }

    [Fact]
    public void ComponentSets_HaveTheSameNamesAndScopes()
    {
        // Those that run as they are; production is a collection to choose from, and names what only a site can know.
        string[] sets = [.. Directory.EnumerateDirectories(Path.Combine(TestPaths.Repository, "components"), "local*")];
        Assert.True(sets.Length >= 2);
        string[] expected = NamesAndScopes(sets[0]);
        Assert.NotEmpty(expected);
        Assert.All(sets, set => Assert.Equal(expected, NamesAndScopes(set)));
    }

    private static string[] NamesAndScopes(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal).SelectMany(file => Documents(file)).Where(d => d["kind"].ToString() == "Component")
            .Select(d => $"{d["metadata"]["name"]}: {string.Join(' ', ((YamlSequenceNode)d["scopes"]).Select(s => s.ToString()))}"),
    ];

    private static string Value(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out YamlNode? value) ? value.ToString() : "";

    private static YamlMappingNode Load(string name) => Documents(Path.Combine(TestPaths.Repository, name)).Single();

    private static IEnumerable<YamlMappingNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(file);
        stream.Load(reader);
        return stream.Documents.Select(d => (YamlMappingNode)d.RootNode);
    }
}
