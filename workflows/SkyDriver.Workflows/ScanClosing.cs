using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The end of every scan, however it came: the ledger is closed, the workers are taken away, the manifest says how it went.</summary>
internal sealed class ScanClosing(WorkflowContext context, ScanPreparedV1 prepared, bool mayBeOpen)
{
    public async Task<ScanOutcomeV1> CloseAsync(ScanEnding ending)
    {
        string deactivated = ending.Phase is ScanPhase.Stopped ? Deactivated.Aborted : Deactivated.Finished;
        await UpdateAsync(new(prepared.ScanId, Phase: ScanPhase.TearingDown, EwmsDeactivated: deactivated, SetAside: ending.SetAside));
        string reason = ending.Reason ?? "the scan is done";
        bool ledgerClosed = !mayBeOpen || ending.LedgerIsOver || await TryAsync(() =>
            context.CallActivityAsync(ActivityNames.AbortScan, new AbortRequestedV1(prepared.ScanId, reason), LifecycleSettings.Closing));
        bool workersGone = prepared.Clusters.Count == 0 || await TryAsync(() =>
            context.CallChildWorkflowAsync<int>(WorkflowNames.WorkerRemoval, new WorkerRemovalV1(prepared.ScanId, prepared.Places(), reason)));
        await UpdateAsync(new(
            prepared.ScanId,
            Phase: ending.Phase,
            Complete: true,
            LingeringCompute: ledgerClosed && workersGone ? null : true,    // an operator's business from here on
            Failure: ending.Phase is ScanPhase.Failed ? ending.Reason : null));
        ScanOutcomeV1 outcome = new(prepared.ScanId, ending.Phase, ending.Reason);
        // The manifest has it already; this only saves others from asking.
        await TryAsync(() => context.CallActivityAsync(ActivityNames.Notify, outcome, LifecycleSettings.Step));
        return outcome;
    }

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (WorkflowTaskFailedException)
        {
            return false;
        }
    }

    private Task UpdateAsync(ManifestUpdateV1 update) => context.CallActivityAsync(ActivityNames.UpdateManifest, update, LifecycleSettings.Closing);
}
