using SkyDriver.Contracts;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Hosting.Startup;

/// <summary>What is dangerous in component files. Each fault names the file and the key.</summary>
public static class ComponentFiles
{
    /// <summary>A component file is a page; more is something else.</summary>
    private const long MostBytes = 1 << 20;

    /// <summary>Judges every YAML file of a folder and those below it.</summary>
    public static IReadOnlyList<string> Judge(string folder, ComponentNeeds needs) =>
        [.. Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).SelectMany(file => JudgeFile(file, needs))];

    private static IEnumerable<string> JudgeFile(string file, ComponentNeeds needs)
    {
        if (new FileInfo(file).Length > MostBytes) return [$"{file} is larger than {MostBytes} bytes; no component file is."];
        try
        {
            YamlStream documents = [];
            using StreamReader text = new(file);
            documents.Load(text);
            return [.. documents.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>().Where(d => Text(d, "kind") == "Component").SelectMany(d => Judge(file, d, needs))];
        }
        catch (YamlException broken)
        {
            return [$"{file} line {broken.Start.Line} is no YAML: {broken.Message}"];
        }
    }

    private static IEnumerable<string> Judge(string file, YamlMappingNode component, ComponentNeeds needs)
    {
        if (Map(component, "spec") is not { } spec || Text(spec, "type") is not { } type) return [$"{file}: spec.type is missing."];
        string name = Map(component, "metadata") is { } head ? Text(head, "name") ?? "" : "";
        Dictionary<string, string> metadata = [];
        foreach (YamlMappingNode item in (List(spec, "metadata") ?? []).OfType<YamlMappingNode>())
        {
            // A value that comes from elsewhere is there, and nobody here knows it.
            if (Text(item, "name") is { } key) metadata[key] = Text(item, "value") ?? DangerousMetadata.FromElsewhere;
        }

        List<string> faults = [.. DangerousMetadata.Judge(type, metadata).Select(f => $"{file}: {f}")];
        bool isOurs = (needs.State && name == Components.StateStore) || (needs.PubSub && name == Components.PubSub);
        if (isOurs && List(component, "scopes") is { } scopes && !scopes.Any(s => s.ToString() == needs.AppId)) faults.Add($"{file}: scopes does not name {needs.AppId}, so its sidecar does not load '{name}'; add it.");
        return faults;
    }

    private static YamlMappingNode? Map(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? node as YamlMappingNode : null;

    private static YamlSequenceNode? List(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? node as YamlSequenceNode : null;

    private static string? Text(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? (node as YamlScalarNode)?.Value : null;
}
