using k8s.Models;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Jobs;
using SkyDriver.KubernetesJobs.Status;

namespace SkyDriver.KubernetesJobs;

/// <summary>Ends workers: whole Jobs at once, or single workers of a Job.</summary>
internal static class Remover
{
    private const int MostAttempts = 5;

    /// <param name="ids">Null: all of the scan.</param>
    /// <returns>How many there were, not counting those removed before.</returns>
    public static async Task<int> RemoveAsync(ClusterPlace place, string? scanId, IReadOnlyCollection<string>? ids, CancellationToken ct)
    {
        // Asked of the API itself: what this process was told a moment ago may lack a Job.
        JobFact[] jobs = [.. (await place.ListJobsAsync(scanId, ct)).Select(JobFact.Of).OfType<JobFact>().Where(j => !j.IsDeleting && (scanId is null || j.ScanId == scanId))];
        if (ids is not null) return await RemoveSinglyAsync(place, jobs, ids, ct);
        if (jobs.Length > 0) await place.DeleteScanAsync(scanId!, jobs.Select(j => j.Name), ct);
        return jobs.Sum(j => j.Workers.Count());
    }

    private static async Task<int> RemoveSinglyAsync(ClusterPlace place, JobFact[] jobs, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        Dictionary<string, HashSet<int>> wanted = [];
        foreach (string id in ids)
        {
            // What no launcher could have named is not there.
            if (!Names.TryParseWorkerId(id, out string job, out int index)) continue;
            if (!wanted.TryGetValue(job, out HashSet<int>? indexes)) wanted[job] = indexes = [];
            indexes.Add(index);
        }

        int removed = 0;
        foreach (JobFact job in jobs)
        {
            if (wanted.TryGetValue(job.Name, out HashSet<int>? indexes)) removed += await RemoveAsync(place, job, indexes, ct);
        }

        return removed;
    }

    /// <summary>First it is written down in the Job which are to go, then their pods are ended: a crash between leaves nothing to chance.</summary>
    private static async Task<int> RemoveAsync(ClusterPlace place, JobFact job, HashSet<int> indexes, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            int[] going = [.. job.Workers.Where(indexes.Contains)];
            if (going.Length == 0) return 0;
            if (going.Length == job.Workers.Count())
            {
                await place.DeleteAsync(job.Name, job.Uid, ct);
                return going.Length;
            }

            try
            {
                await MarkAsync(place, job, going, ct);
                foreach (PodFact pod in (await place.ListPodsAsync(job.Name, ct)).Select(PodFact.Of).OfType<PodFact>().Where(p => going.Contains(p.Index) && p.State.Name != WorkerState.Exited))
                {
                    await place.DeletePodAsync(pod.Name, ct);
                }

                return going.Length;
            }
            catch (ApiFault fault) when (fault.Kind is ApiFaultKind.NotFound)
            {
                return 0;
            }
            catch (ApiFault fault) when (fault.Kind is ApiFaultKind.Conflict && attempt < MostAttempts)
            {
                // Somebody else changed the Job, such as Kubernetes its status.
                if (JobFact.Of(await place.ReadAsync(job.Name, ct)) is not { } now || now.Uid != job.Uid) return 0;
                job = now;
            }
        }
    }

    private static async Task MarkAsync(ClusterPlace place, JobFact job, int[] going, CancellationToken ct)
    {
        Dictionary<string, string> marks = new() { [Marks.Removed] = IndexSet.Format(job.Removed.Concat(going)) };
        V1Job written = await place.PatchAsync(job.Name, new { metadata = new { uid = job.Uid, resourceVersion = job.Version, annotations = marks } }, ct);
        place.Jobs.Put(written);
    }
}
