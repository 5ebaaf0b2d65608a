using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan's life: wait in the backlog, launch, wait for the end, take the workers away, close the manifest.</summary>
/// <remarks>The instance id is the scan id. Replayed: no clock, random numbers or I/O here. It holds references and counts, never pixels,
/// so its history stays within a few dozen events however large the scan is.</remarks>
public sealed class ScanLifecycle : Workflow<ScanLifecycleInputV1, ScanOutcomeV1>
{
    public override async Task<ScanOutcomeV1> RunAsync(WorkflowContext context, ScanLifecycleInputV1 input)
    {
        ScanPassage scan = new(context, input);
        ScanClosing closing = new(scan);
        if (input.Lingering is { } lingering) return await closing.SweepAsync(lingering);
        ScanEnding? ending;
        try
        {
            ending = await PassAsync(scan);
        }
        catch (WorkflowTaskFailedException failure)
        {
            ending = ScanEnding.Failed(failure.FailureDetails.ErrorMessage);
        }

        if (ending is not null) return await closing.CloseAsync(ending);
        // Events that arrive meanwhile are carried over.
        context.ContinueAsNew(scan.State);
        return new(input.ScanId, scan.State.Admitted ? ScanPhase.Scanning : ScanPhase.Backlogged, null);
    }

    /// <returns>How the scan ended, or null when it goes on with a fresh history.</returns>
    private static async Task<ScanEnding?> PassAsync(ScanPassage scan)
    {
        if (!scan.State.Admitted)
        {
            ScanEnding? early = await new ScanAdmission(scan).WaitAsync();
            if (early is not null || !scan.State.Admitted) return early;
        }

        return scan.Terms.Engine == ScanEngine.External ? await new ExternalCourse(scan).RunAsync() : await new NativeCourse(scan).RunAsync();
    }
}
