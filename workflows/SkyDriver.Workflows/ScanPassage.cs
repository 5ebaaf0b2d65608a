using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>What every stage of a scan's life shares: what is known so far, what was heard, and how the world is touched.</summary>
internal sealed class ScanPassage(WorkflowContext context, ScanLifecycleInputV1 input)
{
    // Listens before anything else, so that whatever comes during a step is heard after it.
    private readonly Task<AbortRequestedV1> abort = context.WaitForExternalEventAsync<AbortRequestedV1>(WorkflowEvents.Abort);

    public WorkflowContext Context => context;

    /// <summary>Known so far; also what a fresh history would begin with.</summary>
    public ScanLifecycleInputV1 State { get; set; } = input;

    public string ScanId => State.ScanId;

    public LifecycleTermsV1 Terms => State.Terms ?? throw new InvalidOperationException("The scan did not enter the backlog yet.");

    public Task Abort => abort;

    public Task<ScanEndedV1> Ended { get; } = context.WaitForExternalEventAsync<ScanEndedV1>(WorkflowEvents.ScanEnded);

    /// <summary>A scanner outside of this system stored a final result.</summary>
    public Task<ScannerReportedV1> ResultStored { get; } = context.WaitForExternalEventAsync<ScannerReportedV1>(WorkflowEvents.FinalResultStored);

    public Task<ScannerReportedV1> ResultRead { get; } = context.WaitForExternalEventAsync<ScannerReportedV1>(WorkflowEvents.FinalResultRead);

    /// <summary>The container of the scanner is gone, as somebody saw who watches it.</summary>
    public Task<ServerLostV1> ServerLost { get; } = context.WaitForExternalEventAsync<ServerLostV1>(WorkflowEvents.ServerLost);

    /// <summary>Something that was handed over already would be lost to a fresh history.</summary>
    public bool HasNews => Abort.IsCompleted || ServerLost.IsCompleted || Ended.IsCompleted || ResultStored.IsCompleted || ResultRead.IsCompleted;

    public ILogger Log => context.CreateReplaySafeLogger<ScanLifecycle>();

    public Task UpdateAsync(ManifestUpdateV1 update, WorkflowTaskOptions? options = null) =>
        context.CallActivityAsync(ActivityNames.UpdateManifest, update, options ?? LifecycleSettings.Step);

    public async Task<ScanEnding> AbortedAsync()
    {
        await UpdateAsync(new(ScanId, Phase: ScanPhase.Aborting, EwmsDeactivated: Deactivated.Aborted, Waiting: ""));
        return new(ScanPhase.Stopped, (await abort).Reason);
    }

    /// <summary>Time until the scan is given up; not below zero.</summary>
    public TimeSpan TimeLeft => State.Deadline is { } deadline && deadline > context.CurrentUtcDateTime ? deadline - context.CurrentUtcDateTime : TimeSpan.Zero;

    public ScanEnding OutOfTime() => ScanEnding.Failed($"The scan was not done {Text(TimeSpan.FromSeconds(Terms.ScanSeconds))} after its launch.");

    /// <summary>For people.</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalHours: >= 48 } => FormattableString.Invariant($"{span.TotalDays:0.#} days"),
        { TotalMinutes: >= 120 } => FormattableString.Invariant($"{span.TotalHours:0.#} hours"),
        { TotalSeconds: >= 120 } => FormattableString.Invariant($"{span.TotalMinutes:0.#} minutes"),
        _ => FormattableString.Invariant($"{span.TotalSeconds:0.#} seconds"),
    };

    /// <summary>The time of day after a pause, for people.</summary>
    public string At(TimeSpan pause) => FormattableString.Invariant($"{context.CurrentUtcDateTime + pause:yyyy-MM-dd HH:mm:ss} UTC");
}

/// <summary>How a scan came to its end.</summary>
/// <param name="Phase">Done, stopped or failed.</param>
/// <param name="LedgerIsOver">The scan actor knows, as it said so itself.</param>
/// <param name="SetAside">Variations that count as NaN.</param>
internal sealed record ScanEnding(string Phase, string? Reason, bool LedgerIsOver = false, long? SetAside = null)
{
    /// <summary>A final result came from outside.</summary>
    public static ScanEnding ResultStored { get; } = new(ScanPhase.Done, null);

    public static ScanEnding Failed(string reason) => new(ScanPhase.Failed, reason);

    public static ScanEnding From(ScanEndedV1 end) => end.State switch
    {
        ScanActorState.Finished => new(ScanPhase.Done, null, LedgerIsOver: true, end.SetAside),
        ScanActorState.Aborted => new(ScanPhase.Stopped, end.Reason, LedgerIsOver: true, end.SetAside),
        _ => new(ScanPhase.Failed, end.Reason ?? "The scan failed without a reason.", LedgerIsOver: true, end.SetAside),
    };
}
