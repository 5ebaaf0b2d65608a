using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Sidecar.Resources;

/// <summary>Reads YAML files whose size, depth and aliases are judged before anything is built of them.</summary>
internal static class YamlFiles
{
    private const long LargestFile = 4 << 20;
    private const int MostNodes = 200_000;
    private const int Deepest = 64;

    /// <exception cref="ResourceException">The file cannot be read, is no YAML, or would grow beyond measure.</exception>
    public static YamlStream Load(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > LargestFile }) throw new ResourceException($"{file}: is larger than {LargestFile >> 20} MiB; resources are small, so this is some other file.");
            string text = File.ReadAllText(file);
            Measure(file, text);
            YamlStream stream = new();
            using StringReader reader = new(text);
            stream.Load(reader);
            return stream;
        }
        catch (YamlException fault)
        {
            throw new ResourceException($"{file}({fault.Start.Line},{fault.Start.Column}): is no YAML: {fault.InnerException?.Message ?? fault.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ResourceException($"{file}: cannot be read: {fault.Message}");
        }
    }

    /// <summary>Runs through the events only: no recursion, and an alias counts as all that it stands for.</summary>
    private static void Measure(string file, string text)
    {
        using StringReader reader = new(text);
        Parser parser = new(reader);
        Dictionary<string, long> anchors = new(StringComparer.Ordinal);
        Stack<(string? Anchor, long Nodes)> open = new();
        long nodes = 0;
        while (parser.MoveNext())
        {
            ParsingEvent now = parser.Current!;
            switch (now)
            {
                case DocumentStart:
                    anchors.Clear();
                    break;
                case AnchorAlias alias:
                    nodes += anchors.TryGetValue(alias.Value.Value, out long size) ? size : throw Fault("the alias stands for nothing that is complete");
                    break;
                case MappingStart or SequenceStart:
                    nodes++;
                    open.Push((Anchor((NodeEvent)now), nodes));
                    break;
                case Scalar scalar:
                    nodes++;
                    if (Anchor(scalar) is { } name) anchors[name] = 1;
                    break;
                case MappingEnd or SequenceEnd:
                    (string? anchor, long before) = open.Pop();
                    if (anchor is not null) anchors[anchor] = nodes - before + 1;
                    break;
            }

            if (open.Count > Deepest) throw Fault($"is nested more than {Deepest} levels deep");
            if (nodes > MostNodes) throw Fault($"holds more than {MostNodes} values, counting what its aliases stand for");

            ResourceException Fault(string what) => new($"{file}({now.Start.Line}): {what}.");
        }
    }

    private static string? Anchor(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;
}
