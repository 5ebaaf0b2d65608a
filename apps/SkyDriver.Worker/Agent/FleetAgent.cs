using SkyDriver.Client;
using SkyDriver.Client.Fleet;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Worker.Agent.Staging;

namespace SkyDriver.Worker.Agent;

/// <summary>A worker of the fleet: declares itself, sends heartbeats, and does what the answers say, for as long as the process lives.</summary>
/// <remarks>
/// It outlives the scans that it serves one after the other, and the service, which may restart at any time. One exchange at a time;
/// what an answer says is done at once, and what came of it stands in the next.
/// </remarks>
internal sealed partial class FleetAgent(
    FleetWorkerClient fleet, AgentOptions options, WorkerToken token, TaskTools tools, SharedFiles shared, FailureCount pixels, TimeProvider clock, ILogger<FleetAgent> log) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30), Least = TimeSpan.FromMilliseconds(500);

    /// <summary>For each of the last words of a worker that ends.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(2);

    private readonly ExecutionsInHand _inHand = new(tools);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly MachineLoad _load = new();
    private readonly HashSet<long> _acknowledged = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _id;
    private TimeSpan _period = TimeSpan.FromSeconds(5);
    private bool _isStopping, _quarantineTold, _wasPaused;

    /// <summary>The batch that it serves now.</summary>
    public string Batch { get; private set; } = options.Batch;

    /// <summary>Why it takes no work; null while it does.</summary>
    public string? Quarantine => tools.Failures.Quarantine ?? pixels.Quarantine;

    public bool IsIdle => _inHand.Count == 0;

    /// <summary>It was told to start anew, and has nothing in hand any more.</summary>
    public bool IsToRestart { get; private set; }

    /// <summary>Ends with the next change of batch, quarantine or the wish for a restart.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Heartbeats until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            TimeSpan wait;
            try
            {
                await BeatAsync(stop);
                (wait, pause) = (_period, FirstPause);
            }
            catch (SkyDriverException unknown) when (unknown.IsNotFound && _id is not null)
            {
                // Nobody knows this worker: it declares itself again.
                LogUnknown(options.Name);
                (_id, wait) = (null, Least);
            }
            catch (SkyDriverException away)
            {
                LogAway(away.Message);
                // Many workers that lost the same service must not come back in step.
                wait = pause * (0.75 + (0.5 * Random.Shared.NextDouble()));
                pause = 2 * pause < LongestPause ? 2 * pause : LongestPause;
            }

            await WaitAsync(wait, stop);
        }
    }

    /// <summary>Ends what runs, within the time that the scheduler grants, and gives back what did not end well.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        tools.Gate.Set(0, isOpen: false, []);
        LogStopping(_inHand.Count);
        await _inHand.EndAsync(options.Grace, clock);
        if (_id is not { } id) return;
        // Whatever it has goes back at once and costs no retry; and nothing more is sent here.
        await LastAsync(stop => fleet.UpdateAsync(id, new() { Status = FleetWorkerStatus.Evicted }, stop));
        _inHand.DropAll();
        await LastAsync(stop => fleet.HeartbeatAsync(Beat(id), stop));
    }

    public void Dispose()
    {
        _inHand.DropAll();
        _wake.Dispose();
    }

    private async Task BeatAsync(CancellationToken stop)
    {
        _id ??= await DeclareAsync(stop);
        HeartbeatV1 beat = Beat(_id.Value);
        HeartbeatReplyV1 reply = await fleet.HeartbeatAsync(beat, stop);
        _acknowledged.ExceptWith(beat.AcknowledgedSignals ?? []);
        Hear(reply);
        await TellQuarantineAsync(_id.Value, stop);
    }

    private async Task<long> DeclareAsync(CancellationToken stop)
    {
        WorkerV1 row = await fleet.DeclareAsync(new()
        {
            Name = options.Name,
            Hostname = Environment.MachineName,
            Concurrency = options.Concurrency,
            Prefetch = options.Prefetch,
            Status = FleetWorkerStatus.Running,
            Batch = Batch,
            Flavor = options.Flavor,
            Region = options.Region,
            LauncherId = options.LauncherId,
        }, stop);
        token.Take(row.Token);
        // It was given back when this worker's last process ended; a pause by hand stays.
        if (row.Status == FleetWorkerStatus.Evicted) await fleet.UpdateAsync(row.WorkerId, new() { Status = FleetWorkerStatus.Running }, stop);
        LogDeclared(options.Name, row.WorkerId, row.Batch);
        return row.WorkerId;
    }

    private HeartbeatV1 Beat(long id) => new(id, _load.Processors(), MachineLoad.Memory(), Stats(), _inHand.Held(), [.. _acknowledged], Batch);

    private string Stats() => new WorkerStatsV1(
        MachineLoad.Averages(), Quarantine, _isStopping, tools.Failures.Top.Concat(pixels.Top).GroupBy(e => e.Key).ToDictionary(e => e.Key, e => e.Sum(one => one.Value))).Write();

    private void Hear(HeartbeatReplyV1 reply)
    {
        _period = TimeSpan.FromSeconds(Math.Clamp(reply.PeriodSeconds, 1, 300));
        token.Take(reply.Token);
        bool isRunning = reply.Worker.Status == FleetWorkerStatus.Running;
        LiftQuarantine(isRunning);
        bool takes = isRunning && Quarantine is null && !_isStopping && !IsToRestart;
        foreach (long dropped in reply.Dropped) _inHand.Find(dropped)?.Drop();
        foreach (SignalV1 signal in reply.Signals) Obey(signal);
        tools.Gate.Set(reply.Worker.Concurrency, takes, reply.Held);
        foreach (AssignmentV1 work in reply.Assignments)
        {
            if (takes) _inHand.Begin(work, Wake);
            else if (!_isStopping) _inHand.Refuse(work);
        }

        if (reply.Worker.Batch == Batch) return;
        LogMoved(Batch, reply.Worker.Batch);
        Batch = reply.Worker.Batch;
        Tell();
    }

    private void Obey(SignalV1 signal)
    {
        // It comes again until the service has heard of the acknowledgement.
        if (!_acknowledged.Add(signal.SignalId)) return;
        LogSignal(signal.Signal, signal.ExecutionId);
        switch (signal.Signal)
        {
            case FleetSignal.Clean:
                tools.Work.Clean();
                break;
            case FleetSignal.Forget:
                shared.Forget();
                break;
            case FleetSignal.Restart:
                IsToRestart = true;
                Tell();
                break;
            default:
                _inHand.Find(signal.ExecutionId ?? 0)?.Signal(signal.Signal);
                break;
        }

        Wake();
    }

    /// <summary>Says once that it takes no more work; whoever lets it run again lifts the quarantine.</summary>
    private async Task TellQuarantineAsync(long id, CancellationToken stop)
    {
        if (Quarantine is not { } why || _quarantineTold) return;
        LogQuarantine(why);
        await fleet.UpdateAsync(id, new() { Status = FleetWorkerStatus.Paused }, stop);
        (_quarantineTold, _wasPaused) = (true, false);
        Tell();
    }

    private void LiftQuarantine(bool isRunning)
    {
        if (!_quarantineTold) return;
        if (!isRunning) _wasPaused = true;
        else if (_wasPaused)
        {
            tools.Failures.Lift();
            pixels.Lift();
            _quarantineTold = false;
            Tell();
        }
    }

    private void Wake() => _wake.Release();

    private void Tell() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        // Several things that end at once are told together.
        if (wait > Least) await Task.Delay(Least, clock, stop);
        while (_wake.Wait(0, CancellationToken.None)) wait = Least;
        if (wait <= Least) return;
        using CancellationTokenSource limit = new(wait - Least, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Nothing happened: time for the next heartbeat.
        }
    }

    private async Task LastAsync<T>(Func<CancellationToken, Task<T>> call)
    {
        using CancellationTokenSource limit = new(LastWord, clock);
        try
        {
            await call(limit.Token);
        }
        catch (Exception unheard) when (unheard is SkyDriverException or OperationCanceledException)
        {
            LogUnheard(unheard.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Name} is number {Id} of the fleet and serves batch {Batch}")]
    private partial void LogDeclared(string name, long id, string batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the fleet does not know worker {Name}; it declares itself again")]
    private partial void LogUnknown(string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "no heartbeat: {Fault}")]
    private partial void LogAway(string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "this worker goes from batch {From} to batch {To}")]
    private partial void LogMoved(string from, string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "signal {Signal} for execution {Execution}")]
    private partial void LogSignal(int signal, long? execution);

    [LoggerMessage(Level = LogLevel.Error, Message = "this worker takes no more work: {Why}. Look after it, then let it go on with 'skydriver worker pause ID --resume'.")]
    private partial void LogQuarantine(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "told to stop with {Count} executions in hand")]
    private partial void LogStopping(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the last word was not heard: {Fault}")]
    private partial void LogUnheard(string fault);
}
