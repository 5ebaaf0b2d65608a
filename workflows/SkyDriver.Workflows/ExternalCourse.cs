using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan that a scanner outside of this system makes: nothing is started here, its reports are waited for.</summary>
internal sealed class ExternalCourse(ScanPassage scan)
{
    private readonly Task<ScannerReportedV1> reported = scan.Context.WaitForExternalEventAsync<ScannerReportedV1>(WorkflowEvents.ScannerReported);
    private readonly ScannerWatch scanner = new(scan);

    /// <returns>How the scan ended, or null when the watch is to go on with a fresh history.</returns>
    public async Task<ScanEnding?> RunAsync() => (scan.State.Deadline is null ? await AwaitScannerAsync() : null) ?? await WatchAsync();

    private async Task<ScanEnding?> AwaitScannerAsync()
    {
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Launching));
        ScanPreparedV1 prepared = await scan.Context.CallActivityAsync<ScanPreparedV1>(
            ActivityNames.PrepareEvent, new ScanReferenceV1(scan.ScanId, scan.State.I3EventId, ScanEngine.External), LifecycleSettings.Step);
        if (prepared.Failure is { } failure) return ScanEnding.Failed(failure);
        TimeSpan start = TimeSpan.FromSeconds(scan.Terms.ServerStartSeconds);
        DateTime deadline = scan.Context.CurrentUtcDateTime.AddSeconds(scan.Terms.ScanSeconds);
        await scan.UpdateAsync(new(scan.ScanId, Waiting: $"No scanner has reported yet; the scan is given up at {scan.At(start)}."));
        if (await WaitAsync(start, reported) is { } early) return early;
        if (!reported.IsCompleted) return ScanEnding.Failed($"No scanner gave a sign of life within {ScanPassage.Text(start)}.");
        scan.State = scan.State with { Deadline = deadline };
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Scanning, Waiting: ""));
        return null;
    }

    private async Task<ScanEnding?> WatchAsync()
    {
        TimeSpan pause = TimeSpan.FromSeconds(scan.State.NextWatchSeconds ?? scan.Terms.ScannerSilenceSeconds);
        for (int looks = 0; looks < LifecycleSettings.WatchesPerHistory || scan.HasNews; looks++)
        {
            if (await WaitAsync(pause < scan.TimeLeft ? pause : scan.TimeLeft) is { } ending) return ending;
            if (scan.TimeLeft == TimeSpan.Zero) return scan.OutOfTime();
            if (await scanner.LookAfterReportsAsync() is not { } next) return await scanner.SilentTooLongAsync();
            pause = next;
        }

        scan.State = scan.State with { NextWatchSeconds = pause.TotalSeconds };
        return null;
    }

    private async Task<ScanEnding?> WaitAsync(TimeSpan atMost, params Task[] orUntil)
    {
        Task timer = scan.Context.CreateTimer(atMost);
        await Task.WhenAny([scan.ResultStored, scan.Abort, scan.ServerLost, timer, .. orUntil]);
        if (scan.ResultStored.IsCompleted) return ScanEnding.ResultStored;
        if (scan.Abort.IsCompleted) return await scan.AbortedAsync();
        return scan.ServerLost.IsCompleted ? await scanner.LostAsync() : null;
    }
}
