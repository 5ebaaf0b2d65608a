using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The workers of a native scan: the fleet hires and replaces them; here they are asked for, and looked after.</summary>
internal sealed class WorkerCrew(ScanPassage scan)
{
    private TimeSpan pause = scan.State.NextWatchSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : LifecycleSettings.FirstWatch;

    /// <summary>The next wish for more workers.</summary>
    public Task<AddWorkersV1> More { get; private set; } = scan.Context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);

    /// <summary>Until the next look; never beyond the scan's deadline.</summary>
    public TimeSpan Pause => pause < scan.TimeLeft ? pause : scan.TimeLeft;

    private ScanPreparedV1 Prepared => scan.State.Prepared!;

    /// <summary>Asks for all workers of the request, and those that were added.</summary>
    public async Task RecruitAsync()
    {
        if (Prepared.Places() is not { Length: > 0 } places) return;
        RecruitWorkersV1 wanted = new(scan.ScanId, Prepared.RecoAlgo, Prepared.Clusters, Prepared.Added ?? []);
        await scan.Context.CallActivityAsync(ActivityNames.RecruitWorkers, wanted, LifecycleSettings.Launch);
        await HintAsync(places.Sum(p => p.Count));
        SetPause(LifecycleSettings.FirstWatch);
    }

    /// <summary>Fulfils a wish for more workers. The scan goes on when it cannot be fulfilled.</summary>
    public async Task AddAsync()
    {
        AddWorkersV1 more = await More;
        More = scan.Context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
        if (Prepared.Added?.Any(a => a.RequestId == more.RequestId) is true) return;
        scan.State = scan.State with { Prepared = Prepared with { Added = [.. Prepared.Added ?? [], more] } };
        try
        {
            await RecruitAsync();
        }
        catch (WorkflowTaskFailedException failure)
        {
            scan.Log.LogWarning("scan {ScanId}: no workers were added: {Reason}", scan.ScanId, failure.FailureDetails.ErrorMessage);
        }
    }

    /// <summary>Counts the workers, and has those that vanished replaced.</summary>
    /// <returns>The failure that ends the scan, or null.</returns>
    public async Task<ScanEnding?> LookAsync()
    {
        SetPause(TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LifecycleSettings.LongestWatch.Ticks)));
        ClusterRequestV1[] places = Prepared.Places();
        if (places.Length == 0 || await CountAsync(places) is not { } count) return null;
        if (count.AllFailed) return ScanEnding.Failed($"All workers failed at every place: {count.TopErrors ?? "their logs say why"}");
        bool nobody = count is { Living: 0, Ordered: 0 };
        if (nobody && count.Fault is { } fault) return ScanEnding.Failed($"No workers could be started: {fault}");
        if (count.Living > 0) await HintAsync(count.Living);
        if (count is { Living: 0, Ordered: > 0 } && pause > LifecycleSettings.OrderWatch) SetPause(LifecycleSettings.OrderWatch);
        string? denied = nobody ? count.Denied : null;
        if (denied is not null) SetPause(TimeSpan.FromSeconds(scan.Terms.NoRoomSeconds));
        string names = string.Join(", ", places.Select(p => p.Name));
        await TellAsync(
            count.Living > 0 ? null
            : denied is not null ? $"There is no room for workers yet at {names} ({denied}); asked again every {ScanPassage.Text(TimeSpan.FromSeconds(scan.Terms.NoRoomSeconds))}."
            : count.Trouble is { } trouble ? $"No workers could be started yet at {names} ({trouble}); it is tried again."
            : null);
        return null;
    }

    /// <summary>Says what workers are waited for, at once, and when they are waited for no more.</summary>
    private async Task TellAsync(string? waits)
    {
        if (waits == scan.State.WaitsForWorkers) return;
        scan.State = scan.State with { WaitsForWorkers = waits };
        await scan.UpdateAsync(new(scan.ScanId, Waiting: waits ?? ""));
    }

    private void SetPause(TimeSpan next)
    {
        pause = next;
        scan.State = scan.State with { NextWatchSeconds = next.TotalSeconds };
    }

    private async Task HintAsync(int workers)
    {
        if (workers == Prepared.Workers) return;
        scan.State = scan.State with { Prepared = Prepared with { Workers = workers } };
        await scan.Context.CallActivityAsync(ActivityNames.HintWorkers, new WorkerHintForScanV1(scan.ScanId, workers), LifecycleSettings.Step);
    }

    /// <returns>Null when nobody can say: no reason to give up workers that may be well.</returns>
    private async Task<WorkersCountedV1?> CountAsync(ClusterRequestV1[] places)
    {
        try
        {
            return await scan.Context.CallActivityAsync<WorkersCountedV1>(ActivityNames.CountWorkers, new WorkerPlacesV1(scan.ScanId, places), LifecycleSettings.Launch);
        }
        catch (WorkflowTaskFailedException failure)
        {
            scan.Log.LogWarning("scan {ScanId}: its workers could not be counted: {Reason}", scan.ScanId, failure.FailureDetails.ErrorMessage);
            return null;
        }
    }
}

internal static class PreparedScans
{
    /// <summary>Every place where the scan may have workers, once, with all that were asked for there.</summary>
    public static ClusterRequestV1[] Places(this ScanPreparedV1 prepared) =>
    [
        .. prepared.Clusters.Concat((prepared.Added ?? []).Select(a => new ClusterRequestV1(a.Cluster, a.Count)))
            .GroupBy(c => c.Name).Select(place => new ClusterRequestV1(place.Key, place.Sum(c => c.Count))),
    ];
}
