using System.Globalization;
using k8s.Models;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Status;

/// <summary>What a launcher keeps of one of its Jobs.</summary>
/// <param name="Version">Of the object, for changes that must not overwrite others.</param>
/// <param name="IsRetried">A worker that fails is started again, a few times.</param>
/// <param name="Ended">Why, once the Job has come to an end as a whole; null before.</param>
internal sealed record JobFact(
    string Name, string Uid, string? Version, string ScanId, string Key, string? Place, int Count, DateTime? Created, bool IsDeleting, bool IsSuspended,
    bool IsRetried, HashSet<int> Succeeded, HashSet<int> Failed, HashSet<int> Removed, (string Reason, DateTime? At)? Ended)
{
    private const int MostWorkers = 100_000;

    /// <returns>Null for a Job that no launcher made, whatever labels it has.</returns>
    public static JobFact? Of(V1Job job)
    {
        if (job is not { Metadata: { Name: { } name, Annotations: { } marks } metadata, Spec: { } spec }) return null;
        if (!marks.TryGetValue(Marks.ScanId, out string? scan) || !marks.TryGetValue(Marks.Key, out string? key)) return null;
        int count = Math.Clamp(spec.Completions ?? 0, 0, MostWorkers);
        marks.TryGetValue(Marks.Place, out string? place);
        marks.TryGetValue(Marks.Removed, out string? removed);
        V1JobCondition? end = job.Status?.Conditions?.FirstOrDefault(c => c is { Status: "True", Type: "Complete" or "Failed" or "FailureTarget" });
        return new(
            name, metadata.Uid ?? "", metadata.ResourceVersion, scan, key, place, count, metadata.CreationTimestamp, metadata.DeletionTimestamp is not null, spec.Suspend is true,
            spec.BackoffLimitPerIndex is > 0, IndexSet.Parse(job.Status?.CompletedIndexes, count), IndexSet.Parse(job.Status?.FailedIndexes, count), IndexSet.Parse(removed, count),
            end is null ? null : (Told(end), end.LastTransitionTime));
    }

    /// <summary>Indexes that have not been removed.</summary>
    public IEnumerable<int> Workers => Enumerable.Range(0, Count).Where(i => !Removed.Contains(i));

    private static string Told(V1JobCondition end) => string.Create(CultureInfo.InvariantCulture, $"the Job ended ({end.Reason ?? end.Type}){(end.Message is { Length: > 0 } message ? ": " + message : "")}");
}

/// <summary>Why pods of a Job could not be made.</summary>
internal sealed record RefusalFact(string JobUid, string Message, bool IsQuota)
{
    public static RefusalFact? Of(Corev1Event told) => told is { InvolvedObject.Uid: { } uid, Message: { } message }
        ? new(uid, message, message.Contains("exceeded quota", StringComparison.OrdinalIgnoreCase)) : null;
}
