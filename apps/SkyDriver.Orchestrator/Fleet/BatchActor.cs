using Dapr;
using Dapr.Actors.Runtime;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Messages;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Only writer of one batch. Actor id = name of the batch.</summary>
/// <remarks>
/// A turn is: take the state, change it, let the dispatcher run, commit, tell others. The state is put back when the turn
/// succeeded; after a failed one the field is empty and the next turn loads what was committed last. It calls no other
/// actor, so that no two can wait for each other.
/// </remarks>
[Actor(TypeName = ActorTypes.Batch)]
public sealed partial class BatchActor(
    ActorHost host, FleetDirectory directory, ExecutionLogs logs, ExecutionRecords records, Broker broker, TimeProvider clock, ILogger<BatchActor> log)
    : ServiceActor(host), IBatchActor, IRemindable
{
    /// <summary>Assignments that one turn makes at most: about a megabyte to write.</summary>
    public const int MostPerTurn = 1000;

    private const int MostEdgesPerCall = 100_000;
    /// <summary>Of a task's event: the batch's name and some numbers.</summary>
    private const int MostEventBytes = 512;

    private const string Watch = "watch";
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(30);

    private Kept? kept;
    private bool ticks;

    private string Name => Id.GetId();

    public Task OnTick() => ChangeAsync(batch => batch.Tick());

    /// <summary>The safety net under the timer, which ends with the activation.</summary>
    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        await OnTick();
        if (kept is { State: { LiveExecutions: 0 } idle } && !idle.Workers.Any()) await UnregisterReminderAsync(Watch);
    }

    private Task ChangeAsync(Action<BatchState> change) => TurnAsync(batch =>
    {
        change(batch);
        return true;
    });

    /// <summary>A turn that changes something.</summary>
    private async Task<T> TurnAsync<T>(Func<BatchState, T> change, int tasks = 0, int edges = 0)
    {
        Kept turn = await TakeAsync();
        T answer = await RunAsync(turn, change, tasks, edges);
        kept = turn;
        return answer;
    }

    /// <summary>A turn whose repeat, told by its key, changes nothing and is answered as the first time.</summary>
    /// <param name="ids">What a good answer is about.</param>
    /// <param name="again">The answer by these ids as things are now.</param>
    private async Task<FleetAnswer<T>> TurnAsync<TBody, T>(
        FleetCommand<TBody> command, Func<BatchState, FleetAnswer<T>> change, Func<T, IReadOnlyList<long>> ids, Func<BatchState, IReadOnlyList<long>, FleetAnswer<T>> again, int tasks = 0, int edges = 0)
    {
        if (KeyBook.WhyNot(command.Key) is { } why) return FleetAnswer.Refused<T>(why);
        Kept turn = await TakeAsync();
        string? fingerprint = command.Key is null ? null : KeyBook.Fingerprint(command.Body);
        FleetAnswer<T> answer;
        if (turn.Keys.Find(command.Key, Now()) is { } note)
        {
            answer = note.Fingerprint != fingerprint
                ? FleetAnswer.Conflict<T>($"Idempotency-Key '{command.Key}' was used for another request; use a new one.")
                : again(turn.State, note.Ids) is { IsOk: true } found ? found with { Status = note.Status } : again(turn.State, note.Ids);
        }
        else
        {
            answer = await RunAsync(turn, change, tasks, edges, async done =>
            {
                if (command.Key is { } key && done.IsOk) await turn.Keys.AddAsync(new(key, fingerprint!, Now(), done.Status, ids(done.Value)));
            });
        }

        kept = turn;
        return answer;
    }

    private async Task<T> RunAsync<T>(Kept turn, Func<BatchState, T> change, int tasks, int edges, Func<T, Task>? beforeCommit = null)
    {
        BatchState batch = turn.State;
        bool existed = batch.Exists, wasQuiet = batch.IsQuiet;
        await TakeIdsAsync(batch, tasks, edges);
        T answer = change(batch);
        // Whoever was moved by the change itself is told; whatever is ready goes on.
        batch.Dispatch(MostPerTurn);
        await CommitAsync(turn, existed, wasQuiet, beforeCommit is null ? null : () => beforeCommit(answer));
        return answer;
    }

    /// <summary>A look that changes nothing.</summary>
    private async Task<T> LookAsync<T>(Func<BatchState, T> look)
    {
        Kept turn = await TakeAsync();
        T answer = look(turn.State);
        kept = turn;
        return answer;
    }

    private async Task TakeIdsAsync(BatchState batch, int tasks, int edges)
    {
        int ready = Math.Min(MostPerTurn, batch.Count(TaskState.Pending) + tasks + 16);
        // Only live work is signalled, and a signal beyond that is one at a time.
        int signals = batch.LiveExecutions > 0 || batch.Workers.Any() ? (2 * batch.LiveExecutions) + 1 : 0;
        foreach ((IdKind kind, int needed) in new[] { (IdKind.Task, tasks), (IdKind.Requirement, edges), (IdKind.Execution, batch.Workers.Any() || batch.Count(TaskState.Succeeded) > 0 ? ready : 0), (IdKind.Signal, signals) })
            for (int missing = batch.Ids.Missing(kind, needed); missing > 0; missing--) batch.Ids.Give(kind, await directory.TakeBlockAsync(Name));
    }

    private async Task CommitAsync(Kept turn, bool existed, bool wasQuiet, Func<Task>? last)
    {
        BatchState batch = turn.State;
        // Before the state: a batch too many in an index is found out, one too few would be forgotten.
        if (!existed && batch.Exists) await directory.AddBatchAsync(Name);
        if (wasQuiet && !batch.IsQuiet) await directory.ActivateAsync(Name);
        await WatchAsync(batch);
        foreach ((ExecutionRow execution, TaskText text) in batch.Effects.Displaced) await records.SaveAsync(BatchState.ToWire(execution, text, isLatest: false));
        await turn.Journal.SaveAsync(batch, last);
        batch.Changes.Clear();
        await TellAsync(batch);
        batch.Effects.Clear();
        if (existed && !batch.Exists) await directory.RemoveBatchAsync(Name);
    }

    /// <summary>Time is watched while there is somebody to watch.</summary>
    private async Task WatchAsync(BatchState batch)
    {
        bool needed = batch.LiveExecutions > 0 || batch.Workers.Any();
        if (needed == ticks) return;
        if (needed)
        {
            await RegisterReminderAsync(Watch, [], WatchInterval, WatchInterval);
            await RegisterTimerAsync(Watch, nameof(OnTick), [], TickInterval, TickInterval);
        }
        else await UnregisterTimerAsync(Watch);
        ticks = needed;
    }

    /// <summary>Events are hints: what of them is lost, nobody depends on.</summary>
    private async Task TellAsync(BatchState batch)
    {
        DateTimeOffset now = batch.Now;
        try
        {
            if (batch.Effects.Moved.Count > 0)
            {
                FleetTaskEventV1[] moved = [.. batch.Effects.Moved.Select(m => new FleetTaskEventV1(Name, m.Key, m.Value.Name(), now))];
                await broker.PublishAllAsync(Topics.FleetTask, moved, _ => MostEventBytes);
            }

            foreach ((long worker, WorkerStatus? status) in batch.Effects.Workers)
                await broker.PublishAsync(Topics.FleetWorker, new FleetWorkerEventV1(Name, worker, status?.Name() ?? "gone", now));
            foreach (long deleted in batch.Effects.Deleted)
            {
                await records.DeleteAsync(deleted);
                await logs.DeleteAsync(deleted);
            }
        }
        catch (Exception away) when (away is DaprException or HttpRequestException or TimeoutException)
        {
            LogNotTold(Name, away.Message);
        }
    }

    private async Task<Kept> TakeAsync()
    {
        Kept taken = kept ?? await LoadAsync();
        kept = null;
        taken.State.Now = Now();
        return taken;
    }

    private async Task<Kept> LoadAsync()
    {
        BatchJournal journal = new(StateManager);
        StoredBatch? stored = await journal.LoadAsync();
        return new(stored is null ? new(Name) { Now = Now() } : BatchState.Load(Name, stored, Now()), journal, await KeyBook.LoadAsync(StateManager));
    }

    /// <summary>Whole milliseconds, so that what was saved and loaded compares equal on the wire.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private sealed record Kept(BatchState State, BatchJournal Journal, KeyBook Keys);

    [LoggerMessage(Level = LogLevel.Warning, Message = "batch {Batch}: events of a turn were not all told: {Fault}")]
    private partial void LogNotTold(string batch, string fault);
}
