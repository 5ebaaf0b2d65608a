using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Harness;

/// <summary>Kubernetes objects, as a chart renders them.</summary>
internal sealed class Manifests
{
    private Manifests(IReadOnlyList<YamlMappingNode> objects) => Objects = objects;

    public IReadOnlyList<YamlMappingNode> Objects { get; }

    public static Manifests Parse(string text) => new(Yaml.Documents(text));

    public IEnumerable<YamlMappingNode> Of(string kind) => Objects.Where(o => o.Text("kind") == kind);

    public YamlMappingNode? Find(string kind, string? name) => Of(kind).FirstOrDefault(o => o.Text("metadata.name") == name);

    public static string Name(YamlNode item) => $"{item.Text("kind")}/{item.Text("metadata.name")}";

    /// <summary>Everything that becomes pods, with the template of these.</summary>
    public IEnumerable<(string Name, YamlNode Pod)> Pods()
    {
        foreach (YamlMappingNode item in Objects)
        {
            if (item.Text("kind") is "Deployment" or "Job") yield return (Name(item), item.At("spec.template")!);
            if (item.Text("kind") is "Pod") yield return (Name(item), item);
        }
    }

    public static IEnumerable<YamlNode> Containers(YamlNode pod) => pod.List("spec.initContainers").Concat(pod.List("spec.containers"));
}
