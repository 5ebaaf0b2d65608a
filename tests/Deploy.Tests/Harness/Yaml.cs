using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Harness;

/// <summary>Reading YAML by paths such as <c>spec.template.spec</c>.</summary>
internal static class Yaml
{
    /// <summary>All documents of a text; a key that is there twice is an error.</summary>
    public static IReadOnlyList<YamlMappingNode> Documents(string text)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>()];
    }

    public static YamlNode? At(this YamlNode? node, string path) =>
        path.Split('.').Aggregate(node, (n, key) => n is YamlMappingNode map && map.Children.TryGetValue(key, out YamlNode? child) ? child : null);

    /// <summary>What stands under a key that has dots in it.</summary>
    public static YamlNode? Key(this YamlNode? node, string key) => node is YamlMappingNode map && map.Children.TryGetValue(key, out YamlNode? child) ? child : null;

    public static string? Text(this YamlNode? node, string path) => (node.At(path) as YamlScalarNode)?.Value;

    public static IReadOnlyList<YamlNode> List(this YamlNode? node, string path) => node.At(path) is YamlSequenceNode list ? [.. list] : [];

    public static IReadOnlyDictionary<string, string> Texts(this YamlNode? node, string path) =>
        node.At(path) is YamlMappingNode map ? map.ToDictionary(p => p.Key.ToString(), p => p.Value.ToString()) : new Dictionary<string, string>();
}
