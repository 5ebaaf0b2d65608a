using SkyDriver.Contracts;

namespace SkyDriver.Worker.Gateway;

/// <summary>Fetches pixels from the REST service, a batch for each slot, and posts what was found, whose answer brings the next; ends with the scan.</summary>
/// <remarks>
/// While the service is away it is asked again after growing pauses; what was found meanwhile is kept and posted when it is back.
/// A worker that is told to stop gives its leases back, so that others need not wait until they run out.
/// </remarks>
public sealed partial class GatewayLoop(
    GatewayClient gateway, RecoSlots slots, WorkerDuty duty, WorkerOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<GatewayLoop> log)
    : BackgroundService
{
    /// <summary>Exit code of a worker that the service does not let in, or that did not reach it for too long.</summary>
    public const int NoGateway = 7;

    /// <summary>Renewals per lease: one may get lost.</summary>
    private const int RenewalsPerLease = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250), LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NotOpenYet = TimeSpan.FromSeconds(2), ReleasePatience = TimeSpan.FromSeconds(3), EndPatience = TimeSpan.FromSeconds(1);

    private readonly HeldLeases leases = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task[] all = [RenewAsync(end.Token), .. Enumerable.Range(0, options.Slots).Select(_ => ServeAsync(end.Token))];
        bool hasScan = true;
        try
        {
            // The first to end knows why: the scan is over, the service refuses, or this worker is told to stop.
            await await Task.WhenAny(all);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopping(leases.Numbers.Length);
        }
        catch (GatewayException over) when (over.IsOver)
        {
            LogOver(options.ScanId);
            hasScan = false;
        }
        catch (GatewayException refused)
        {
            LogGivenUp(refused.Message);
            Environment.ExitCode = NoGateway;
        }

        await end.CancelAsync();
        // A reconstruction that does not heed the stop must not keep its lease from being given back.
        await Task.WhenAny(Task.WhenAll(all), Task.Delay(EndPatience, clock, CancellationToken.None));
        if (hasScan) await ReleaseAsync();
        lifetime.StopApplication();
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        GatewayWork? given = null;
        while (true)
        {
            given ??= await PatientlyAsync(gateway.TakeAsync, stop);
            if (given is not null) given = await DoAsync(given.Batch, given.Trace, stop);
        }
    }

    /// <returns>What there is to do next, as far as that is known already.</returns>
    private async Task<GatewayWork?> DoAsync(PixelBatchV1 batch, string? trace, CancellationToken stop)
    {
        GatewayWork? next = null;
        using IDisposable busy = duty.Begin();
        using HeldLeases.Work work = leases.Begin(batch.BatchNumber, stop);
        using BatchSpan span = new(batch, trace, options.WorkerId);
        LogTaken(batch.BatchNumber, batch.Variations.Count);
        try
        {
            RecoBatchV1 found = await slots.RunAsync(batch, work.Dropped);
            (bool isTaken, next) = await PatientlyAsync(token => gateway.PostAsync(found, token), work.Dropped);
            span.Outcome = isTaken ? BatchSpan.Done : BatchSpan.Late;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            span.Outcome = BatchSpan.Late;
        }
        catch
        {
            work.IsKept = true;
            throw;
        }

        if (span.Outcome == BatchSpan.Late) LogLate(batch.BatchNumber);
        return next;
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        while (true)
        {
            LeasesHeld held = await PatientlyAsync(token => gateway.HelloAsync(leases.Numbers, token), stop);
            foreach (long lease in held.Over) leases.Drop(lease);
            await Task.Delay(held.LeaseTime > TimeSpan.Zero ? held.LeaseTime / RenewalsPerLease : NotOpenYet, clock, stop);
        }
    }

    /// <summary>Calls until there is an answer.</summary>
    /// <exception cref="GatewayException">The service refuses, or was away for too long.</exception>
    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken stop)
    {
        long start = clock.GetTimestamp();
        for (TimeSpan pause = FirstPause; ; pause = 2 * pause < LongestPause ? 2 * pause : LongestPause)
        {
            try
            {
                return await call(stop);
            }
            catch (GatewayException away) when (!away.IsRefusal && clock.GetElapsedTime(start) < options.GatewayPatience)
            {
                LogAway(away.Message);
            }

            await Task.Delay(pause, clock, stop);
        }
    }

    private async Task ReleaseAsync()
    {
        long[] left = leases.Numbers;
        if (left.Length == 0) return;
        using CancellationTokenSource patience = new(ReleasePatience, clock);
        try
        {
            await gateway.ReleaseAsync(left, patience.Token);
            LogReleased(left.Length);
        }
        catch (Exception away) when (away is GatewayException or OperationCanceledException)
        {
            LogNotReleased(left.Length, away.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "scan {Scan} is over; this worker ends")]
    private partial void LogOver(string scan);

    [LoggerMessage(Level = LogLevel.Debug, Message = "batch {Batch} taken: {Count} variations")]
    private partial void LogTaken(long batch, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "told to stop with {Count} batches in work")]
    private partial void LogStopping(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "this worker ends: {Fault}. Are SKYDRIVER_API and SKYDRIVER_WORKER_TOKEN right?")]
    private partial void LogGivenUp(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the lease of batch {Batch} is over, somebody else does it")]
    private partial void LogLate(long batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the service is away, it is asked again: {Fault}")]
    private partial void LogAway(string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} batches given back")]
    private partial void LogReleased(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} batches could not be given back, their leases will run out: {Fault}")]
    private partial void LogNotReleased(int count, string fault);
}
