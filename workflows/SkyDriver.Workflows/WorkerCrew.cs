using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The workers of a native scan: asked for, counted, replaced when they vanish, and more of them on request.</summary>
internal sealed class WorkerCrew(ScanPassage scan)
{
    private TimeSpan pause = scan.State.NextWatchSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : LifecycleSettings.FirstWatch;

    /// <summary>The next wish for more workers.</summary>
    public Task<AddWorkersV1> More { get; private set; } = scan.Context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);

    /// <summary>Until the next look; never beyond the scan's deadline.</summary>
    public TimeSpan Pause => pause < scan.TimeLeft ? pause : scan.TimeLeft;

    private ScanPreparedV1 Prepared => scan.State.Prepared!;

    /// <summary>Counts the workers, and replaces them when all of them are gone.</summary>
    /// <returns>The failure that ends the scan, or null.</returns>
    public async Task<ScanEnding?> LookAsync()
    {
        SetPause(TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LifecycleSettings.LongestWatch.Ticks)));
        if (Prepared.Clusters.Count == 0) return null;
        WorkersCountedV1 count = await CountAsync();
        if (count.Living > 0) return null;
        if (count.AllFailed) return ScanEnding.Failed($"All workers failed at every place: {count.TopErrors ?? "their logs say why"}");
        // Where there was no room for a single worker yet, none was lost: the places are asked for again.
        bool lost = Prepared.Workers > 0;
        if (lost && scan.State.Replacements == LifecycleSettings.MaxReplacements)
        {
            return ScanEnding.Failed($"All workers ended before the scan did, {scan.State.Replacements + 1} times; their logs say why.");
        }

        int number = scan.State.Replacements + (lost ? 1 : 0);
        scan.State = scan.State with { Replacements = number, Asked = scan.State.Asked + 1 };
        return await DeployAsync($"replace-{scan.State.Asked}");
    }

    /// <summary>Asks every place of the request for its workers.</summary>
    /// <returns>The failure, when no place could be asked; else null.</returns>
    public async Task<ScanEnding?> DeployAsync(string step)
    {
        Task<WorkersStartedV1>[] deployments = [.. Prepared.Clusters.Select((cluster, index) => DeployAsync(cluster, $"{scan.ScanId}:{step}:{index}"))];
        string? fault = null, denied = null;
        int workers = 0, failed = 0;
        foreach (Task<WorkersStartedV1> deployment in deployments)
        {
            try
            {
                WorkersStartedV1 started = await deployment;
                workers += started.Workers;
                denied ??= started.Denied;
            }
            catch (WorkflowTaskFailedException failure)
            {
                failed++;
                fault = failure.FailureDetails.ErrorMessage;
            }
        }

        if (failed > 0 && failed == deployments.Length) return ScanEnding.Failed($"No workers could be started: {fault}");
        await SetWorkersAsync(workers);
        await TellRoomAsync(denied);
        return null;
    }

    /// <summary>Fulfils a wish for more workers. The scan goes on when it cannot be fulfilled.</summary>
    public async Task AddAsync()
    {
        AddWorkersV1 more = await More;
        More = scan.Context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
        // Looked after and removed like the others, also when starting them failed half-way.
        scan.State = scan.State with { Prepared = Prepared with { Added = [.. Prepared.Added ?? [], new(more.Cluster, more.Count)] } };
        try
        {
            WorkersStartedV1 started = await DeployAsync(new(more.Cluster, more.Count), $"{scan.ScanId}:add:{more.RequestId}", more.RequestId);
            await SetWorkersAsync(Prepared.Workers + started.Workers);
            if (started.Workers > 0) await TellRoomAsync(denied: null);
        }
        catch (WorkflowTaskFailedException failure)
        {
            scan.Log.LogWarning("scan {ScanId}: no workers were added: {Reason}", scan.ScanId, failure.FailureDetails.ErrorMessage);
        }
    }

    private Task<WorkersStartedV1> DeployAsync(ClusterRequestV1 cluster, string key, string? taskforceUuid = null) => scan.Context.CallChildWorkflowAsync<WorkersStartedV1>(
        WorkflowNames.WorkerDeployment, new WorkerDeploymentV1(scan.ScanId, Prepared.RecoAlgo, cluster.Name, cluster.Count, key, taskforceUuid));

    /// <summary>Says whether the scan waits for room, and when it asks again: for as long as it takes.</summary>
    private async Task TellRoomAsync(string? denied)
    {
        bool isWaiting = Prepared.Workers == 0 && Prepared.Clusters.Count > 0;
        SetPause(isWaiting ? TimeSpan.FromSeconds(scan.Terms.NoRoomSeconds) : LifecycleSettings.FirstWatch);
        if (!isWaiting && !scan.State.WaitsForRoom) return;
        scan.State = scan.State with { WaitsForRoom = isWaiting };
        string places = string.Join(", ", Prepared.Places().Select(p => p.Name));
        string waiting = isWaiting ? $"There is no room for workers yet at {places}{(denied is null ? "" : $" ({denied})")}; asked again at {scan.At(Pause)}." : "";
        await scan.UpdateAsync(new(scan.ScanId, Waiting: waiting));
    }

    private void SetPause(TimeSpan next)
    {
        pause = next;
        scan.State = scan.State with { NextWatchSeconds = next.TotalSeconds };
    }

    private Task SetWorkersAsync(int workers)
    {
        scan.State = scan.State with { Prepared = Prepared with { Workers = workers } };
        return scan.Context.CallActivityAsync(ActivityNames.HintWorkers, new WorkerHintForScanV1(scan.ScanId, workers), LifecycleSettings.Step);
    }

    private async Task<WorkersCountedV1> CountAsync()
    {
        try
        {
            return await scan.Context.CallActivityAsync<WorkersCountedV1>(ActivityNames.CountWorkers, new WorkerPlacesV1(scan.ScanId, Prepared.Places()), LifecycleSettings.Launch);
        }
        catch (WorkflowTaskFailedException failure)
        {
            // A launcher that cannot say is no reason to give up workers that may be well.
            scan.Log.LogWarning("scan {ScanId}: its workers could not be counted: {Reason}", scan.ScanId, failure.FailureDetails.ErrorMessage);
            return new(Math.Max(1, Prepared.Workers));
        }
    }
}

internal static class PreparedScans
{
    /// <summary>Every place where the scan may have workers, once, with all that were asked for there.</summary>
    public static ClusterRequestV1[] Places(this ScanPreparedV1 prepared) =>
        [.. prepared.Clusters.Concat(prepared.Added ?? []).GroupBy(c => c.Name).Select(place => new ClusterRequestV1(place.Key, place.Sum(c => c.Count)))];
}
