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
        // Listens before anything else, so that an abort is heard at every step.
        ScanCourse course = new(context, input);
        ScanEnding? ending;
        try
        {
            ending = (input.Prepared is null ? await course.LaunchAsync() : null) ?? await course.WatchAsync();
        }
        catch (WorkflowTaskFailedException failure)
        {
            ending = ScanEnding.Failed(failure.FailureDetails.ErrorMessage);
        }

        if (ending is not null) return await new ScanClosing(context, course.Prepared, course.IsOpen).CloseAsync(ending);
        // Events that arrive meanwhile are carried over.
        context.ContinueAsNew(course.Continuation());
        return new(input.ScanId, ScanPhase.Scanning, null);
    }
}

/// <summary>How a scan came to its end.</summary>
/// <param name="Phase">Done, stopped or failed.</param>
/// <param name="LedgerIsOver">The scan actor knows, as it said so itself.</param>
/// <param name="SetAside">Variations that count as NaN.</param>
internal sealed record ScanEnding(string Phase, string? Reason, bool LedgerIsOver = false, long? SetAside = null)
{
    public static ScanEnding Failed(string reason) => new(ScanPhase.Failed, reason);

    public static ScanEnding From(ScanEndedV1 end) => end.State switch
    {
        ScanActorState.Finished => new(ScanPhase.Done, null, LedgerIsOver: true, end.SetAside),
        ScanActorState.Aborted => new(ScanPhase.Stopped, end.Reason, LedgerIsOver: true, end.SetAside),
        _ => new(ScanPhase.Failed, end.Reason ?? "The scan failed without a reason.", LedgerIsOver: true, end.SetAside),
    };
}
