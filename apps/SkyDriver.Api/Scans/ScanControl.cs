using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api.Scans;

/// <summary>Ends scans on request.</summary>
internal sealed class ScanControl(ScanStore scans, LifecycleClient lifecycles)
{
    /// <summary>Marks the scan deleted and tells its life cycle to end it. Asking again is no error, in any state.</summary>
    /// <returns>The manifest, or null when the scan is unknown.</returns>
    public async Task<ScanManifest?> AbortAsync(string scanId, CancellationToken cancellationToken)
    {
        ScanManifest? manifest = await scans.UpdateManifestAsync(scanId, m => m.IsDeleted ? null : MarkDeleted(m), cancellationToken);
        if (manifest is null || manifest.Complete) return manifest;
        if (await lifecycles.RaiseAsync(scanId, WorkflowEvents.Abort, new AbortRequestedV1(scanId, "aborted on request"), cancellationToken))
        {
            return await scans.GetManifestAsync(scanId, cancellationToken);
        }

        // Its launch broke off before there was anything to stop.
        return await scans.UpdateManifestAsync(
            scanId, m => m.Complete ? null : m with { Complete = true, Lifecycle = m.Lifecycle with { Phase = ScanPhase.Stopped } }, cancellationToken);
    }

    // The scanner looks here to learn that it is to end.
    private static ScanManifest MarkDeleted(ScanManifest manifest) => manifest with
    {
        IsDeleted = true,
        Lifecycle = manifest.Complete || manifest.Lifecycle is not { HasFinalResult: false, EwmsDeactivated: null }
            ? manifest.Lifecycle
            : manifest.Lifecycle with { EwmsDeactivated = Deactivated.Aborted },
    };
}
