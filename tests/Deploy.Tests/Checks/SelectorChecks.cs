using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>Everything that names or chooses something else finds it.</summary>
internal static class SelectorChecks
{
    public static IEnumerable<string> Selectors(Manifests site)
    {
        var pods = site.Pods().Select(p => p.Pod.Texts("metadata.labels")).ToArray();
        foreach (YamlMappingNode item in site.Objects)
        {
            string path = item.Text("kind") switch { "Deployment" or "PodDisruptionBudget" => "spec.selector.matchLabels", "Service" => "spec.selector", _ => "" };
            if (path == "") continue;
            var wanted = item.Texts(path);
            if (wanted.Count == 0 || !pods.Any(labels => Matches(wanted, labels))) yield return $"{Manifests.Name(item)} selects no pod";
            if (item.Text("kind") == "Deployment" && !Matches(wanted, item.Texts("spec.template.metadata.labels"))) yield return $"{Manifests.Name(item)} does not select its own pods";
        }

        foreach (YamlMappingNode scaler in site.Of("HorizontalPodAutoscaler"))
        {
            YamlMappingNode? target = site.Find("Deployment", scaler.Text("spec.scaleTargetRef.name"));
            if (target is null) yield return $"{Manifests.Name(scaler)} scales what is not there";
            else if (target.At("spec.replicas") is not null) yield return $"{Manifests.Name(scaler)} and {Manifests.Name(target)} both say how many pods there are";
            foreach (YamlNode metric in scaler.List("spec.metrics"))
            {
                string? container = metric.Text("containerResource.container");
                if (target is not null && !Manifests.Containers(target.At("spec.template")!).Any(c => c.Text("name") == container)) yield return $"{Manifests.Name(scaler)} measures container '{container}', which is not there";
            }
        }
    }

    public static IEnumerable<string> References(Manifests site)
    {
        foreach ((string name, YamlNode pod) in site.Pods())
        {
            if (pod.Text("spec.serviceAccountName") is { } account && site.Find("ServiceAccount", account) is null) yield return $"{name} runs as account '{account}', which is not there";
            string[] volumes = [.. pod.List("spec.volumes").Select(v => v.Text("name")!)];
            foreach (YamlNode volume in pod.List("spec.volumes"))
            {
                if (volume.Text("configMap.name") is { } map && site.Find("ConfigMap", map) is null) yield return $"{name} mounts ConfigMap '{map}', which is not there";
                if (volume.Text("persistentVolumeClaim.claimName") is { } claim && site.Find("PersistentVolumeClaim", claim) is null) yield return $"{name} mounts claim '{claim}', which is not there";
                if (!Manifests.Containers(pod).Any(c => c.List("volumeMounts").Any(m => m.Text("name") == volume.Text("name")))) yield return $"{name} has volume '{volume.Text("name")}', which nobody mounts";
            }

            foreach (YamlNode container in Manifests.Containers(pod))
            {
                foreach (YamlNode mount in container.List("volumeMounts").Where(m => !volumes.Contains(m.Text("name")))) yield return $"{name} mounts volume '{mount.Text("name")}', which is not there";
                foreach (YamlNode from in container.List("envFrom").Where(e => site.Find("ConfigMap", e.Text("configMapRef.name")) is null)) yield return $"{name} takes variables from '{from.Text("configMapRef.name")}', which is not there";
                string[] ports = [.. container.List("ports").Select(p => p.Text("name")!)];
                foreach (string probe in (string[])["startupProbe", "livenessProbe", "readinessProbe"])
                {
                    if (container.Text($"{probe}.httpGet.port") is { } port && !ports.Contains(port)) yield return $"{name} asks port '{port}', which is not there";
                }
            }
        }

        foreach (YamlMappingNode binding in site.Of("RoleBinding"))
        {
            if (site.Find("Role", binding.Text("roleRef.name")) is null) yield return $"{Manifests.Name(binding)} gives a role that is not there";
            foreach (YamlNode subject in binding.List("subjects").Where(s => site.Find("ServiceAccount", s.Text("name")) is null)) yield return $"{Manifests.Name(binding)} is for account '{subject.Text("name")}', which is not there";
        }

        foreach (YamlNode path in site.Of("Ingress").SelectMany(i => i.List("spec.rules")).SelectMany(r => r.List("http.paths")))
        {
            YamlNode? service = site.Find("Service", path.Text("backend.service.name"));
            if (service is null || !service.List("spec.ports").Any(p => p.Text("name") == path.Text("backend.service.port.name"))) yield return "the Ingress leads to a service or port that is not there";
        }

        foreach (YamlNode end in site.Of("HTTPRoute").SelectMany(r => r.List("spec.rules")).SelectMany(r => r.List("backendRefs")))
        {
            YamlNode? service = site.Find("Service", end.Text("name"));
            if (service is null || !service.List("spec.ports").Any(p => p.Text("port") == end.Text("port"))) yield return "the HTTPRoute leads to a service or port that is not there";
        }
    }

    private static bool Matches(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> labels) => wanted.All(w => labels.TryGetValue(w.Key, out string? value) && value == w.Value);
}
