using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan's life: prepare the event, open the scan, recruit workers, wait for the end, take the workers away, close the manifest.</summary>
/// <remarks>The instance id is the scan id. Replayed: no clock, random numbers or I/O here. It holds references and counts, never pixels,
/// so its history stays within a few dozen events however large the scan is.</remarks>
public sealed class ScanLifecycle : Workflow<ScanLifecycleInputV1, ScanOutcomeV1>
{
    public override async Task<ScanOutcomeV1> RunAsync(WorkflowContext context, ScanLifecycleInputV1 input)
    {
        // Subscribed before anything else: an abort is heard at every step.
        Task<AbortRequestedV1> abort = context.WaitForExternalEventAsync<AbortRequestedV1>(WorkflowEvents.Abort);
        Task<ScanEndedV1> ended = context.WaitForExternalEventAsync<ScanEndedV1>(WorkflowEvents.ScanEnded);
        try
        {
            ScanPreparedV1 prepared = input.Prepared ?? await LaunchAsync(context, input);
            if (prepared.Failure is not null) return await CloseAsync(context, prepared, ScanPhase.Failed, prepared.Failure);
            return await WatchAsync(context, input, prepared, ended, abort);
        }
        catch (WorkflowTaskFailedException failure)
        {
            ScanPreparedV1 known = input.Prepared ?? new(input.ScanId, "", [], null, null);
            return await CloseAsync(context, known, ScanPhase.Failed, failure.FailureDetails?.ErrorMessage ?? failure.Message);
        }
    }

    private static async Task<ScanPreparedV1> LaunchAsync(WorkflowContext context, ScanLifecycleInputV1 input)
    {
        ScanReferenceV1 scan = new(input.ScanId, input.I3EventId);
        await Update(context, new(input.ScanId, Phase: ScanPhase.Launching));
        ScanPreparedV1 prepared = await context.CallActivityAsync<ScanPreparedV1>(ActivityNames.PrepareEvent, scan, LifecycleSettings.Step);
        if (prepared.Failure is not null) return prepared;
        await context.CallActivityAsync(ActivityNames.OpenScan, scan, LifecycleSettings.Step);
        await Update(context, new(input.ScanId, Phase: ScanPhase.Scanning));
        return prepared with { Workers = await DeployAsync(context, prepared, "start") };
    }

    private static async Task<ScanOutcomeV1> WatchAsync(
        WorkflowContext context, ScanLifecycleInputV1 input, ScanPreparedV1 prepared, Task<ScanEndedV1> ended, Task<AbortRequestedV1> abort)
    {
        Task<AddWorkersV1> add = context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
        int replacements = input.Replacements;
        TimeSpan pause = input.NextWatchSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : LifecycleSettings.FirstWatch;
        Task watch = context.CreateTimer(pause);
        for (int watches = 0; ;)
        {
            Task first = await Task.WhenAny(ended, abort, add, watch);
            if (first == ended) return await EndAsync(context, prepared, await ended);
            if (first == abort) return await AbortAsync(context, prepared, (await abort).Reason);
            if (first == add)
            {
                AddWorkersV1 more = await add;
                add = context.WaitForExternalEventAsync<AddWorkersV1>(WorkflowEvents.AddWorkers);
                WorkerDeploymentV1 deployment = new(input.ScanId, prepared.RecoAlgo, more.Cluster, more.Count, $"{input.ScanId}:add:{more.RequestId}");
                int added = await context.CallChildWorkflowAsync<int>(WorkflowNames.WorkerDeployment, deployment);
                prepared = prepared with
                {
                    Workers = prepared.Workers + added,
                    // Looked after and removed like the others.
                    Clusters = prepared.Clusters.Any(c => c.Name == more.Cluster) ? prepared.Clusters : [.. prepared.Clusters, new(more.Cluster, more.Count)],
                };
                await HintAsync(context, prepared);
                continue;
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LifecycleSettings.LongestWatch.Ticks));
            if (prepared.Clusters.Count > 0 && await LivingWorkersAsync(context, prepared) == 0)
            {
                if (replacements == LifecycleSettings.MaxReplacements)
                {
                    await context.CallActivityAsync(ActivityNames.AbortScan, new AbortRequestedV1(input.ScanId, "all workers ended"), LifecycleSettings.Step);
                    return await CloseAsync(context, prepared, ScanPhase.Failed, $"All workers ended before the scan did, {replacements + 1} times; their logs say why.");
                }

                prepared = prepared with { Workers = await DeployAsync(context, prepared, $"replace-{++replacements}") };
            }

            if (++watches == LifecycleSettings.WatchesPerHistory)
            {
                // Events that arrive meanwhile are carried over.
                context.ContinueAsNew(input with { Prepared = prepared, Replacements = replacements, NextWatchSeconds = pause.TotalSeconds });
                return new(input.ScanId, ScanPhase.Scanning, null);
            }

            watch = context.CreateTimer(pause);
        }
    }

    private static async Task<int> DeployAsync(WorkflowContext context, ScanPreparedV1 prepared, string step)
    {
        IEnumerable<Task<int>> deployments = prepared.Clusters.Select((cluster, index) => context.CallChildWorkflowAsync<int>(
            WorkflowNames.WorkerDeployment,
            new WorkerDeploymentV1(prepared.ScanId, prepared.RecoAlgo, cluster.Name, cluster.Count, $"{prepared.ScanId}:{step}:{index}")));
        int workers = (await Task.WhenAll([.. deployments])).Sum();
        await HintAsync(context, prepared with { Workers = workers });
        return workers;
    }

    private static Task HintAsync(WorkflowContext context, ScanPreparedV1 prepared) =>
        context.CallActivityAsync(ActivityNames.HintWorkers, new WorkerHintForScanV1(prepared.ScanId, prepared.Workers), LifecycleSettings.Step);

    private static Task<int> LivingWorkersAsync(WorkflowContext context, ScanPreparedV1 prepared) =>
        context.CallActivityAsync<int>(ActivityNames.CountWorkers, new WorkerPlacesV1(prepared.ScanId, Places(prepared)), LifecycleSettings.Launch);

    private static Task<ScanOutcomeV1> EndAsync(WorkflowContext context, ScanPreparedV1 prepared, ScanEndedV1 end) => end.State switch
    {
        ScanActorState.Finished => CloseAsync(context, prepared, ScanPhase.Done, null, end.SetAside),
        ScanActorState.Aborted => CloseAsync(context, prepared, ScanPhase.Stopped, end.Reason),
        _ => CloseAsync(context, prepared, ScanPhase.Failed, end.Reason ?? "The scan failed without a reason."),
    };

    private static async Task<ScanOutcomeV1> AbortAsync(WorkflowContext context, ScanPreparedV1 prepared, string reason)
    {
        await Update(context, new(prepared.ScanId, Phase: ScanPhase.Aborting, EwmsDeactivated: Deactivated.Aborted));
        await context.CallActivityAsync(ActivityNames.AbortScan, new AbortRequestedV1(prepared.ScanId, reason), LifecycleSettings.Step);
        return await CloseAsync(context, prepared, ScanPhase.Stopped, reason);
    }

    private static async Task<ScanOutcomeV1> CloseAsync(WorkflowContext context, ScanPreparedV1 prepared, string phase, string? reason, long? setAside = null)
    {
        string deactivated = phase is ScanPhase.Stopped ? Deactivated.Aborted : Deactivated.Finished;
        await Update(context, new(prepared.ScanId, Phase: ScanPhase.TearingDown, EwmsDeactivated: deactivated, SetAside: setAside));
        bool lingering = false;
        if (prepared.Clusters.Count > 0)
        {
            try
            {
                await context.CallChildWorkflowAsync(WorkflowNames.WorkerRemoval, new WorkerRemovalV1(prepared.ScanId, Places(prepared), reason ?? "the scan is done"));
            }
            catch (WorkflowTaskFailedException)
            {
                lingering = true;   // said in the manifest; an operator removes them
            }
        }

        await Update(context, new(
            prepared.ScanId, Phase: phase, Complete: true, LingeringCompute: lingering ? true : null, Failure: phase is ScanPhase.Failed ? reason : null));
        ScanOutcomeV1 outcome = new(prepared.ScanId, phase, reason);
        await context.CallActivityAsync(ActivityNames.Notify, outcome, LifecycleSettings.Step);
        return outcome;
    }

    private static Task Update(WorkflowContext context, ManifestUpdateV1 update) =>
        context.CallActivityAsync(ActivityNames.UpdateManifest, update, LifecycleSettings.Step);

    private static string[] Places(ScanPreparedV1 prepared) => [.. prepared.Clusters.Select(c => c.Name).Distinct()];
}
