using System.Globalization;
using k8s.Models;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Status;

/// <summary>What a launcher keeps of a pod: one start of one worker.</summary>
internal sealed record PodFact(string Name, string Job, int Index, DateTime? Created, bool IsEnding, bool HasStarted, WorkerState State)
{
    /// <returns>Null for pods that are of no Indexed Job.</returns>
    public static PodFact? Of(V1Pod pod)
    {
        V1ObjectMeta? metadata = pod.Metadata;
        if (metadata?.Name is null || Mark(metadata, Marks.JobName) is not { } job) return null;
        if (!int.TryParse(Mark(metadata, Marks.Index), NumberStyles.None, CultureInfo.InvariantCulture, out int index)) return null;
        WorkerState state = PodReader.Read(pod);
        bool hasStarted = state.Name is WorkerState.Running or WorkerState.Exited;
        return new(metadata.Name, job, index, metadata.CreationTimestamp, metadata.DeletionTimestamp is not null, hasStarted, state);
    }

    /// <summary>Labels came to all of them only with Kubernetes 1.28; before, the index was an annotation alone.</summary>
    private static string? Mark(V1ObjectMeta metadata, string key) =>
        metadata.Labels?.TryGetValue(key, out string? label) is true ? label : metadata.Annotations?.TryGetValue(key, out string? annotation) is true ? annotation : null;
}

/// <param name="Name">One of the constants.</param>
/// <param name="Reason">In words, where the state alone does not say it.</param>
/// <param name="Since">UTC.</param>
internal sealed record WorkerState(string Name, string? Reason = null, int? ExitCode = null, string? Host = null, DateTime? Since = null)
{
    public const string Pending = "pending";
    public const string Running = "running";

    /// <summary>It will not start until somebody acts.</summary>
    public const string Held = "held";
    public const string Exited = "exited";
}
