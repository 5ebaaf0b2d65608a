using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Sidecar.Scheduling;

namespace SkyDriver.Sidecar.Actors;

/// <summary>
/// The reminders of one app id. Each is in the store from registration to its last firing; a firing counts once the app
/// has answered and the next one is stored, so that a crash repeats rather than loses it.
/// </summary>
internal sealed partial class ReminderService(ActorEngine engine, string appId, ActorStore? store, TimerQueue timers, TimeProvider clock, ILogger log)
{
    private readonly string _prefix = $"{appId}||dapr.internal.reminders||";
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly HashSet<Pending> _homeless = [];
    private readonly SemaphoreSlim _starting = new(1);

    // Writes of one reminder must reach the store in order; different ones rarely meet in a stripe.
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];
    private bool _started;

    /// <summary>An instance with actors is there: reads the stored reminders at the first, and fires what had no home before.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await _starting.WaitAsync(ct);
        try
        {
            if (!_started)
            {
                foreach (var (key, value) in await Store.ScanAsync(_prefix, ct)) Schedule(key, ReminderRules.Resume(ReminderRecord.Parser.ParseFrom(value), clock.GetUtcNow()), onlyIfNew: true);
                _started = true;
            }
        }
        finally
        {
            _starting.Release();
        }

        WakeHomeless();
    }

    /// <summary>Fires what was due while no instance took calls of its type.</summary>
    public void WakeHomeless()
    {
        Pending[] waiting;
        lock (_gate)
        {
            waiting = [.. _homeless];
            _homeless.Clear();
        }

        foreach (var pending in waiting) Arm(pending, clock.GetUtcNow());
    }

    /// <exception cref="FormatException">A time that is none.</exception>
    public async Task RegisterAsync(ActorKey actor, string name, ScheduleRequest request)
    {
        if (!engine.Hosts(actor.Type)) throw ActorFaults.ReminderNotHosted(actor);
        var record = ReminderRules.Create(actor, name, request, clock.GetUtcNow());
        string key = KeyOf(actor, name);
        var stripe = await EnterAsync(key);
        try
        {
            if (!request.Overwrite && await Store.GetAsync(key) is not null) throw ActorFaults.ReminderExists(actor, name);
            await SaveAsync(key, record);
            Schedule(key, record, onlyIfNew: false);
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>Removes a reminder; one that is not there is fine.</summary>
    public async Task UnregisterAsync(ActorKey actor, string name)
    {
        if (!engine.Hosts(actor.Type)) throw ActorFaults.ReminderNotHosted(actor);
        string key = KeyOf(actor, name);
        var stripe = await EnterAsync(key);
        try
        {
            await Store.ApplyAsync([ActorStore.Delete(key)]);
            Drop(key);
        }
        finally
        {
            stripe.Release();
        }
    }

    public async Task<ReminderRecord> GetAsync(ActorKey actor, string name)
    {
        if (await Store.GetAsync(KeyOf(actor, name)) is not { } stored) throw ActorFaults.ReminderMissing(actor, name);
        return ReminderRecord.Parser.ParseFrom(stored.Value);
    }

    /// <summary>The reminders of a type, or of one actor of it, in the order of their keys.</summary>
    public async Task<IReadOnlyList<ReminderRecord>> ListAsync(string type, string? id, CancellationToken ct)
    {
        if (!engine.Hosts(type)) throw ActorFaults.ReminderNotHosted(new ActorKey(type, id ?? "*"));
        // Ids may hold the separator, so that the key alone does not tell whose reminder it is.
        return [.. (await Store.ScanAsync($"{_prefix}{type}||{(id is null ? "" : id + "||")}", ct))
            .Select(found => ReminderRecord.Parser.ParseFrom(found.Value))
            .Where(record => record.ActorType == type && (id is null || record.ActorId == id))];
    }

    /// <summary>Removes the reminders of a type, or of one actor of it.</summary>
    public async Task UnregisterAllAsync(string type, string? id, CancellationToken ct)
    {
        foreach (var record in await ListAsync(type, id, ct)) await UnregisterAsync(new ActorKey(type, record.ActorId), record.Name);
    }

    private ActorStore Store => store ?? throw ActorFaults.NoStore();

    private string KeyOf(ActorKey actor, string name) => $"{_prefix}{actor.Type}||{actor.Id}||{name}";

    private async Task<SemaphoreSlim> EnterAsync(string key)
    {
        var stripe = _stripes[(key.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % _stripes.Length];
        await stripe.WaitAsync();
        return stripe;
    }

    private Task SaveAsync(string key, ReminderRecord record) => Store.ApplyAsync([ActorStore.Put(key, record.ToByteArray())]);

    private void Schedule(string key, ReminderRecord record, bool onlyIfNew)
    {
        var pending = new Pending(key, record);
        lock (_gate)
        {
            if (_pending.TryGetValue(key, out var old))
            {
                if (onlyIfNew) return;
                old.Timer?.Dispose();
                _homeless.Remove(old);
            }

            _pending[key] = pending;
        }

        Arm(pending, record.Next.ToDateTimeOffset());
    }

    private void Drop(string key)
    {
        lock (_gate)
        {
            if (!_pending.Remove(key, out var pending)) return;
            pending.Timer?.Dispose();
            _homeless.Remove(pending);
        }
    }

    private void Arm(Pending pending, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (!IsCurrent(pending) || engine.Stopping.IsCancellationRequested) return;
            pending.Timer = timers.Schedule(due, () => _ = RunAsync(pending));
        }
    }

    private bool IsCurrent(Pending pending) => _pending.GetValueOrDefault(pending.Key) == pending;

    private bool IsStillCurrent(Pending pending)
    {
        lock (_gate) return IsCurrent(pending);
    }

    private async Task RunAsync(Pending pending)
    {
        try
        {
            await FireAsync(pending);
        }
        catch (OperationCanceledException) when (engine.Stopping.IsCancellationRequested)
        {
            // The next start of the sidecar finds the reminder in the store.
        }
        catch (Exception e)
        {
            // The app was called; only the store failed. Firing again is what at-least-once allows.
            LogNotStored(log, e, pending.Key);
            Arm(pending, clock.GetUtcNow() + FailurePolicy.Default.Interval);
        }
    }

    private async Task FireAsync(Pending pending)
    {
        var record = pending.Record;
        bool finished = ReminderRules.IsExpired(record, clock.GetUtcNow());
        if (!finished)
        {
            var (outcome, fault) = await CallAsync(pending);
            switch (outcome)
            {
                case Outcome.Homeless:
                    lock (_gate)
                    {
                        if (IsCurrent(pending)) _homeless.Add(pending);
                    }

                    // An instance may have come in between.
                    if (engine.IsOpen(record.ActorType)) await StartAsync(engine.Stopping);
                    return;
                case Outcome.Unreachable:
                    LogFailed(log, record.Name, record.ActorType, record.ActorId, fault);
                    Arm(pending, clock.GetUtcNow() + FailurePolicy.Default.Interval);
                    return;
                case Outcome.Failed when ReminderRules.RetryAfter(record, ++pending.Failures) is { } pause:
                    LogFailed(log, record.Name, record.ActorType, record.ActorId, fault);
                    Arm(pending, clock.GetUtcNow() + pause);
                    return;
                case Outcome.Failed:
                    LogGivenUp(log, record.Name, record.ActorType, record.ActorId, fault);
                    break;
                case Outcome.Superseded:
                    return;
                case Outcome.Cancelled:
                    finished = true;
                    break;
            }
        }

        await FinishAsync(pending, finished ? null : ReminderRules.Advance(record, clock.GetUtcNow()));
    }

    /// <summary>Stores what follows a firing, unless the reminder was registered again or removed during the call.</summary>
    private async Task FinishAsync(Pending pending, ReminderRecord? next)
    {
        var stripe = await EnterAsync(pending.Key);
        try
        {
            if (!IsStillCurrent(pending)) return;
            if (next is null)
            {
                await Store.ApplyAsync([ActorStore.Delete(pending.Key)]);
                Drop(pending.Key);
                return;
            }

            await SaveAsync(pending.Key, next);
            Schedule(pending.Key, next, onlyIfNew: false);
        }
        finally
        {
            stripe.Release();
        }
    }

    private async Task<(Outcome Outcome, string Fault)> CallAsync(Pending pending)
    {
        var record = pending.Record;
        var actor = new ActorKey(record.ActorType, record.ActorId);
        if (!engine.IsOpen(actor.Type)) return (Outcome.Homeless, "");
        try
        {
            var call = ActorCall.Json(ActorBodies.Reminder(record.Data.Memory));
            var reply = await engine.TryDispatchAsync(actor, $"method/remind/{Uri.EscapeDataString(record.Name)}", call, chain: null, _ => IsStillCurrent(pending), engine.Stopping);
            if (reply is null) return (Outcome.Superseded, "");
            if (reply.IsAppError || !reply.IsSuccess) return (Outcome.Failed, ActorEngine.Describe(reply));
            return (reply.Cancels ? Outcome.Cancelled : Outcome.Done, "");
        }
        catch (RpcException e)
        {
            return (engine.IsOpen(actor.Type) ? Outcome.Unreachable : Outcome.Homeless, e.Status.Detail);
        }
    }

    private enum Outcome
    {
        Done,
        Cancelled,
        Failed,
        Unreachable,
        Homeless,
        Superseded,
    }

    /// <summary>A reminder as registered or last stored; another object takes its place at every change.</summary>
    private sealed class Pending(string key, ReminderRecord record)
    {
        public string Key => key;

        public ReminderRecord Record => record;

        public IDisposable? Timer { get; set; }

        /// <summary>Failed tries of this firing.</summary>
        public int Failures { get; set; }
    }

    [LoggerMessage(10, LogLevel.Warning, "Reminder {Name} of actor {Type}/{Id} failed and is tried again. {Fault}")]
    private static partial void LogFailed(ILogger log, string name, string type, string id, string fault);

    [LoggerMessage(11, LogLevel.Error, "Reminder {Name} of actor {Type}/{Id} failed too often; this firing is given up. {Fault}")]
    private static partial void LogGivenUp(ILogger log, string name, string type, string id, string fault);

    [LoggerMessage(12, LogLevel.Error, "Reminder {Key} could not be stored and is fired again.")]
    private static partial void LogNotStored(ILogger log, Exception e, string key);
}
