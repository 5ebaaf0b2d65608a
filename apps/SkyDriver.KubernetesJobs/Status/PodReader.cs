using System.Globalization;
using k8s.Models;
using SkyDriver.KubernetesJobs.Settings;

namespace SkyDriver.KubernetesJobs.Status;

/// <summary>Tells from a pod what its worker does, and why, in words.</summary>
internal static class PodReader
{
    private const int MaxReason = 600;
    private const int FirstSignal = 128;

    /// <summary>Reasons for which a container waits until somebody acts. The kubelet tries on, but the same will happen.</summary>
    private static readonly Dictionary<string, string> Obstacles = new(StringComparer.Ordinal)
    {
        ["ErrImagePull"] = "the image cannot be pulled",
        ["ImagePullBackOff"] = "the image cannot be pulled",
        ["ErrImageNeverPull"] = "the image is not on the node, and may not be pulled",
        ["ImageInspectError"] = "the image is broken",
        ["InvalidImageName"] = "the image's name is wrong",
        ["RegistryUnavailable"] = "the registry of the image cannot be reached",
        ["CreateContainerConfigError"] = "something that the container refers to is missing, such as a secret",
        ["CreateContainerError"] = "the container cannot be made",
        ["RunContainerError"] = "the container cannot be started",
        ["CrashLoopBackOff"] = "it ends again and again soon after its start",
    };

    public static WorkerState Read(V1Pod pod)
    {
        V1PodStatus status = pod.Status ?? new();
        V1ContainerState? worker = Find(status.ContainerStatuses)?.State;
        WorkerState state = status.Phase switch
        {
            "Succeeded" => new(WorkerState.Exited, null, worker?.Terminated?.ExitCode ?? 0, Since: worker?.Terminated?.FinishedAt),
            "Failed" => Failed(pod, status, worker?.Terminated),
            // A sidecar may keep the pod running when the worker is done.
            _ when worker?.Terminated is { } ended => Ended(pod, ended),
            "Running" when worker?.Running is { } running => new(WorkerState.Running, Leaving(pod, status), Since: running.StartedAt),
            // The node does not answer: what the worker does is not known, and it may well go on.
            "Unknown" => new(WorkerState.Running, "its node does not answer", Since: status.StartTime),
            _ => Waiting(pod, status),
        };
        return state with { Host = pod.Spec?.NodeName, Reason = Short(state.Reason), Since = state.Since ?? pod.Metadata?.CreationTimestamp };
    }

    private static V1ContainerStatus? Find(IList<V1ContainerStatus>? all) => all?.FirstOrDefault(c => c.Name == TemplateRules.Container);

    private static WorkerState Failed(V1Pod pod, V1PodStatus status, V1ContainerStateTerminated? ended)
    {
        string? whole = status.Reason switch
        {
            "Evicted" => "evicted by its node",
            "DeadlineExceeded" => "it ran longer than it was allowed",
            "NodeLost" => "its node is gone",
            "UnexpectedAdmissionError" or "OutOfcpu" or "OutOfmemory" or "OutOfpods" => "its node had no room for it after all",
            { Length: > 0 } other => $"the pod failed ({other})",
            _ => Disruption(status) is { } disruption ? $"its node was taken away ({disruption.Reason})" : null,
        };
        if (whole is not null) return new(WorkerState.Exited, With(whole, status.Reason, status.Message ?? Disruption(status)?.Message), ended?.ExitCode, Since: ended?.FinishedAt);
        return ended is not null ? Ended(pod, ended) : new(WorkerState.Exited, With("the pod failed", null, status.Message));
    }

    private static WorkerState Ended(V1Pod pod, V1ContainerStateTerminated ended) => new(WorkerState.Exited, Why(pod, ended), ended.ExitCode, Since: ended.FinishedAt);

    private static string? Why(V1Pod pod, V1ContainerStateTerminated ended)
    {
        if (ended.Reason is "OOMKilled") return $"it used more memory than its limit of {MemoryLimit(pod) ?? "the node"} (OOMKilled); ask for more";
        if (ended.ExitCode == 0) return null;
        string how = ended.ExitCode > FirstSignal
            ? string.Create(CultureInfo.InvariantCulture, $"it was ended by signal {ended.ExitCode - FirstSignal} (exit code {ended.ExitCode})")
            : string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {ended.ExitCode}");
        return With(how, ended.Reason is "Error" or "Completed" ? null : ended.Reason, ended.Message?.Trim());
    }

    private static string? MemoryLimit(V1Pod pod) => pod.Spec?.Containers?.FirstOrDefault(c => c.Name == TemplateRules.Container)?.Resources?.Limits is { } limits
        && limits.TryGetValue("memory", out ResourceQuantity? memory) ? memory.ToString() : null;

    private static WorkerState Waiting(V1Pod pod, V1PodStatus status)
    {
        V1ContainerStatus[] containers = [.. status.InitContainerStatuses ?? [], .. status.ContainerStatuses ?? []];
        foreach (V1ContainerStatus container in containers)
        {
            if (container.State?.Waiting is not { Reason: { } reason } waiting || !Obstacles.TryGetValue(reason, out string? words)) continue;
            string whose = container.Name == TemplateRules.Container ? "" : $"container {container.Name}: ";
            return new(WorkerState.Held, With($"{whose}{words}", reason, waiting.Message));
        }

        V1PodCondition? scheduled = status.Conditions?.FirstOrDefault(c => c.Type == "PodScheduled");
        return scheduled switch
        {
            { Status: "False", Reason: "SchedulingGated" } => new(WorkerState.Held, With("somebody put a gate before its scheduling", scheduled.Reason, scheduled.Message), Since: scheduled.LastTransitionTime),
            { Status: "False", Reason: "Unschedulable" } => new(WorkerState.Pending, With("no node has room for it now", scheduled.Reason, scheduled.Message), Since: scheduled.LastTransitionTime),
            _ => new(WorkerState.Pending, Leaving(pod, status)),
        };
    }

    private static string? Leaving(V1Pod pod, V1PodStatus status) =>
        pod.Metadata?.DeletionTimestamp is null ? null
        : Disruption(status) is { } disruption ? With("its node is being taken away", disruption.Reason, disruption.Message) : "it is being ended";

    private static V1PodCondition? Disruption(V1PodStatus status) => status.Conditions?.FirstOrDefault(c => c is { Type: "DisruptionTarget", Status: "True" });

    private static string With(string words, string? code, string? message) =>
        words + (code is { Length: > 0 } && !words.Contains(code, StringComparison.Ordinal) ? $" ({code})" : "") + (message is { Length: > 0 } ? $": {message}" : "");

    private static string? Short(string? reason) => reason is { Length: > MaxReason } ? reason[..MaxReason] + "..." : reason;
}
