using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The part of a scan's life before its end: launch, then a watch over the workers.</summary>
internal sealed class ScanCourse(WorkflowContext context, ScanLifecycleInputV1 input)
{
    private readonly Task<AbortRequestedV1> abort = context.WaitForExternalEventAsync<AbortRequestedV1>(WorkflowEvents.Abort);
    private readonly Task<ScanEndedV1> ended = context.WaitForExternalEventAsync<ScanEndedV1>(WorkflowEvents.ScanEnded);
    private Task<AddWorkersV1> add = context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
    private int replacements = input.Replacements;
    private TimeSpan pause = input.NextWatchSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : LifecycleSettings.FirstWatch;

    /// <summary>What is known of request and workers so far.</summary>
    public ScanPreparedV1 Prepared { get; private set; } = input.Prepared ?? new(input.ScanId, "", [], null, null);

    /// <summary>The scan actor may hold a ledger of this scan.</summary>
    public bool IsOpen { get; private set; } = input.Prepared is not null;

    public ScanLifecycleInputV1 Continuation() => input with { Prepared = Prepared, Replacements = replacements, NextWatchSeconds = pause.TotalSeconds };

    /// <returns>How it ended already, or null when the scan is under way.</returns>
    public async Task<ScanEnding?> LaunchAsync()
    {
        ScanReferenceV1 scan = new(input.ScanId, input.I3EventId);
        await UpdateAsync(new(input.ScanId, Phase: ScanPhase.Launching));
        Prepared = await context.CallActivityAsync<ScanPreparedV1>(ActivityNames.PrepareEvent, scan, LifecycleSettings.Step);
        if (Prepared.Failure is { } failure) return ScanEnding.Failed(failure);
        if (abort.IsCompleted) return await AbortedAsync();
        IsOpen = true;
        await context.CallActivityAsync(ActivityNames.OpenScan, scan, LifecycleSettings.Step);
        if (abort.IsCompleted) return await AbortedAsync();
        await UpdateAsync(new(input.ScanId, Phase: ScanPhase.Scanning));
        return await DeployAsync("start");
    }

    /// <returns>How the scan ended, or null when the watch is to go on with a fresh history.</returns>
    public async Task<ScanEnding?> WatchAsync()
    {
        int looks = 0;
        Task look = context.CreateTimer(pause);
        while (true)
        {
            Task first = await Task.WhenAny(ended, abort, add, look);
            if (first == ended) return ScanEnding.From(await ended);
            if (first == abort) return await AbortedAsync();
            if (first == add)
            {
                await AddAsync(await add);
                add = context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
                continue;
            }

            if (await LookAsync() is { } ending) return ending;
            // An event that was handed to us already would not be carried over.
            if (++looks >= LifecycleSettings.WatchesPerHistory && !ended.IsCompleted && !abort.IsCompleted && !add.IsCompleted) return null;
            look = context.CreateTimer(pause);
        }
    }

    private async Task<ScanEnding?> LookAsync()
    {
        pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LifecycleSettings.LongestWatch.Ticks));
        if (Prepared.Clusters.Count == 0 || await LivingWorkersAsync() > 0) return null;
        pause = LifecycleSettings.FirstWatch;
        // Where there was no room for a single worker yet, none was lost: the places are asked for again.
        if (Prepared.Workers > 0 && replacements++ == LifecycleSettings.MaxReplacements)
        {
            return ScanEnding.Failed($"All workers ended before the scan did, {replacements} times; their logs say why.");
        }

        return await DeployAsync($"replace-{replacements}");
    }

    /// <summary>Asks every place of the request for its workers.</summary>
    /// <returns>The failure, when no place could be asked; else null.</returns>
    private async Task<ScanEnding?> DeployAsync(string step)
    {
        Task<int>[] deployments = [.. Prepared.Clusters.Select((cluster, index) => DeployAsync(cluster, $"{input.ScanId}:{step}:{index}"))];
        string? fault = null;
        int workers = 0, failed = 0;
        foreach (Task<int> deployment in deployments)
        {
            try
            {
                workers += await deployment;
            }
            catch (WorkflowTaskFailedException failure)
            {
                failed++;
                fault = failure.FailureDetails.ErrorMessage;
            }
        }

        if (failed > 0 && failed == deployments.Length) return ScanEnding.Failed($"No workers could be started: {fault}");
        await SetWorkersAsync(workers);
        return null;
    }

    private async Task AddAsync(AddWorkersV1 more)
    {
        // Looked after and removed like the others, also when starting them failed half-way.
        if (Prepared.Clusters.All(c => c.Name != more.Cluster)) Prepared = Prepared with { Clusters = [.. Prepared.Clusters, new(more.Cluster, more.Count)] };
        try
        {
            await SetWorkersAsync(Prepared.Workers + await DeployAsync(new(more.Cluster, more.Count), $"{input.ScanId}:add:{more.RequestId}"));
        }
        catch (WorkflowTaskFailedException failure)
        {
            // The scan goes on with what it has.
            context.CreateReplaySafeLogger<ScanLifecycle>().LogWarning("scan {ScanId}: no workers were added: {Reason}", input.ScanId, failure.FailureDetails.ErrorMessage);
        }
    }

    private Task<int> DeployAsync(ClusterRequestV1 cluster, string key) => context.CallChildWorkflowAsync<int>(
        WorkflowNames.WorkerDeployment, new WorkerDeploymentV1(input.ScanId, Prepared.RecoAlgo, cluster.Name, cluster.Count, key));

    private Task SetWorkersAsync(int workers)
    {
        Prepared = Prepared with { Workers = workers };
        return context.CallActivityAsync(ActivityNames.HintWorkers, new WorkerHintForScanV1(input.ScanId, workers), LifecycleSettings.Step);
    }

    private async Task<int> LivingWorkersAsync()
    {
        try
        {
            return await context.CallActivityAsync<int>(ActivityNames.CountWorkers, new WorkerPlacesV1(input.ScanId, Prepared.Places()), LifecycleSettings.Launch);
        }
        catch (WorkflowTaskFailedException failure)
        {
            // A launcher that cannot say is no reason to give up workers that may be well.
            context.CreateReplaySafeLogger<ScanLifecycle>().LogWarning("scan {ScanId}: its workers could not be counted: {Reason}", input.ScanId, failure.FailureDetails.ErrorMessage);
            return Prepared.Workers;
        }
    }

    private async Task<ScanEnding> AbortedAsync()
    {
        await UpdateAsync(new(input.ScanId, Phase: ScanPhase.Aborting, EwmsDeactivated: Deactivated.Aborted));
        return new(ScanPhase.Stopped, (await abort).Reason);
    }

    private Task UpdateAsync(ManifestUpdateV1 update) => context.CallActivityAsync(ActivityNames.UpdateManifest, update, LifecycleSettings.Step);
}

internal static class PreparedScans
{
    /// <summary>Every place where the scan may have workers, once.</summary>
    public static string[] Places(this ScanPreparedV1 prepared) => [.. prepared.Clusters.Select(c => c.Name).Distinct()];
}
