using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SkyDriver.KubernetesJobs.Tests.Double;

/// <summary>What the API server judges beyond the form of a Job: names, dependencies between fields, and the restricted profile of its namespace.</summary>
internal static partial class JobRules
{
    public static IEnumerable<string> Faults(JsonObject job)
    {
        JsonObject metadata = job["metadata"]!.AsObject(), spec = job["spec"]!.AsObject(), pod = spec["template"]!["spec"]!.AsObject();
        if (metadata["name"]?.GetValue<string>() is not { } name || !Label().IsMatch(name)) yield return "metadata.name: a lowercase RFC 1123 label of at most 63 characters is demanded";
        else if (name.Length + 1 + $"{spec["completions"]}".Length > 63) yield return "metadata.name: too long for the host names of an Indexed Job";
        foreach (string fault in MarkFaults(metadata).Concat(MarkFaults(spec["template"]!["metadata"]?.AsObject() ?? []))) yield return fault;
        if (spec["completionMode"]?.GetValue<string>() == "Indexed" && spec["completions"] is null) yield return "spec.completions: required when completionMode is Indexed";
        if (spec["backoffLimitPerIndex"] is not null && spec["completionMode"]?.GetValue<string>() != "Indexed") yield return "spec.backoffLimitPerIndex: requires Indexed completion mode";
        if (spec["podFailurePolicy"] is not null && pod["restartPolicy"]?.GetValue<string>() != "Never") yield return "spec.template.spec.restartPolicy: only \"Never\" is supported when podFailurePolicy is specified";
        if (spec["podFailurePolicy"] is not null && spec["podReplacementPolicy"]?.GetValue<string>() is "TerminatingOrFailed") yield return "spec.podReplacementPolicy: only \"Failed\" is supported with podFailurePolicy";
        foreach (string fault in PodFaults(pod)) yield return fault;
    }

    /// <summary>What Pod Security admission says of a pod in a namespace that enforces the restricted profile.</summary>
    public static IEnumerable<string> RestrictedFaults(JsonObject pod)
    {
        foreach (JsonObject container in Containers(pod))
        {
            JsonNode? security = container["securityContext"];
            if (security?["allowPrivilegeEscalation"]?.GetValue<bool>() != false) yield return $"allowPrivilegeEscalation != false (container \"{container["name"]}\")";
            if (security?["capabilities"]?["drop"]?.AsArray().Any(c => c!.GetValue<string>() == "ALL") != true) yield return $"unrestricted capabilities (container \"{container["name"]}\")";
            if (security?["privileged"]?.GetValue<bool>() == true) yield return $"privileged (container \"{container["name"]}\")";
        }

        if (pod["securityContext"]?["runAsNonRoot"]?.GetValue<bool>() != true) yield return "runAsNonRoot != true";
        if (pod["securityContext"]?["seccompProfile"]?["type"]?.GetValue<string>() is not ("RuntimeDefault" or "Localhost")) yield return "seccompProfile";
        if (pod["hostNetwork"] is not null || pod["hostPID"] is not null || pod["hostIPC"] is not null) yield return "host namespaces";
    }

    private static IEnumerable<JsonObject> Containers(JsonObject pod) => (pod["containers"]?.AsArray() ?? []).Concat(pod["initContainers"]?.AsArray() ?? []).Select(c => c!.AsObject());

    private static IEnumerable<string> MarkFaults(JsonObject metadata)
    {
        foreach ((string key, JsonNode? value) in metadata["labels"]?.AsObject() ?? [])
        {
            if (!Key().IsMatch(key)) yield return $"metadata.labels: '{key}' is no label key";
            if (!LabelValue().IsMatch(value!.GetValue<string>()) || value.GetValue<string>().Length > 63) yield return $"metadata.labels: '{value}' is no label value";
        }

        foreach ((string key, _) in metadata["annotations"]?.AsObject() ?? [])
        {
            if (!Key().IsMatch(key.ToLowerInvariant())) yield return $"metadata.annotations: '{key}' is no annotation key";
        }
    }

    private static IEnumerable<string> PodFaults(JsonObject pod)
    {
        HashSet<string> volumes = [.. (pod["volumes"]?.AsArray() ?? []).Select(v => v!["name"]!.GetValue<string>())];
        if (volumes.Count != (pod["volumes"]?.AsArray().Count ?? 0)) yield return "spec.volumes: duplicate name";
        foreach (JsonObject container in Containers(pod))
        {
            if (!Label().IsMatch(container["name"]!.GetValue<string>())) yield return $"container name '{container["name"]}'";
            foreach (JsonNode? variable in container["env"]?.AsArray() ?? [])
            {
                if (!Variable().IsMatch(variable!["name"]!.GetValue<string>())) yield return $"env '{variable["name"]}': not a valid name";
                if (variable["value"] is not null && variable["valueFrom"] is not null) yield return $"env '{variable["name"]}': value and valueFrom";
            }

            string[] mounts = [.. (container["volumeMounts"]?.AsArray() ?? []).Select(m => m!["mountPath"]!.GetValue<string>())];
            if (mounts.Distinct().Count() != mounts.Length) yield return "volumeMounts: mountPath must be unique";
            foreach (JsonNode? mount in container["volumeMounts"]?.AsArray() ?? [])
            {
                if (!volumes.Contains(mount!["name"]!.GetValue<string>())) yield return $"volumeMounts: volume '{mount["name"]}' not found";
            }

            foreach ((string resource, JsonNode? request) in container["resources"]?["requests"]?.AsObject() ?? [])
            {
                JsonNode? limit = container["resources"]?["limits"]?[resource];
                if (limit is not null && new k8s.Models.ResourceQuantity(request!.GetValue<string>()).ToDecimal() > new k8s.Models.ResourceQuantity(limit.GetValue<string>()).ToDecimal()) yield return $"requests.{resource} is above its limit";
            }
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?\z")]
    private static partial Regex LabelValue();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Variable();
}
