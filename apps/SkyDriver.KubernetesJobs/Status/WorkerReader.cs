using SkyDriver.KubernetesJobs.Jobs;
using SkyDriver.KubernetesJobs.Operations;

namespace SkyDriver.KubernetesJobs.Status;

/// <summary>Puts Jobs, their pods and what was refused together to workers.</summary>
internal static class WorkerReader
{
    /// <param name="pods">Of all Jobs, by Job and index.</param>
    /// <param name="refusals">By the Job's uid.</param>
    public static IEnumerable<WorkerInfo> Workers(JobFact job, ILookup<(string Job, int Index), PodFact> pods, IReadOnlyDictionary<string, RefusalFact> refusals) =>
        job.Workers.Select(index =>
        {
            WorkerState state = State(job, index, Current(pods[(job.Name, index)]), refusals.GetValueOrDefault(job.Uid));
            return new WorkerInfo(Names.WorkerId(job.Name, index), job.ScanId, state.Name, state.ExitCode, job.Place, state.Host, state.Reason, state.Since ?? job.Created);
        });

    /// <summary>Of several starts of one worker the one that goes on, else the last.</summary>
    public static PodFact? Current(IEnumerable<PodFact> pods) =>
        pods.OrderBy(p => p.State.Name == WorkerState.Exited).ThenByDescending(p => p.Created).ThenBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault();

    private static WorkerState State(JobFact job, int index, PodFact? pod, RefusalFact? refusal)
    {
        if (pod is not null && (pod.State.Name == WorkerState.Exited || job.Ended is null)) return IsToBeTriedAgain(job, index, pod) ? new(WorkerState.Pending, "it is started again after: " + pod.State.Reason) : pod.State;
        if (job.Succeeded.Contains(index)) return new(WorkerState.Exited, ExitCode: 0, Since: job.Ended?.At);
        if (job.Failed.Contains(index)) return new(WorkerState.Exited, "it failed; its pod is gone", Since: job.Ended?.At);
        if (job.Ended is { } ended) return new(WorkerState.Exited, ended.Reason, Since: ended.At);
        if (job.IsSuspended) return new(WorkerState.Held, "the Job is suspended; set spec.suspend to false");
        if (refusal is not null) return new(WorkerState.Pending, (refusal.IsQuota ? "the quota of the namespace has no room for it: " : "its pod cannot be made: ") + refusal.Message);
        return new(WorkerState.Pending);
    }

    /// <summary>The pod ended, but Kubernetes has not counted the worker as ended: with retries another pod will come.</summary>
    private static bool IsToBeTriedAgain(JobFact job, int index, PodFact pod) =>
        job.IsRetried && pod.State is { Name: WorkerState.Exited, ExitCode: not 0 } && job.Ended is null && !job.Failed.Contains(index) && !job.Succeeded.Contains(index);
}
