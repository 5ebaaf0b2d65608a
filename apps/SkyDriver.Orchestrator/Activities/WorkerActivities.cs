using Dapr.Actors.Client;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting;
using SkyDriver.Hosting.State;
using SkyDriver.Orchestrator.Fleet;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Makes the scan's clusters recruiters of its batch, and has the fleet hire at once. A repeat, also with more clusters, makes no other.</summary>
public sealed class RecruitWorkers(IActorProxyFactory actors, ScanStore scans, WorkerPlaces places) : WorkflowActivity<RecruitWorkersV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, RecruitWorkersV1 input)
    {
        ScanRequestV1 request = await scans.GetRequestAsync(input.ScanId) ?? throw new InvalidOperationException($"There is no request of scan {input.ScanId}.");
        long pending = (await actors.ScanActor(input.ScanId).GetProgress()).Pending;
        // All is done already.
        if (pending == 0) return null;
        IEnumerable<ScanClusterV1> wanted = input.Clusters.Select(c => new ScanClusterV1(c.Name, places.LauncherOf(c.Name), c.Count));
        IEnumerable<ScanClusterV1> added = input.Added.Select(a => new ScanClusterV1(a.Cluster, places.LauncherOf(a.Cluster), a.Count, a.RequestId));
        ScanRecruitmentV1 recruitment = new(
            [.. wanted, .. added],
            pending,
            ScanRecruiting.Flavor(request.DockerTag, request.WorkerMemoryBytes, request.WorkerDiskBytes),
            Environment: new Dictionary<string, string> { [WorkerEnvironment.RecoAlgo] = input.RecoAlgo });
        FleetAnswer<IReadOnlyList<RecruiterV1>> hired = await actors.Batch(input.ScanId).RecruitForScan(recruitment);
        if (!hired.IsOk) throw new InvalidOperationException(hired.Message);
        await actors.Batch(input.ScanId).SetExternalPending(new(pending));
        await actors.Fleet().Wake();
        return null;
    }
}

/// <summary>The scan has no more work: its workers may serve others, and nobody is hired in their place.</summary>
public sealed class FreeWorkers(IActorProxyFactory actors) : WorkflowActivity<string, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, string input)
    {
        await actors.Batch(input).SetExternalPending(new(0));
        return null;
    }
}

/// <summary>Gives the scan's workers back, wherever they are, and keeps their last words. To be called until none is left.</summary>
public sealed class RemoveWorkers(IActorProxyFactory actors, WorkerLaunchers launchers, WorkerLogKeeper logs, WorkerPlaces places) : WorkflowActivity<WorkerRemovalV1, int>
{
    /// <returns>How many are left.</returns>
    public override async Task<int> RunAsync(WorkflowActivityContext context, WorkerRemovalV1 input)
    {
        List<(string Launcher, WorkerListV1 List)> lists = [];
        foreach (var launcher in input.Clusters.GroupBy(places.LauncherOf))
        {
            WorkerListV1 list = await launchers.ListAsync(launcher.Key, input.ScanId);
            if (launcher.FirstOrDefault(p => !list.IsReachable(p)) is { } away)
                throw new InvalidOperationException($"The place {away} does not answer: {list.Unreachable!.First(u => u.Place == away).Message}");
            await logs.KeepAsync(launcher.Key, input.ScanId, list.Workers);
            lists.Add((launcher.Key, list));
        }

        await actors.Batch(input.ScanId).EndScan();
        DismissalV1 dismissal = await actors.Fleet().Dismiss(input.ScanId);
        HashSet<string> known = [.. dismissal.Known];
        foreach ((string launcher, WorkerListV1 list) in lists)
        {
            // Those that have ended, and those that nobody heard of, as after a crash.
            string[] unknown = [.. list.Workers.Select(w => w.Id).Where(id => !known.Contains(id))];
            if (unknown.Length > 0) await launchers.RemoveAsync(launcher, unknown);
        }

        return dismissal.Left;
    }
}
