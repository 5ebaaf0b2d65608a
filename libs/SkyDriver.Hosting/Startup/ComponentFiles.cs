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
    public static IReadOnlyList<string> Judge(string folder, ComponentNeeds needs)
    {
        List<(string File, string Name, bool IsForUs)> scopes = [];
        List<string> faults = [.. Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).SelectMany(file => JudgeFile(file, needs, scopes))];
        // Services may have files of their own for one name: only when none of them is for this one is it left out.
        foreach (var all in scopes.GroupBy(s => s.Name).Where(g => IsNeeded(g.Key, needs) && !g.Any(s => s.IsForUs)))
            faults.Add($"{all.First().File}: scopes does not name {needs.AppId}, so its sidecar does not load '{all.Key}'; add it.");
        return faults;
    }

    private static bool IsNeeded(string name, ComponentNeeds needs) => (needs.State && name == Components.StateStore) || (needs.PubSub && name == Components.PubSub);

    private static IEnumerable<string> JudgeFile(string file, ComponentNeeds needs, List<(string File, string Name, bool IsForUs)> scopes)
    {
        if (new FileInfo(file).Length > MostBytes) return [$"{file} is larger than {MostBytes} bytes; no component file is."];
        try
        {
            YamlStream documents = [];
            using StreamReader text = new(file);
            documents.Load(text);
            return [.. documents.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>().Where(d => Text(d, "kind") == "Component").SelectMany(d => Judge(file, d, needs, scopes))];
        }
        catch (YamlException broken)
        {
            return [$"{file} line {broken.Start.Line} is no YAML: {broken.Message}"];
        }
    }

    private static IEnumerable<string> Judge(string file, YamlMappingNode component, ComponentNeeds needs, List<(string File, string Name, bool IsForUs)> scopes)
    {
        if (Map(component, "spec") is not { } spec || Text(spec, "type") is not { } type) return [$"{file}: spec.type is missing."];
        string name = Map(component, "metadata") is { } head ? Text(head, "name") ?? "" : "";
        Dictionary<string, string> metadata = [];
        foreach (YamlMappingNode item in (List(spec, "metadata") ?? []).OfType<YamlMappingNode>())
        {
            // A value that comes from elsewhere is there, and nobody here knows it.
            if (Text(item, "name") is { } key) metadata[key] = Text(item, "value") ?? DangerousMetadata.FromElsewhere;
        }

        scopes.Add((file, name, List(component, "scopes") is not { } apps || apps.Any(a => a.ToString() == needs.AppId)));
        return [.. DangerousMetadata.Judge(type, metadata).Select(f => $"{file}: {f}")];
    }

    private static YamlMappingNode? Map(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? node as YamlMappingNode : null;

    private static YamlSequenceNode? List(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? node as YamlSequenceNode : null;

    private static string? Text(YamlMappingNode of, string key) => of.Children.TryGetValue(key, out YamlNode? node) ? (node as YamlScalarNode)?.Value : null;
}
