using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>Looks whether the scanner is still there, and puts another scan in the place of one that was lost.</summary>
internal sealed class ScannerWatch(ScanPassage scan)
{
    // Between two looks, however short the silence is that is not allowed: a history must not fill up with them.
    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);

    private TimeSpan ServerPause => TimeSpan.FromSeconds(scan.Terms.ServerLookSeconds);

    private TimeSpan Silence => TimeSpan.FromSeconds(scan.Terms.ScannerSilenceSeconds);

    /// <summary>A ledger of ours survives every crash of its scanner, which goes on by itself. Only when it is gone the scan is lost.</summary>
    /// <returns>How the scan ended, or null.</returns>
    public async Task<ScanEnding?> LookAfterLedgerAsync()
    {
        try
        {
            ScannerStandingV1 standing = await CheckAsync(ScanEngine.Native);
            if (scan.State.ScannerIsSilent) await SetSilentAsync(false, "");
            return standing.IsLost ? await ReplaceAsync("The scanner has lost the scan.") : null;
        }
        catch (WorkflowTaskFailedException failure)
        {
            if (!scan.State.ScannerIsSilent) await SetSilentAsync(true, $"The scanner does not answer: {failure.FailureDetails.ErrorMessage} The scan goes on as soon as it does.");
            return null;
        }
    }

    /// <summary>Whether a scanner outside of this system still reports, and its server is still where it was started.</summary>
    /// <param name="heedsSilence">Before its first report it may be silent for as long as the start may take.</param>
    /// <returns>How the scan ended, or the pause until the next look.</returns>
    public async Task<(ScanEnding? Ending, TimeSpan Pause)> LookAfterReportsAsync(bool heedsSilence = true)
    {
        DateTime now = scan.Context.CurrentUtcDateTime;
        ScannerStandingV1 standing;
        try
        {
            standing = await CheckAsync(ScanEngine.External);
        }
        catch (WorkflowTaskFailedException)
        {
            // Whoever cannot look has not seen that it is gone.
            return (null, Capped(LeastPause));
        }

        if (standing.ServerLost is { } loss)
        {
            // Its final result may be on its way, and a scheduler may have lost sight of it for a moment: gone is what is gone twice.
            if (scan.State.ServerWasGone) return (await LostAsync(loss), default);
            scan.State = scan.State with { ServerWasGone = true };
            return (null, ServerPause);
        }

        scan.State = scan.State with { ServerWasGone = false };
        TimeSpan left = heedsSilence ? (standing.LastSign ?? now) + Silence - now : Silence;
        if (left <= TimeSpan.Zero) return (await ReplaceAsync($"The scanner said nothing for {ScanPassage.Text(Silence)}."), default);
        return (null, Capped(left > LeastPause ? left : LeastPause));
    }

    /// <summary>The pause, or less where a server of ours is to be looked after.</summary>
    public TimeSpan Capped(TimeSpan pause) => scan.State.ServerJob is not null && pause > ServerPause ? ServerPause : pause;

    /// <summary>Its container is gone: killed from outside it is worth another try, with an exit code of its own it is not.</summary>
    public async Task<ScanEnding> LostAsync() => await LostAsync(await scan.ServerLost);

    private async Task<ScanEnding> LostAsync(ServerLostV1 loss)
    {
        string how = $"The scanner's server is gone ({loss.Reason ?? "no reason"}{(loss.ExitCode is { } code ? FormattableString.Invariant($", exit code {code}") : "")}{(loss.Message is { } words ? ": " + words : "")}).";
        return ServerLoss.IsFromOutside(loss) ? await ReplaceAsync(how, ServerLoss.IsOutOfMemory(loss)) : ScanEnding.Failed(how);
    }

    private async Task<ScanEnding> ReplaceAsync(string how, bool doubleMemory = false)
    {
        ScanReplacedV1 replaced = await scan.Context.CallActivityAsync<ScanReplacedV1>(
            ActivityNames.ReplaceScan, new ReplaceScanV1(scan.ScanId, doubleMemory), LifecycleSettings.Closing);
        return ScanEnding.Failed(replaced.NewScanId is { } next ? $"{how} Scan {next} takes its place." : $"{how} {replaced.Refused}");
    }

    private Task<ScannerStandingV1> CheckAsync(string engine) => scan.Context.CallActivityAsync<ScannerStandingV1>(
        ActivityNames.CheckScanner, new ScanReferenceV1(scan.ScanId, scan.State.I3EventId, engine, scan.State.ServerJob is null ? null : scan.Terms.Server, scan.State.ServerJob), LifecycleSettings.Step);

    private Task SetSilentAsync(bool isSilent, string waiting)
    {
        scan.State = scan.State with { ScannerIsSilent = isSilent };
        return scan.UpdateAsync(new(scan.ScanId, Waiting: waiting));
    }
}

/// <summary>What the end of a server's container says about it.</summary>
internal static class ServerLoss
{
    private static readonly string[] FromOutside = [ServerLossReason.OutOfMemory, ServerLossReason.CrashLoop, ServerLossReason.Removed, "Evicted", "DeadlineExceeded", "StartError"];
    private static readonly int[] Killed = [137, 143];

    public static bool IsFromOutside(ServerLostV1 loss) => FromOutside.Contains(loss.Reason) || (loss.ExitCode is { } code && Killed.Contains(code));

    public static bool IsOutOfMemory(ServerLostV1 loss) => loss.Reason == ServerLossReason.OutOfMemory;
}
