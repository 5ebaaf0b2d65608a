using Dapr.Workflow;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Activities;

/// <summary>Writes the workflow's view of the scan into its manifest. A repeat changes nothing.</summary>
public sealed class UpdateManifest(ScanStore scans, ScanEventPublisher events) : WorkflowActivity<ManifestUpdateV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, ManifestUpdateV1 input)
    {
        await scans.UpdateManifestAsync(input.ScanId, manifest => Apply(manifest, input));
        if (input.Phase is not null) await events.PhaseAsync(input.ScanId, input.Phase, input.Failure);
        return null;
    }

    private static ScanManifest? Apply(ScanManifest manifest, ManifestUpdateV1 update)
    {
        LifecycleV1 now = manifest.Lifecycle;
        LifecycleV1 next = now with
        {
            Phase = update.Phase ?? now.Phase,
            EwmsDeactivated = update.EwmsDeactivated ?? now.EwmsDeactivated,
            Failure = update.Failure ?? now.Failure,
            HasFinalResult = update.HasFinalResult ?? now.HasFinalResult,
            LingeringCompute = update.LingeringCompute ?? now.LingeringCompute,
            SetAside = update.SetAside ?? now.SetAside,
            Waiting = update.Waiting is null ? now.Waiting : update.Waiting.Length > 0 ? update.Waiting : null,
        };
        bool complete = update.Complete ?? manifest.Complete;
        return next == now && complete == manifest.Complete ? null : manifest with { Lifecycle = next, Complete = complete };
    }
}

/// <summary>Says that the scan is over.</summary>
public sealed class Notify(ScanEventPublisher events) : WorkflowActivity<ScanOutcomeV1, object?>
{
    public override async Task<object?> RunAsync(WorkflowActivityContext context, ScanOutcomeV1 input)
    {
        await events.PhaseAsync(input.ScanId, input.Phase, input.Reason, isFinal: true);
        return null;
    }
}
