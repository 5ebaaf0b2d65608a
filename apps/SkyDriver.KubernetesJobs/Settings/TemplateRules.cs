using k8s.Models;

namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>What a pod template of the component may not say, because the launcher says it or because it would break out of its confines.</summary>
internal static class TemplateRules
{
    /// <summary>Name of the container that is the worker.</summary>
    public const string Container = "worker";

    /// <summary>Name of the volume mounted at /tmp; a template may not have one of that name.</summary>
    public const string TemporaryVolume = "launcher-tmp";

    /// <summary>The worker's container of a template; null where it has none.</summary>
    public static V1Container? Worker(V1PodTemplateSpec? template) => template?.Spec?.Containers?.FirstOrDefault(c => c.Name == Container);

    public static IEnumerable<string> Faults(V1PodTemplateSpec template)
    {
        V1PodSpec? pod = template.Spec;
        if (pod?.Containers is not { Count: > 0 })
        {
            yield return $"template has no spec.containers; give at least one with the name '{Container}'";
            yield break;
        }

        if (Worker(template) is null) yield return $"template has no container '{Container}'; give the worker's container that name";
        if (template.Metadata is { Name: not null } or { GenerateName: not null } or { NamespaceProperty: not null }) yield return "template has a name or a namespace; leave them out, Kubernetes names the pods";
        if (pod.RestartPolicy is not (null or "Never")) yield return $"template has restartPolicy '{pod.RestartPolicy}'; leave it out, each start of a worker is a pod of its own";
        if (pod.HostNetwork is true || pod.HostPID is true || pod.HostIPC is true) yield return "template asks for namespaces of the host (hostNetwork, hostPID, hostIPC); leave them out";
        if (pod.NodeName is not null) yield return "template has nodeName; use nodeSelector or affinity";
        if (pod.Volumes?.Any(v => v.HostPath is not null) is true) yield return "template mounts a hostPath; use another kind of volume";
        if (pod.Volumes?.Any(v => v.Name == TemporaryVolume) is true) yield return $"template has a volume '{TemporaryVolume}', which is the launcher's; name it otherwise";
        foreach (V1Container container in pod.Containers.Concat(pod.InitContainers ?? []))
        {
            if (container.SecurityContext is { Privileged: true } or { AllowPrivilegeEscalation: true } or { Capabilities.Add.Count: > 0 } or { RunAsUser: 0 } or { RunAsNonRoot: false })
            {
                yield return $"template gives container '{container.Name}' more rights than the restricted profile has (privileged, escalation, capabilities or root); leave them out";
            }
        }
    }
}
