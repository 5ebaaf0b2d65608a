using Grpc.Core;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Scheduling;

namespace SkyDriver.Sidecar.Actors;

/// <summary>A timer of an active actor. It lives in memory and ends with the activation.</summary>
internal sealed class ActorTimer(string name, ScheduleRequest request, Repetition repetition, DateTimeOffset? expires)
{
    public string Name => name;

    public ScheduleRequest Request => request;

    public TimeSpan? Period => repetition.Period;

    /// <summary>Firings left; null without end.</summary>
    public int? Left { get; set; } = repetition.Count;

    public IDisposable? Pending { get; set; }

    public bool IsStopped { get; private set; }

    public bool IsExpired(DateTimeOffset now) => expires <= now;

    public void Stop()
    {
        IsStopped = true;
        Pending?.Dispose();
    }
}

/// <summary>The timers of active actors. The next firing is set when the callback has returned; failures are only logged.</summary>
internal sealed partial class ActorTimerService(ActorEngine engine, TimerQueue timers, TimeProvider clock, ILogger log)
{
    /// <summary>Sets a timer, in place of one of the same name.</summary>
    /// <exception cref="FormatException">A time that is none.</exception>
    public void Register(AppInstance caller, ActorKey actor, string name, ScheduleRequest request)
    {
        var now = clock.GetUtcNow();
        var due = TimeGrammar.ParseDue(request.DueTime, now);
        var timer = new ActorTimer(name, request, TimeGrammar.ParsePeriod(request.Period), TimeGrammar.ParseInstant(request.Ttl, now));
        engine.ChangeTimers(caller, actor, all =>
        {
            if (all.Remove(name, out var old)) old.Stop();
            all[name] = timer;
        });
        Arm(actor, timer, due);
    }

    /// <summary>Takes a timer back; one that is not there is fine.</summary>
    public void Unregister(AppInstance caller, ActorKey actor, string name) => engine.ChangeTimers(caller, actor, all =>
    {
        if (all.Remove(name, out var old)) old.Stop();
    });

    private void Arm(ActorKey actor, ActorTimer timer, DateTimeOffset due)
    {
        if (!engine.Stopping.IsCancellationRequested) timer.Pending = timers.Schedule(due, () => _ = FireAsync(actor, timer));
    }

    private async Task FireAsync(ActorKey actor, ActorTimer timer)
    {
        if (timer.IsExpired(clock.GetUtcNow()))
        {
            engine.ForgetTimer(actor, timer);
            return;
        }

        bool cancelled = false;
        try
        {
            var call = ActorCall.Json(ActorBodies.Timer(timer.Request));
            var reply = await engine.TryDispatchAsync(actor, $"method/timer/{Uri.EscapeDataString(timer.Name)}", call, chain: null, _ => !timer.IsStopped, engine.Stopping);
            if (reply is null) return;
            cancelled = reply.Cancels;
            if (reply.IsAppError || !reply.IsSuccess) LogFailed(log, timer.Name, actor, ActorEngine.Describe(reply));
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (RpcException e)
        {
            LogFailed(log, timer.Name, actor, e.Status.Detail);
        }

        if (timer.Left is { } left) timer.Left = left - 1;
        if (cancelled || timer.Left == 0 || timer.Period is not { } period) engine.ForgetTimer(actor, timer);
        else if (!timer.IsStopped) Arm(actor, timer, clock.GetUtcNow() + period);
    }

    [LoggerMessage(20, LogLevel.Error, "Timer {Name} of actor {Actor} failed. {Fault}")]
    private static partial void LogFailed(ILogger log, string name, ActorKey actor, string fault);
}
