using Dapr;
using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>Ends scans on request.</summary>
internal sealed class ScanControl(ScanStore scans, DaprWorkflowClient workflows)
{
    /// <summary>Marks the scan deleted and tells its workflow to end it. Asking again is no error, in any state.</summary>
    /// <returns>The manifest, or null when the scan is unknown.</returns>
    public async Task<ScanManifest?> AbortAsync(string scanId, CancellationToken cancellationToken)
    {
        ScanManifest? manifest = await scans.UpdateManifestAsync(scanId, m => m.IsDeleted ? null : m with { IsDeleted = true }, cancellationToken);
        if (manifest is null || manifest.Complete) return manifest;
        try
        {
            await workflows.RaiseEventAsync(scanId, WorkflowEvents.Abort, new AbortRequestedV1(scanId, "aborted on request"), cancellationToken);
        }
        catch (DaprException) when (!cancellationToken.IsCancellationRequested)
        {
            // A workflow that ended meanwhile needs no abort; one that runs must hear it.
            WorkflowState state = await workflows.GetWorkflowStateAsync(scanId, getInputsAndOutputs: false, cancellationToken);
            if (state.IsWorkflowRunning) throw;
        }

        return await scans.GetManifestAsync(scanId, cancellationToken);
    }
}
