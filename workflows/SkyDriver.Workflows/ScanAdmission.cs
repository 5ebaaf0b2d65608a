using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>The wait in the backlog.</summary>
internal sealed class ScanAdmission(ScanPassage scan)
{
    private readonly Task<LaunchPermitV1> permit = scan.Context.WaitForExternalEventAsync<LaunchPermitV1>(WorkflowEvents.LaunchPermit);
    private readonly Task<LaunchRefusedV1> refused = scan.Context.WaitForExternalEventAsync<LaunchRefusedV1>(WorkflowEvents.LaunchRefused);

    /// <returns>How the scan ended already, or null: admitted, or to wait on with a fresh history.</returns>
    public async Task<ScanEnding?> WaitAsync()
    {
        if (scan.State.Terms is null) await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Backlogged));
        for (int looks = 0; ; looks++)
        {
            if (looks >= LifecycleSettings.WatchesPerHistory && !HasNews) return null;
            // Again at every look: a backlog that lost the scan gets it back, one that has it takes no notice.
            LifecycleTermsV1 terms = await scan.Context.CallActivityAsync<LifecycleTermsV1>(
                ActivityNames.EnterBacklog, new BacklogEntranceV1(scan.ScanId, scan.State.Priority), LifecycleSettings.Step);
            scan.State = scan.State with { Terms = scan.State.Terms ?? terms };
            Task look = scan.Context.CreateTimer(LifecycleSettings.BacklogWatch);
            await Task.WhenAny(scan.Abort, refused, permit, scan.ResultStored, look);
            if (scan.Abort.IsCompleted) return await scan.AbortedAsync();
            if (scan.ResultStored.IsCompleted) return ScanEnding.ResultStored;
            if (refused.IsCompleted) return ScanEnding.Failed((await refused).Reason);
            if (permit.IsCompleted) break;
        }

        await scan.Context.CallActivityAsync(ActivityNames.TakePermit, scan.ScanId, LifecycleSettings.Step);
        scan.State = scan.State with { Admitted = true };
        return null;
    }

    private bool HasNews => scan.HasNews || permit.IsCompleted || refused.IsCompleted;
}
