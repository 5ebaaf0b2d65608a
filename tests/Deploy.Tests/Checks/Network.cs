using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>One end of a connection: pods of the release by component, or something outside by namespace, pod label or address.</summary>
internal sealed record End(string? Component = null, string? Namespace = null, string? App = null, string? Address = null)
{
    public static End Pods(string component) => new(component);

    public static End In(string ns, string? app = null) => new(Namespace: ns, App: app);

    public static End At(string address) => new(Address: address);

    /// <summary>Somewhere that no policy names.</summary>
    public static End Elsewhere { get; } = new(Namespace: "elsewhere");

    public bool IsOurs => Component is not null;

    public override string ToString() => Component ?? Namespace ?? Address!;
}

/// <summary>What NetworkPolicies let through, by the rules of Kubernetes: a pod that any policy of a direction selects hears or says only what one of them allows.</summary>
internal sealed class Network(Manifests site)
{
    public bool Allows(End from, End to, int port, string protocol = "TCP") =>
        Passes("Egress", from, to, port, protocol) && Passes("Ingress", to, from, port, protocol);

    private bool Passes(string direction, End own, End other, int port, string protocol)
    {
        if (!own.IsOurs) return true;
        YamlMappingNode[] policies = [.. site.Of("NetworkPolicy").Where(p => p.List("spec.policyTypes").Any(t => t.ToString() == direction) && Selects(p.At("spec.podSelector"), own))];
        (string rules, string peers) = direction == "Egress" ? ("spec.egress", "to") : ("spec.ingress", "from");
        return policies.Length == 0 || policies.SelectMany(p => p.List(rules)).Any(r =>
            (r.At("ports") is null || r.List("ports").Any(p => p.Text("protocol") == protocol && (p.Text("port") == $"{port}" || p.Text("port") == NameOf(port))))
            && (r.At(peers) is null || r.List(peers).Any(p => IsPeer(p, other))));
    }

    private static string? NameOf(int port) => DaprChecks.Ports.Values.Contains($"{port}") ? "http" : null;

    private static bool IsPeer(YamlNode peer, End end)
    {
        if (peer.Text("ipBlock.cidr") is { } block) return end.Address is not null && block == end.Address + "/32";
        if (end.Address is not null) return false;
        if (peer.At("namespaceSelector") is not null)
            return end.Namespace is not null && peer.At("namespaceSelector.matchLabels").Key("kubernetes.io/metadata.name")?.ToString() == end.Namespace
                && (peer.At("podSelector") is null || peer.At("podSelector.matchLabels").Key("app.kubernetes.io/name")?.ToString() == end.App);
        return end.IsOurs && Selects(peer.At("podSelector"), end);
    }

    private static bool Selects(YamlNode? selector, End end)
    {
        var labels = new Dictionary<string, string> { ["app.kubernetes.io/part-of"] = "skydriver", ["app.kubernetes.io/instance"] = "skydriver", ["app.kubernetes.io/component"] = end.Component! };
        return selector.Texts("matchLabels").All(l => labels.GetValueOrDefault(l.Key) == l.Value)
            && selector.List("matchExpressions").All(e => e.Text("operator") == "In" && e.List("values").Any(v => v.ToString() == labels.GetValueOrDefault(e.Text("key")!)));
    }
}
