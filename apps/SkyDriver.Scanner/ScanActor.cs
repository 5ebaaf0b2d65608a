using Dapr;
using Dapr.Actors.Runtime;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Scanner;

/// <summary>Owner of one scan: opens rounds, publishes pixels, folds reconstructions in, reports, and ends the scan. Actor id = scan id.</summary>
/// <remarks>
/// A turn is: take the run, change it, commit, and only then tell others. The run is put back when the turn succeeded;
/// after a failed one the field is empty and the next turn loads what was committed last. Whatever was not told comes
/// again by the reminder, which stays until the end of the scan has been told, too.
/// </remarks>
[Actor(TypeName = ActorTypes.Scan)]
public sealed partial class ScanActor(
    ActorHost host, ScanPlans plans, PixelPublisher publisher, ScanReporter reporter, ScannerOptions options, TimeProvider clock, ILogger<ScanActor> log)
    : ServiceActor(host), IScanActor, IRemindable
{
    private const string Sweep = "sweep";
    private ScanRun? kept;
    private double latest, ahead;

    public async Task<ScanProgressV1> Open(OpenScanV1 request)
    {
        ScanRun? run = await TakeAsync();
        if (run is null)
        {
            // Before the state: a reminder without a scan ends itself, a scan without a reminder could wait for ever.
            await RegisterReminderAsync(Sweep, [], options.SweepInterval, options.SweepInterval);
            run = await BeginAsync(request);
        }

        await AdvanceAsync(run);
        return Keep(run);
    }

    public async Task RecordRecos(RecordRecosV1 request)
    {
        if (await TakeAsync() is not { } run) return;
        foreach (byte[] batch in request.Batches)
        {
            if (run.Fold(RecoBatchV1.Parser.ParseFrom(batch), Now()) is > 0 and int setAside) LogSetAside(run.ScanId, setAside, run.Ledger!.SetAside[^1].Reason);
        }

        await AdvanceAsync(run);
        Keep(run);
    }

    public async Task Abort(AbortScanV1 request)
    {
        if (await TakeAsync() is not { } run) return;
        run.End(ScanActorState.Aborted, request.Reason, Now());
        await AdvanceAsync(run);
        Keep(run);
    }

    public async Task HintWorkers(WorkerHintV1 hint)
    {
        if (await TakeAsync() is not { } run) return;
        run.HintWorkers(hint.Workers);
        await AdvanceAsync(run);
        Keep(run);
    }

    public async Task<ScanProgressV1> GetProgress() =>
        await TakeAsync() is { } run ? Keep(run) : new(Id.GetId(), ScanActorState.NotOpen, 0, 0, 0, 0, 0, 0, null, null);

    public async Task<LeasedWorkV1> LeaseWork(LeaseWorkV1 request)
    {
        if (await TakeAsync() is not { } run) return new(ScanActorState.NotOpen, []);
        if (run.EndLeases(Now()) is > 0 and int ended) LogLeasesEnded(run.ScanId, ended);
        List<LeaseV1> granted = run.Lease(request, Now());
        await AdvanceAsync(run);
        Keep(run);
        return new(run.Head.State, PixelPublisher.Trace(run.ScanId, granted, run.Head.Trace));
    }

    public async Task<LeaseSettledV1> SettleLease(SettleLeaseV1 request)
    {
        if (await TakeAsync() is not { } run) return new(ScanActorState.NotOpen, IsTaken: false);
        RecoBatchV1 batch = RecoBatchV1.Parser.ParseFrom(request.Batch);
        bool isTaken = run.Settle(batch, Now(), out int setAside);
        if (setAside > 0) LogSetAside(run.ScanId, setAside, run.Ledger!.SetAside[^1].Reason);
        LeaseV1? next = isTaken && request.WantsNext ? run.Next(batch, Now()) : null;
        await AdvanceAsync(run);
        Keep(run);
        return new(run.Head.State, isTaken, next is null ? null : PixelPublisher.Trace(run.ScanId, [next], run.Head.Trace)[0]);
    }

    public async Task<LeasesTendedV1> TendLeases(TendLeasesV1 request)
    {
        if (await TakeAsync() is not { } run) return new(ScanActorState.NotOpen, request.Held, 0);
        List<long> over = run.Tend(request, Now());
        await AdvanceAsync(run);
        Keep(run);
        return new(run.Head.State, over, options.LeaseTime.TotalSeconds);
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        ScanRun? run = await TakeAsync();
        if (run is null || run.Head.Reported)
        {
            await UnregisterReminderAsync(Sweep);
            return;
        }

        if (run.EndLeases(Now()) is > 0 and int ended) LogLeasesEnded(run.ScanId, ended);
        if (run.CallBackOverdue(options, Now()) is > 0 and int overdue) LogOverdue(run.ScanId, overdue);
        await AdvanceAsync(run);
        Keep(run);
    }

    /// <summary>Another process may have the scan next.</summary>
    protected override Task OnDeactivateAsync()
    {
        SkyDriverMetrics.Ledgers.Forget(Id.GetId());
        return Task.CompletedTask;
    }

    private async Task<ScanRun> BeginAsync(OpenScanV1 request)
    {
        try
        {
            var (plan, stored) = await plans.LoadAsync(request);
            SkyDriverMetrics.ScansOpened.Add(1);
            LogOpened(request.ScanId, plan.Algorithm.Name, plan.Progression.ToString());
            return ScanRun.Begin(StateManager, request, plan, stored, options, Now());
        }
        catch (ScanPlanException refused)
        {
            LogRefused(request.ScanId, refused.Message);
            return ScanRun.Refuse(StateManager, request, refused.Message, options, Now());
        }
    }

    /// <summary>Commits the turn, publishes what it set free, reports what is due.</summary>
    private async Task AdvanceAsync(ScanRun run)
    {
        if (run.Head.Reported) return;
        IReadOnlyList<PixelBatchV1> batches = run.TakeBatches(Now());
        await run.CommitAsync();
        await publisher.TryPublishAsync(run.ScanId, batches, run.Head.Trace);
        if (run.IsScanning) await reporter.TryReportAsync(run, Now());
        else await TryEndAsync(run);
    }

    private async Task TryEndAsync(ScanRun run)
    {
        try
        {
            ScanProgressV1 final = await reporter.EndAsync(run, Now());
            await run.CloseAsync(final);
            ScanMetrics.Ended(run);
            LogEnded(run.ScanId, run.Head.State, final.Received, final.SetAside);
        }
        catch (Exception fault) when (fault is DaprException or HttpRequestException or TimeoutException or InvalidOperationException)
        {
            LogEndNotTold(run.ScanId, fault.Message);
        }
    }

    private async Task<ScanRun?> TakeAsync()
    {
        ScanRun? taken = kept ?? await ScanRun.LoadAsync(StateManager, plans, options, Now());
        kept = null;
        latest = Math.Max(latest, taken?.Ledger?.Now ?? 0);
        return taken;
    }

    private ScanProgressV1 Keep(ScanRun run)
    {
        // A scan that is over and told needs no ledger any more.
        if (!run.Head.Reported) kept = run;
        ScanMetrics.Note(run, clock);
        return ScanReporter.Counts(run);
    }

    /// <summary>Unix seconds. Where the clock was set back, the scan's time goes on from the latest it knows: nothing overdue waits until the clock has caught up.</summary>
    private double Now()
    {
        double wall = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        ahead = Math.Max(ahead, latest - wall);
        return latest = wall + ahead;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "scan {Scan} opened: {Algorithm}, {Progression}")]
    private partial void LogOpened(string scan, string algorithm, string progression);

    [LoggerMessage(Level = LogLevel.Error, Message = "scan {Scan} cannot be: {Reason}")]
    private partial void LogRefused(string scan, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: {Count} variations set aside, the last one because it {Reason}")]
    private partial void LogSetAside(string scan, int count, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: {Count} variations are overdue and are published again")]
    private partial void LogOverdue(string scan, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "scan {Scan}: {Count} leases of workers that fetch their pixels ran out; others get the work")]
    private partial void LogLeasesEnded(string scan, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "scan {Scan} {State}: {Recos} reconstructions, {SetAside} set aside")]
    private partial void LogEnded(string scan, string state, long recos, long setAside);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the end of scan {Scan} is not told yet, it will be tried again: {Fault}")]
    private partial void LogEndNotTold(string scan, string fault);
}
