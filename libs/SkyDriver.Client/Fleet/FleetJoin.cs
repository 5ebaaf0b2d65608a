using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Client.Fleet;

/// <summary>How to wait for tasks.</summary>
public sealed record FleetJoinOptions
{
    /// <summary>How often a task that failed is started anew by this wait, beside the retries that it has itself.</summary>
    public int Retry { get; init; } = 1;

    /// <summary>Throw when a task did not succeed.</summary>
    public bool Check { get; init; }

    /// <summary>Time between two looks; grows by as much while nothing ends, up to six times, and shrinks back while something does.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How the tasks of a wait stand.</summary>
/// <param name="Counts">By status; those that wait for a task that failed for good are under <c>blocked</c>, those that are gone under <c>gone</c>.</param>
/// <param name="Failed">Ids, failed for good.</param>
/// <param name="Blocked">Ids.</param>
public sealed record FleetJoined(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<long> Failed, IReadOnlyList<long> Blocked)
{
    public bool AllSucceeded => Counts.Keys.All(status => status == FleetTaskStatus.Succeeded);
}

/// <summary>Not every task of a wait succeeded.</summary>
public sealed class FleetJoinException(FleetJoined joined)
    : Exception($"Not all tasks succeeded: {string.Join(", ", joined.Counts.Select(c => $"{c.Value} {c.Key}"))}. The outputs of their executions say why.")
{
    public FleetJoined Joined { get; } = joined;
}

/// <summary>Waits for tasks with one compact call a look.</summary>
internal sealed class FleetJoin(FleetClient client, FleetJoinOptions options)
{
    private const int MostPolls = 6;
    private const string Blocked = "blocked";
    private const string Gone = "gone";

    /// <summary>Part of the keys of retries: another wait for the same task must not be taken for a repeat of this one.</summary>
    private readonly string _run = SkyDriverClient.NewKey();

    private readonly Dictionary<long, int> _retried = [];

    public async Task<FleetJoined> WaitAsync(IEnumerable<FleetId> tasks, IProgress<FleetJoined>? progress, CancellationToken cancellationToken)
    {
        long[] ids = [.. (await Task.WhenAll(tasks.Select(task => task.AsTask())).WaitAsync(cancellationToken)).Distinct()];
        if (ids.Length == 0) throw new ArgumentException("There are no tasks to wait for.", nameof(tasks));
        TimeSpan pause = options.Poll;
        int? ended = null;
        while (true)
        {
            (FleetJoined now, bool isOver) = await LookAsync(ids, cancellationToken);
            progress?.Report(now);
            if (isOver) return options.Check && !now.AllSucceeded ? throw new FleetJoinException(now) : now;
            int over = now.Failed.Count + now.Counts.GetValueOrDefault(FleetTaskStatus.Succeeded);
            if (ended is not null) pause = over > ended ? Shorter(pause) : Longer(pause);
            ended = over;
            await Task.Delay(pause, client.Options.Clock, cancellationToken);
        }
    }

    private TimeSpan Shorter(TimeSpan pause) => pause - options.Poll > options.Poll ? pause - options.Poll : options.Poll;

    private TimeSpan Longer(TimeSpan pause) => pause + options.Poll < MostPolls * options.Poll ? pause + options.Poll : MostPolls * options.Poll;

    private async Task<(FleetJoined Now, bool IsOver)> LookAsync(long[] ids, CancellationToken cancellationToken)
    {
        TaskStatusesV1 look = await client.TasksStatusAsync(ids, cancellationToken);
        Dictionary<string, int> counts = [];
        List<long> failed = [], blocked = [];
        bool retried = false, isOver = true;
        for (int i = 0; i < ids.Length; i++)
        {
            string status = look.Statuses[i] < 0 ? Gone : look.Blocked[i] ? Blocked : FleetTaskStatus.All[look.Statuses[i]];
            if (status == FleetTaskStatus.Failed && await RetryAsync(ids[i], cancellationToken))
            {
                retried = true;
                status = FleetTaskStatus.Pending;
            }

            if (status == FleetTaskStatus.Failed) failed.Add(ids[i]);
            if (status == Blocked) blocked.Add(ids[i]);
            isOver &= status is FleetTaskStatus.Succeeded or FleetTaskStatus.Failed or Gone or Blocked;
            counts[status] = counts.GetValueOrDefault(status) + 1;
        }

        // What was just started anew may be what the blocked ones wait for; as pending it keeps the wait going.
        return (new(counts, failed, blocked), isOver && !retried);
    }

    private async Task<bool> RetryAsync(long id, CancellationToken cancellationToken)
    {
        int turn = _retried.GetValueOrDefault(id);
        if (turn >= options.Retry) return false;
        await client.RestartAsync(id, $"{_run}-{id}-{turn}", cancellationToken);
        _retried[id] = turn + 1;
        return true;
    }
}
