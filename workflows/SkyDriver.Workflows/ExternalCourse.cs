using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan that a scanner outside of this system makes: at most its server is started here, its reports are waited for.</summary>
internal sealed class ExternalCourse(ScanPassage scan)
{
    /// <summary>All of them are in one history.</summary>
    private const int MostLooksBeforeReport = 40;

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
        if (await StartServerAsync() is { } notStarted) return notStarted;
        DateTime deadline = scan.Context.CurrentUtcDateTime.AddSeconds(scan.Terms.ScanSeconds);
        if (await AwaitReportAsync() is { } early) return early;
        scan.State = scan.State with { Deadline = deadline };
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Scanning, Waiting: ""));
        return null;
    }

    /// <summary>Where the site has a place for it. A place without room is asked again for as long as the scan may take, a fault is not tried for ever.</summary>
    private async Task<ScanEnding?> StartServerAsync()
    {
        if (scan.Terms.Server is not { } at) return null;
        DateTime givenUp = scan.Context.CurrentUtcDateTime.AddSeconds(scan.Terms.ScanSeconds);
        for (int faults = 0; scan.Context.CurrentUtcDateTime < givenUp;)
        {
            TimeSpan pause = TimeSpan.FromSeconds(scan.Terms.NoRoomSeconds);
            string why;
            try
            {
                ServerStartedV1 started = await scan.Context.CallActivityAsync<ServerStartedV1>(ActivityNames.StartServer, new ScannerServerV1(scan.ScanId, at), LifecycleSettings.Launch);
                scan.State = scan.State with { ServerJob = started.Job };
                if (started.Job is not null) return null;
                why = $"There is no room for the scanner's server yet at {at.Place} ({started.Denied})";
            }
            catch (WorkflowTaskFailedException failure)
            {
                why = $"The scanner's server could not be started at {at.Place}: {failure.FailureDetails.ErrorMessage}";
                if (++faults >= scan.Terms.LaunchAttempts) return ScanEnding.Failed(why);
                pause = TimeSpan.FromSeconds(scan.Terms.LaunchRetrySeconds);
            }

            await scan.UpdateAsync(new(scan.ScanId, Waiting: $"{why}; the next try is at {scan.At(pause)}."));
            if (await WaitAsync(pause) is { } ending) return ending;
        }

        return scan.OutOfTime();
    }

    /// <returns>How the scan ended without one, or null.</returns>
    private async Task<ScanEnding?> AwaitReportAsync()
    {
        TimeSpan start = TimeSpan.FromSeconds(scan.Terms.ServerStartSeconds);
        DateTime givenUp = scan.Context.CurrentUtcDateTime + start;
        await scan.UpdateAsync(new(scan.ScanId, Waiting: $"No scanner has reported yet; the scan is given up at {scan.At(start)}."));
        while (true)
        {
            TimeSpan left = givenUp - scan.Context.CurrentUtcDateTime, few = start / MostLooksBeforeReport;
            TimeSpan pause = scanner.Capped(left);
            if (await WaitAsync(pause > few || few > left ? pause : few, reported) is { } early) return early;
            if (reported.IsCompleted) return null;
            if (scan.Context.CurrentUtcDateTime >= givenUp) return ScanEnding.Failed($"No scanner gave a sign of life within {ScanPassage.Text(start)}.");
            if ((await scanner.LookAfterReportsAsync(heedsSilence: false)).Ending is { } lost) return lost;
        }
    }

    private async Task<ScanEnding?> WatchAsync()
    {
        TimeSpan pause = scanner.Capped(TimeSpan.FromSeconds(scan.State.NextWatchSeconds ?? scan.Terms.ScannerSilenceSeconds));
        for (int looks = 0; looks < LifecycleSettings.WatchesPerHistory || scan.HasNews; looks++)
        {
            if (await WaitAsync(pause < scan.TimeLeft ? pause : scan.TimeLeft) is { } ending) return ending;
            if (scan.TimeLeft == TimeSpan.Zero) return scan.OutOfTime();
            (ScanEnding? lost, pause) = await scanner.LookAfterReportsAsync();
            if (lost is not null) return lost;
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
