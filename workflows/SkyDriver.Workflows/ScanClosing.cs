using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The end of every scan, however it came: the ledger is closed, the workers are taken away, the manifest says how it went.</summary>
internal sealed class ScanClosing(ScanPassage scan)
{
    public async Task<ScanOutcomeV1> CloseAsync(ScanEnding ending)
    {
        string[] places = Places();
        // Others may have its workers now, also while this scan's result waits to be read.
        if (places.Length > 0) await TryAsync(() => scan.Context.CallActivityAsync(ActivityNames.FreeWorkers, scan.ScanId, LifecycleSettings.Step));
        if (ending.Phase is ScanPhase.Done) await LetReadAsync(ending);
        string deactivated = ending.Phase is ScanPhase.Stopped ? Deactivated.Aborted : Deactivated.Finished;
        bool failed = ending.Phase is ScanPhase.Failed;
        await UpdateAsync(new(
            scan.ScanId, Phase: ScanPhase.TearingDown, EwmsDeactivated: deactivated, Failure: failed ? ending.Reason : null, SetAside: ending.SetAside, Waiting: ""));
        bool gone = await RemoveAsync(ending.LedgerIsOver, ending.Reason ?? "the scan is done");
        // Other scans may start, also while this one's manifest is written.
        await TryAsync(() => scan.Context.CallActivityAsync(ActivityNames.LeaveBacklog, scan.ScanId, LifecycleSettings.Closing));
        await UpdateAsync(new(scan.ScanId, Phase: ending.Phase, Complete: true, LingeringCompute: gone ? null : true));
        ScanOutcomeV1 outcome = new(scan.ScanId, ending.Phase, ending.Reason);
        // The manifest has it already; this only saves others from asking.
        await TryAsync(() => scan.Context.CallActivityAsync(ActivityNames.Notify, outcome, LifecycleSettings.Step));
        if (!gone) scan.Context.ContinueAsNew(scan.State with { Lingering = new(ending.Phase, ending.Reason, Rounds: 0) });
        return outcome;
    }

    /// <summary>One more try, after a pause, to take away what a scan left behind.</summary>
    public async Task<ScanOutcomeV1> SweepAsync(LingeringComputeV1 left)
    {
        await scan.Context.CreateTimer(LifecycleSettings.SweepPause);
        if (await RemoveAsync(ledgerIsOver: false, left.Reason ?? "the scan is done")) await UpdateAsync(new(scan.ScanId, LingeringCompute: false));
        else if (left.Rounds + 1 < LifecycleSettings.MaxSweeps) scan.Context.ContinueAsNew(scan.State with { Lingering = left with { Rounds = left.Rounds + 1 } });
        return new(scan.ScanId, left.Phase, left.Reason);
    }

    /// <summary>The final result is there: its scanner may have last words, and nobody hurries, unless a client of old has read it.</summary>
    private async Task LetReadAsync(ScanEnding ending)
    {
        await UpdateAsync(new(scan.ScanId, Phase: ScanPhase.FinalStored, SetAside: ending.SetAside, Waiting: ""));
        if (scan.State.Terms is not { TeardownSeconds: > 0 } terms) return;
        await Task.WhenAny(scan.ResultRead, scan.Context.CreateTimer(TimeSpan.FromSeconds(terms.TeardownSeconds)));
    }

    private async Task<bool> RemoveAsync(bool ledgerIsOver, string reason)
    {
        bool ledgerClosed = ledgerIsOver || !scan.State.Opened || await TryAsync(() =>
            scan.Context.CallActivityAsync(ActivityNames.AbortScan, new AbortRequestedV1(scan.ScanId, reason), LifecycleSettings.Closing));
        return await RemoveWorkersAsync(Places()) && await RemoveServerAsync() && ledgerClosed;
    }

    private async Task<bool> RemoveWorkersAsync(string[] places) => places.Length == 0 || await UntilGoneAsync(
        () => scan.Context.CallActivityAsync<int>(ActivityNames.RemoveWorkers, new WorkerRemovalV1(scan.ScanId, places), LifecycleSettings.Closing));

    // Also when its start was cut off, so that nobody knows what it is called.
    private async Task<bool> RemoveServerAsync() => scan.State is not { Admitted: true, Terms: { Engine: ScanEngine.External, Server: { } at } } || await UntilGoneAsync(
        () => scan.Context.CallActivityAsync<int>(ActivityNames.RemoveServer, new ScannerServerV1(scan.ScanId, at), LifecycleSettings.Closing));

    /// <param name="remove">Answers how many are left.</param>
    /// <returns>False when some are still there after about an hour.</returns>
    private async Task<bool> UntilGoneAsync(Func<Task<int>> remove)
    {
        TimeSpan pause = LifecycleSettings.FirstRemovalPause;
        for (int looks = 1; ; looks++)
        {
            int left = 0;
            bool asked = await TryAsync(async () => left = await remove());
            if (!asked || left == 0) return asked;
            if (looks == LifecycleSettings.MaxRemovalLooks) return false;
            await scan.Context.CreateTimer(pause);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LifecycleSettings.LongestRemovalPause.Ticks));
        }
    }

    private string[] Places() => [.. scan.State.Prepared?.Places().Select(p => p.Name) ?? []];

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

    private Task UpdateAsync(ManifestUpdateV1 update) => scan.UpdateAsync(update, LifecycleSettings.Closing);
}
