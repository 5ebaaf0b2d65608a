using SkyDriver.Sidecar.Resources;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Sidecar.Run;

/// <summary>One app to run.</summary>
/// <param name="Folder">Working folder of the command.</param>
/// <param name="SidecarOptions">Further words of daprd's command line.</param>
internal sealed record RunApp(
    string AppId, string Folder, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, int? AppPort, string AppProtocol, string AppAddress,
    int AppMaxConcurrency, int HttpPort, int GrpcPort, IReadOnlyList<string> ResourcePaths, string? ConfigFile, IReadOnlyList<string> SidecarOptions);

/// <summary>A multi-app run file (<c>dapr.yaml</c>): the apps, with what they have in common filled in.</summary>
internal static class RunTemplate
{
    /// <exception cref="ResourceException">The file or a field of it is wrong; all faults are listed.</exception>
    public static IReadOnlyList<RunApp> Read(string file)
    {
        string full = Path.GetFullPath(file), folder = Path.GetDirectoryName(full)!;
        YamlMappingNode root = Load(full);
        YamlMappingNode common = Child(root, "common") as YamlMappingNode ?? new YamlMappingNode();
        List<string> faults = [];
        if (Text(root, "version") != "1") faults.Add($"{full}: version: must be 1.");
        List<RunApp> apps = [];
        foreach (YamlMappingNode app in (Child(root, "apps") as YamlSequenceNode)?.OfType<YamlMappingNode>() ?? []) apps.Add(App(app, common, folder, full, faults));
        if (apps.Count == 0) faults.Add($"{full}: apps: names no app.");
        if (apps.GroupBy(a => a.AppId).FirstOrDefault(g => g.Count() > 1) is { } twice) faults.Add($"{full}: apps: appID '{twice.Key}' stands there twice.");
        return faults.Count == 0 ? apps : throw new ResourceException(faults);
    }

    private static RunApp App(YamlMappingNode app, YamlMappingNode common, string folder, string file, List<string> faults)
    {
        string? directory = Text(app, "appDirPath");
        string? id = Text(app, "appID") ?? (directory is null ? null : Path.GetFileName(Path.GetFullPath(directory, folder)));
        string where = $"{file}: apps[{id ?? "?"}]";
        if (directory is null) faults.Add($"{where}.appDirPath: is missing.");
        string[] command = [.. (Child(app, "command") as YamlSequenceNode)?.OfType<YamlScalarNode>().Select(c => c.Value ?? "") ?? []];
        if (command.Length == 0) faults.Add($"{where}.command: is missing or not a list.");
        string home = Path.GetFullPath(directory ?? ".", folder);
        Dictionary<string, string> environment = [];
        foreach (YamlMappingNode? map in new[] { Child(common, "env") as YamlMappingNode, Child(app, "env") as YamlMappingNode })
        {
            if (map is null) continue;
            foreach ((YamlNode name, YamlNode value) in map.Children) environment[name.ToString()] = value.ToString();
        }

        return new(
            id ?? "",
            home,
            command,
            environment,
            Number("appPort", ushort.MaxValue),
            (Either("appProtocol") ?? "http") is var protocol && protocol is "http" && Either("appSSL") is "true" ? "https" : protocol,
            Either("appChannelAddress") ?? "127.0.0.1",
            Number("appMaxConcurrency", int.MaxValue) ?? -1,
            Number("daprHTTPPort", ushort.MaxValue) ?? 0,
            Number("daprGRPCPort", ushort.MaxValue) ?? 0,
            Paths(app, home) is { Count: > 0 } own ? own : Paths(common, folder),
            Text(app, "configFilePath") is { } ownConfig ? Path.GetFullPath(ownConfig, home) : Text(common, "configFilePath") is { } config ? Path.GetFullPath(config, folder) : null,
            PassedOptions.Read(Passed, (key, why) => faults.Add($"{where}.{key}: {why}.")));

        // A socket's folder is one app's own.
        string? Passed(string key) => key is not "unixDomainSocket" ? Either(key) : Text(app, key) is { } sockets ? Path.GetFullPath(sockets, home) : null;

        string? Either(string name) => Text(app, name) ?? Text(common, name);

        // Below 1 means "choose one", as if it were not there.
        int? Number(string name, int most)
        {
            if (Either(name) is not { } text) return null;
            if (int.TryParse(text, out int number) && number <= most) return number > 0 ? number : null;
            faults.Add($"{where}.{name}: '{text}' must be a whole number up to {most}.");
            return null;
        }
    }

    private static List<string> Paths(YamlMappingNode node, string relativeTo)
    {
        IEnumerable<string?> paths = Child(node, "resourcesPaths") is YamlSequenceNode list ? list.OfType<YamlScalarNode>().Select(n => n.Value) : [Text(node, "resourcesPath")];
        return [.. paths.Where(p => !string.IsNullOrEmpty(p)).Select(p => Path.GetFullPath(p!, relativeTo))];
    }

    private static YamlMappingNode Load(string file) => YamlFiles.Load(file).Documents is [{ RootNode: YamlMappingNode root }]
        ? root
        : throw new ResourceException($"{file}: must hold one mapping with version and apps.");

    private static YamlNode? Child(YamlMappingNode node, string name) => node.Children.TryGetValue(name, out YamlNode? child) ? child : null;

    private static string? Text(YamlMappingNode node, string name) => (Child(node, name) as YamlScalarNode)?.Value is { Length: > 0 } text ? text : null;
}
