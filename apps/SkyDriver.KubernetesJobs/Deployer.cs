using k8s.Models;
using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Jobs;
using SkyDriver.KubernetesJobs.Operations;
using SkyDriver.KubernetesJobs.Settings;
using SkyDriver.KubernetesJobs.Status;

namespace SkyDriver.KubernetesJobs;

/// <summary>Makes one Indexed Job of a deployment. The Job's name comes from the idempotency key, so that Kubernetes itself keeps a repeat from starting anything twice.</summary>
internal sealed class Deployer(LauncherSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(500);

    /// <summary>Between looks at the pods, which come one by one in thousands.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(50);

    /// <param name="room">Workers that the launcher's own limit still allows.</param>
    public async Task<Deployed> DeployAsync(ClusterPlace place, DeployRequest request, string image, int room, CancellationToken ct)
    {
        string name = Names.Job(settings.Instance, place.Name, request.ScanId, request.IdempotencyKey);
        try
        {
            int count = Math.Min(request.Count, Math.Max(room, 0));
            // Where there is no room, the Job of a first call must still be found.
            V1Job? made = count > 0
                ? await CreateAsync(place, JobDocument.Create(name, count, request, image, settings), request, ct)
                : await FindAsync(place, name, request, ct);
            if (made is null) return Nothing(LimitReached());
            Deployed answer = await AdmittedAsync(place, made, request.Count, ct);
            return answer.Denied is null && answer.Workers.Count < request.Count && count < request.Count ? answer with { Denied = LimitReached() } : answer;
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.Quota)
        {
            return Nothing(Denial.Quota(fault.Message));
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.Busy)
        {
            return Nothing(Denial.Unavailable($"the API of the cluster takes no Jobs now: {fault.Message}"));
        }
        catch (BeingRemovedException)
        {
            return Nothing(Denial.Unavailable($"Job {name} of an earlier deployment with this idempotency_key is still being removed"));
        }
    }

    private static Deployed Nothing(Denial denial) => new([], denial);

    private Denial LimitReached() => Denial.Quota($"the launcher's own limit of {settings.MaxWorkers} workers (maxWorkers) is reached");

    private async Task<V1Job> CreateAsync(ClusterPlace place, V1Job job, DeployRequest request, CancellationToken ct)
    {
        try
        {
            V1Job made = await place.CreateAsync(job, ct);
            place.Jobs.Put(made);
            return made;
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.Conflict)
        {
            // Made by an earlier call, or by an attempt of this one whose answer was lost.
            return await FindAsync(place, job.Metadata!.Name!, request, ct) ?? throw new BeingRemovedException();
        }
    }

    /// <returns>Null where there is none.</returns>
    private async Task<V1Job?> FindAsync(ClusterPlace place, string name, DeployRequest request, CancellationToken ct)
    {
        V1Job found;
        try
        {
            found = await place.ReadAsync(name, ct);
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.NotFound)
        {
            return null;
        }

        bool isOurs = found.Metadata?.Labels is { } labels && labels.TryGetValue(Marks.Instance, out string? instance) && instance == settings.Instance;
        if (!isOurs || JobFact.Of(found) is not { } fact || fact.ScanId != request.ScanId || fact.Key != request.IdempotencyKey)
        {
            throw new ComponentException(
                ComponentFault.FailedPrecondition, $"Job {name} in namespace {place.Namespace} has the name of this deployment but was not made for it; look at it with kubectl, and remove it if nobody needs it");
        }

        if (fact.IsDeleting) throw new BeingRemovedException();
        place.Jobs.Put(found);
        return found;
    }

    /// <summary>Waits a little whether a quota refuses pods, which Kubernetes says only in events. The Job then gives up those that were refused.</summary>
    private async Task<Deployed> AdmittedAsync(ClusterPlace place, V1Job made, int asked, CancellationToken ct)
    {
        JobFact job = JobFact.Of(made)!;
        using CancellationTokenSource limit = new(settings.AdmissionWait, clock);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        while (true)
        {
            Task change = place.NextChange;
            int pods = place.Pods.Facts.Where(p => p.Job == job.Name).Select(p => p.Index).Distinct().Count();
            if (pods >= job.Count || job.Ended is not null) break;
            if (place.Refusals.GetValueOrDefault(job.Uid) is { IsQuota: true } refusal) return await ShrinkAsync(place, job, refusal, ct);
            try
            {
                await change.WaitAsync(both.Token);
                await Task.Delay(Calm, clock, both.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                break;
            }
        }

        return new(Ids(job, job.Count), job.Count < asked && WasShrunk(made) ? Denial.Quota("the quota of the namespace had no room for more") : null);
    }

    private async Task<Deployed> ShrinkAsync(ClusterPlace place, JobFact job, RefusalFact refusal, CancellationToken ct)
    {
        Denial denial = Denial.Quota(refusal.Message);
        // Pods that were let in may still be on their way to the picture.
        await Task.Delay(ShortWait, clock, ct);
        int[] present = [.. (await place.ListPodsAsync(job.Name, ct)).Select(PodFact.Of).OfType<PodFact>().Select(p => p.Index), .. job.Succeeded, .. job.Failed];
        int keep = present.Length == 0 ? 0 : present.Max() + 1;
        if (keep >= job.Count) return new(Ids(job, job.Count), null);
        if (keep == 0)
        {
            await place.DeleteAsync(job.Name, job.Uid, ct);
            return Nothing(denial);
        }

        try
        {
            place.Jobs.Put(await place.PatchAsync(job.Name, new { metadata = new { uid = job.Uid, annotations = new Dictionary<string, string> { [Marks.Shrunk] = "true" } }, spec = new { completions = keep, parallelism = keep } }, ct));
            return new(Ids(job, keep), denial);
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.Invalid)
        {
            // Servers before 1.27 cannot: all of them wait then, and start as the quota lets them in.
            return new(Ids(job, job.Count), null);
        }
    }

    private static bool WasShrunk(V1Job job) => job.Metadata?.Annotations?.ContainsKey(Marks.Shrunk) is true;

    private static List<string> Ids(JobFact job, int count) => [.. Enumerable.Range(0, count).Where(i => !job.Removed.Contains(i)).Select(i => Names.WorkerId(job.Name, i))];

    private sealed class BeingRemovedException : Exception;
}
