using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan that a scanner outside of this system makes: nothing is started here, its reports are waited for.</summary>
internal sealed class ExternalCourse(ScanPassage scan)
{
    private readonly Task<ScannerReportedV1> reported = scan.Context.WaitForExternalEventAsync<ScannerReportedV1>(WorkflowEvents.ScannerReported);

    /// <returns>How the scan ended.</returns>
    public async Task<ScanEnding> RunAsync()
    {
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Launching));
        ScanPreparedV1 prepared = await scan.Context.CallActivityAsync<ScanPreparedV1>(
            ActivityNames.PrepareEvent, new ScanReferenceV1(scan.ScanId, scan.State.I3EventId, ScanEngine.External), LifecycleSettings.Step);
        if (prepared.Failure is { } failure) return ScanEnding.Failed(failure);
        TimeSpan start = TimeSpan.FromSeconds(scan.Terms.ServerStartSeconds);
        scan.State = scan.State with { Deadline = scan.Context.CurrentUtcDateTime.AddSeconds(scan.Terms.ScanSeconds) };
        await scan.UpdateAsync(new(scan.ScanId, Waiting: $"No scanner has reported yet; the scan is given up at {scan.At(start)}."));
        if (await WaitAsync(start, reported) is { } early) return early;
        if (!reported.IsCompleted) return ScanEnding.Failed($"No scanner gave a sign of life within {ScanPassage.Text(start)}.");
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Scanning, Waiting: ""));
        return await WaitAsync(scan.TimeLeft) ?? scan.OutOfTime();
    }

    private async Task<ScanEnding?> WaitAsync(TimeSpan atMost, params Task[] orUntil)
    {
        Task timer = scan.Context.CreateTimer(atMost);
        await Task.WhenAny([scan.ResultStored, scan.Abort, timer, .. orUntil]);
        if (scan.ResultStored.IsCompleted) return ScanEnding.ResultStored;
        return scan.Abort.IsCompleted ? await scan.AbortedAsync() : null;
    }
}
