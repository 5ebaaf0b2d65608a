using Dapr.Workflow;
using SkyDriver.Contracts;

namespace SkyDriver.Workflows;

/// <summary>A scan that the scan actor makes: launch, then a watch over the workers.</summary>
internal sealed class NativeCourse(ScanPassage scan)
{
    private readonly WorkerCrew crew = new(scan);
    private readonly ScannerWatch scanner = new(scan);

    /// <returns>How the scan ended, or null when the watch is to go on with a fresh history.</returns>
    public async Task<ScanEnding?> RunAsync() => (scan.State.Deadline is null ? await LaunchAsync() : null) ?? await WatchAsync();

    private async Task<ScanEnding?> LaunchAsync()
    {
        TimeSpan pause = TimeSpan.FromSeconds(scan.Terms.LaunchRetrySeconds);
        for (int attempt = 1; ; attempt++)
        {
            await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Launching, Waiting: ""));
            (ScanEnding? ending, string? fault) = await TryLaunchAsync();
            if (ending is not null) return ending;
            if (fault is null) break;
            if (attempt >= scan.Terms.LaunchAttempts) return ScanEnding.Failed($"The scan could not be launched, {attempt} times; the last time: {fault}");
            await scan.UpdateAsync(new(scan.ScanId, Waiting: $"Launch {attempt} of {scan.Terms.LaunchAttempts} failed: {fault} The next one is at {scan.At(pause)}."));
            await Task.WhenAny(scan.Abort, scan.ResultStored, scan.Context.CreateTimer(pause));
            if (await InterruptedAsync() is { } interrupted) return interrupted;
        }

        scan.State = scan.State with { Deadline = scan.Context.CurrentUtcDateTime.AddSeconds(scan.Terms.ScanSeconds) };
        await scan.UpdateAsync(new(scan.ScanId, Phase: ScanPhase.Scanning));
        await crew.RecruitAsync();
        return null;
    }

    /// <returns>How it ended already; or what went wrong, so that it may be tried again; or neither, when the scan is open.</returns>
    private async Task<(ScanEnding? Ending, string? Fault)> TryLaunchAsync()
    {
        ScanReferenceV1 reference = new(scan.ScanId, scan.State.I3EventId);
        TimeSpan limit = TimeSpan.FromSeconds(scan.Terms.ServerStartSeconds);
        try
        {
            ScanPreparedV1 prepared = await scan.Context.CallActivityAsync<ScanPreparedV1>(ActivityNames.PrepareEvent, reference, LifecycleSettings.Step);
            scan.State = scan.State with { Prepared = prepared };
            if (prepared.Failure is { } failure) return (ScanEnding.Failed(failure), null);
            if (await InterruptedAsync() is { } before) return (before, null);
            scan.State = scan.State with { Opened = true };
            Task open = scan.Context.CallActivityAsync(ActivityNames.OpenScan, reference, LifecycleSettings.Step);
            await Task.WhenAny(open, scan.Context.CreateTimer(limit));
            if (await InterruptedAsync() is { } after) return (after, null);
            if (!open.IsCompleted) return (null, $"The scanner gave no sign of life within {ScanPassage.Text(limit)}.");
            await open;
            return (null, null);
        }
        catch (WorkflowTaskFailedException failure)
        {
            return (null, failure.FailureDetails.ErrorMessage);
        }
    }

    private async Task<ScanEnding?> WatchAsync()
    {
        Task look = scan.Context.CreateTimer(crew.Pause);
        for (int looks = 0; ;)
        {
            await Task.WhenAny(scan.Ended, scan.Abort, scan.ResultStored, scan.ServerLost, crew.More, look);
            if (scan.Ended.IsCompleted) return ScanEnding.From(await scan.Ended);
            if (await InterruptedAsync() is { } interrupted) return interrupted;
            if (scan.ServerLost.IsCompleted) return await scanner.LostAsync();
            if (crew.More.IsCompleted)
            {
                await crew.AddAsync();
                continue;
            }

            if (scan.TimeLeft == TimeSpan.Zero) return scan.OutOfTime();
            if ((await scanner.LookAfterLedgerAsync() ?? await crew.LookAsync()) is { } ending) return ending;
            if (++looks >= LifecycleSettings.WatchesPerHistory && !scan.HasNews && !crew.More.IsCompleted) return null;
            look = scan.Context.CreateTimer(crew.Pause);
        }
    }

    private async Task<ScanEnding?> InterruptedAsync()
    {
        if (scan.ResultStored.IsCompleted) return ScanEnding.ResultStored;
        return scan.Abort.IsCompleted ? await scan.AbortedAsync() : null;
    }
}
