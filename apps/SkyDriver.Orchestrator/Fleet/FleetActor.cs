using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Grpc.Core;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Who is where, who is hired, who is given back. One actor for all.</summary>
/// <remarks>
/// It calls batches, and no batch calls it. What it wants done is in its own state before it is done elsewhere, and done
/// again by the next cycle until it is seen to be so; every step is idempotent.
/// </remarks>
[Actor(TypeName = ActorTypes.Fleet)]
public sealed partial class FleetActor(
    ActorHost host, IActorProxyFactory actors, FleetDirectory directory, WorkerLaunchers launchers, IJobRunner runner, FleetOptions options, TimeProvider clock, ILogger<FleetActor> log)
    : ServiceActor(host), IFleetActor, IRemindable
{
    private const string Cycle = "cycle";
    private static readonly TimeSpan CycleInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string Provider, string Region), DateTimeOffset> refusing = [];
    private readonly Dictionary<(string Batch, int Rank), DateTimeOffset> failing = [];
    private Kept? kept;
    private KeyBook? keptKeys;
    private bool ticks;

    public Task Wake() => OnCycle();

    public Task OnCycle() => TurnAsync(async fleet =>
    {
        await CycleAsync(fleet);
        return true;
    });

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) => OnCycle();

    private async Task<T> TurnAsync<T>(Func<FleetState, Task<T>> change)
    {
        Kept turn = await TakeAsync();
        if (!ticks)
        {
            await RegisterReminderAsync(Cycle, [], WatchInterval, WatchInterval);
            await RegisterTimerAsync(Cycle, nameof(OnCycle), [], CycleInterval, CycleInterval);
            ticks = true;
        }

        T answer = await change(turn.State);
        await turn.Journal.SaveAsync(turn.State);
        kept = turn;
        return answer;
    }

    /// <param name="after">What follows, once the key can be saved together with what it stands for.</param>
    private async Task<FleetAnswer<T>> TurnAsync<TBody, T>(
        FleetCommand<TBody> command,
        Func<FleetState, Task<FleetAnswer<T>>> change,
        Func<T, IReadOnlyList<long>> ids,
        Func<FleetState, IReadOnlyList<long>, Task<FleetAnswer<T>>> again,
        Func<FleetState, Task>? after = null)
    {
        if (KeyBook.WhyNot(command.Key) is { } why) return FleetAnswer.Refused<T>(why);
        return await TurnAsync(async fleet =>
        {
            if (command.Key is not { } key)
            {
                FleetAnswer<T> done = await change(fleet);
                if (after is not null) await after(fleet);
                return done;
            }

            KeyBook keys = keptKeys ??= await KeyBook.LoadAsync(StateManager);
            string fingerprint = KeyBook.Fingerprint(command.Body);
            if (keys.Find(key, Now()) is { } note)
            {
                if (note.Fingerprint != fingerprint) return FleetAnswer.Conflict<T>($"Idempotency-Key '{key}' was used for another request; use a new one.");
                FleetAnswer<T> same = await again(fleet, note.Ids);
                return same.IsOk ? same with { Status = note.Status } : same;
            }

            // Until the turn is over nobody may rely on what it adds.
            keptKeys = null;
            FleetAnswer<T> answer = await change(fleet);
            if (answer.IsOk) await keys.AddAsync(new(key, fingerprint, Now(), answer.Status, ids(answer.Value)));
            if (after is not null) await after(fleet);
            keptKeys = keys;
            return answer;
        });
    }

    /// <summary>Another process may have the fleet next.</summary>
    protected override Task OnDeactivateAsync()
    {
        SkyDriverMetrics.Workers.Clear();
        return Task.CompletedTask;
    }

    /// <summary>Makes an intention durable before others are asked to do their part.</summary>
    private Task SaveAsync(FleetState fleet) => new FleetJournal(StateManager).SaveAsync(fleet);

    private async Task<Kept> TakeAsync()
    {
        Kept? taken = kept;
        kept = null;
        if (taken is not null) return taken;
        keptKeys = null;
        FleetJournal journal = new(StateManager);
        return new(await journal.LoadAsync(options.Server), journal);
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>A batch that does not answer now is asked again by the next cycle.</summary>
    private async Task<bool> TryAsync(string what, Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception away) when (away is DaprException or ActorMethodInvocationException or HttpRequestException or TimeoutException or InvalidOperationException or RpcException)
        {
            LogAway(what, away.Message);
            return false;
        }
    }

    private sealed record Kept(FleetState State, FleetJournal Journal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "fleet: {What} was not done now, it will be tried again: {Fault}")]
    private partial void LogAway(string what, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "fleet: {Shortfall}")]
    private partial void LogShortfall(string shortfall);

    [LoggerMessage(Level = LogLevel.Information, Message = "fleet: worker {Worker} goes from batch {From} to {To}")]
    private partial void LogRecycled(string worker, string from, string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "fleet: {Number} workers ordered from {Provider}/{Region} for batch {Batch}")]
    private partial void LogOrdered(int number, string provider, string region, string batch);

    [LoggerMessage(Level = LogLevel.Information, Message = "fleet: {Count} workers, {Worker} and others, are given back: {Reason}")]
    private partial void LogGivenBack(int count, string worker, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "fleet: {Count} workers of batch {Batch} are gone")]
    private partial void LogGone(int count, string batch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "fleet: {Count} orphans of {Provider} are removed; nobody here knows them")]
    private partial void LogOrphans(int count, string provider);
}
