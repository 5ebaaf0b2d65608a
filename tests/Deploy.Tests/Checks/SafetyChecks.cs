using System.Text.RegularExpressions;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>The restricted profile of Pod Security Standards and a little more, pinned images, and no secret that can be read.</summary>
internal static partial class SafetyChecks
{
    private const string Launcher = "launcher-kubernetes", TokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static IEnumerable<string> Confinement(Manifests site)
    {
        foreach ((string name, YamlNode pod) in site.Pods())
        {
            YamlNode? spec = pod.At("spec"), context = spec.At("securityContext");
            if (context.Text("runAsNonRoot") != "true" || !int.TryParse(context.Text("runAsUser"), out int user) || user == 0) yield return $"{name} may run as root";
            if (context.Text("seccompProfile.type") != "RuntimeDefault") yield return $"{name} has no seccomp profile";
            if (name != "Job/skydriver-cleanup" && spec.Text("automountServiceAccountToken") != "false") yield return $"{name} has a token of its account";
            if (spec.Text("hostNetwork") is not null || spec.Text("hostPID") is not null || spec.Text("hostIPC") is not null) yield return $"{name} is in a namespace of its host";
            if (spec.List("volumes").Any(v => v.At("hostPath") is not null)) yield return $"{name} sees its host's files";
            foreach (YamlNode volume in spec.List("volumes").Where(v => v.At("emptyDir") is not null && v.Text("emptyDir.sizeLimit") is null)) yield return $"{name}: volume '{volume.Text("name")}' may fill its node's disk";
            foreach (YamlNode container in Manifests.Containers(pod))
            {
                string where = $"{name}/{container.Text("name")}";
                YamlNode? rights = container.At("securityContext");
                if (rights.Text("allowPrivilegeEscalation") != "false") yield return $"{where} may gain privileges";
                if (rights.Text("readOnlyRootFilesystem") != "true") yield return $"{where} may write its image's files";
                if (rights.Text("runAsNonRoot") != "true") yield return $"{where} may run as root";
                if (rights.Text("privileged") is not null || rights.At("capabilities.add") is not null) yield return $"{where} has more rights than it was born with";
                if (!rights.List("capabilities.drop").Any(c => c.ToString() == "ALL")) yield return $"{where} keeps capabilities";
                if (container.Text("resources.limits.memory") is null || container.Text("resources.requests.memory") is null || container.Text("resources.requests.cpu") is null) yield return $"{where} has no bounds";
                if (container.Text("name") != Launcher && container.List("volumeMounts").Any(m => m.Text("mountPath") == TokenFolder)) yield return $"{where} has the launcher's token";
            }
        }

        foreach (YamlMappingNode role in site.Objects.Where(o => o.Text("kind") is "ClusterRole" or "ClusterRoleBinding")) yield return $"{Manifests.Name(role)} reaches beyond the namespace";
        foreach (YamlNode rule in site.Of("Role").SelectMany(r => r.List("rules")))
        {
            string[] resources = [.. rule.List("resources").Select(r => r.ToString())];
            if (resources.Except(["jobs", "pods", "pods/log", "events"]).Any() || rule.List("verbs").Any(v => v.ToString() == "*")) yield return $"a role reaches {string.Join(", ", resources)}";
        }
    }

    public static IEnumerable<string> Images(Manifests site)
    {
        foreach ((string name, YamlNode pod) in site.Pods())
        {
            foreach (YamlNode container in Manifests.Containers(pod).Where(c => !Pinned().IsMatch(c.Text("image") ?? ""))) yield return $"{name}: image '{container.Text("image")}' is not pinned";
        }

        foreach (YamlNode item in site.Of("Component").SelectMany(c => c.List("spec.metadata")).Where(m => m.Text("name") == "image" && !Pinned().IsMatch(m.Text("value") ?? ""))) yield return $"image of workers '{item.Text("value")}' is not pinned";
    }

    public static IEnumerable<string> Secrets(Manifests site)
    {
        foreach (YamlMappingNode secret in site.Of("Secret")) yield return $"{Manifests.Name(secret)} holds a secret in clear; name one that exists";
        foreach (YamlMappingNode item in site.Objects)
        {
            foreach ((string path, string text) in Scalars(item, ""))
            {
                if (Credentials().IsMatch(text)) yield return $"{Manifests.Name(item)}{path} has credentials in it";
            }
        }

        foreach (YamlNode item in site.Of("Component").SelectMany(c => c.List("spec.metadata")).Where(m => Confidential().IsMatch(m.Text("name")!) && m.At("value") is not null)) yield return $"component metadata '{item.Text("name")}' is in clear";
        foreach (YamlNode variable in site.Pods().SelectMany(p => Manifests.Containers(p.Pod)).SelectMany(c => c.List("env")).Where(e => Confidential().IsMatch(e.Text("name")!) && e.At("value") is not null)) yield return $"variable {variable.Text("name")} is in clear";
        foreach (string name in site.Of("ConfigMap").SelectMany(m => m.Texts("data").Keys).Where(k => Confidential().IsMatch(k))) yield return $"ConfigMap entry {name} is in clear";
    }

    private static IEnumerable<(string Path, string Text)> Scalars(YamlNode node, string path) => node switch
    {
        YamlScalarNode scalar => [(path, scalar.Value ?? "")],
        YamlSequenceNode list => list.SelectMany((item, i) => Scalars(item, $"{path}[{i}]")),
        YamlMappingNode map => map.SelectMany(p => Scalars(p.Value, $"{path}.{p.Key}")),
        _ => [],
    };

    [GeneratedRegex(@"(@sha256:[0-9a-f]{64}|:v?\d+\.\d+(\.\d+)?[-.A-Za-z0-9]*)$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"[a-z]+://[^\s/@]+:[^\s/@]+@|password=|-----BEGIN")]
    private static partial Regex Credentials();

    [GeneratedRegex("(?i)(password|connectionString|^token|saslPassword|_KEY$|_TOKEN$|_SECRET$)")]
    private static partial Regex Confidential();
}
