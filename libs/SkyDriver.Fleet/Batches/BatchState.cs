using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>Everything that one batch knows, in memory: tasks, executions, requirements, workers, signals, recruiters.</summary>
/// <remarks>
/// Belongs to one writer. Statuses change in two setters only, below, which keep every counter, queue and index right; so
/// no step looks at all tasks. A turn that failed half-way leaves it useless: it is thrown away and loaded anew.
/// Whatever a turn changed is found in chunks (<see cref="Changes"/>); what it leaves to do outside, in <see cref="Effects"/>.
/// </remarks>
public sealed partial class BatchState
{
    public const int TasksPerChunk = 100;
    public const int EdgesPerChunk = 500;
    public const int SignalsPerChunk = 500;
    public const int WorkersPerChunk = 100;

    /// <summary>Bounds the memory of one batch.</summary>
    public const int MostTasks = 1_000_000;

    private readonly Dictionary<long, TaskRow> tasks = [];
    private readonly List<long> order = [];
    private readonly int[] counts = new int[FleetTaskStatus.All.Count];
    private readonly SortedSet<long> ready = [];
    private readonly HashSet<long> underWay = [];
    private readonly Dictionary<long, long> executions = [];
    private readonly Dictionary<long, EdgeRow> edges = [];
    private readonly Dictionary<long, HashSet<long>> dependants = [];
    private readonly Dictionary<long, TaskState> foreign = [];
    private readonly SortedDictionary<long, WorkerRow> workers = [];
    private readonly SortedSet<(double Share, long Worker)> seats = [];
    private readonly SortedDictionary<long, SignalRow> signals = [];
    private readonly Dictionary<long, SortedSet<long>> mailbox = [];
    private readonly SortedDictionary<int, RecruiterV1> recruiters = [];
    private readonly Dictionary<UInt128, long> cache = [];
    private readonly Queue<(long Task, bool Succeeded)> notices = [];
    private readonly Queue<long> hopefuls = [];
    private readonly ErrorCounts errors = new(MostErrorKinds);

    public BatchState(string name) => (Name, Changes, Effects, Ids) = (name, new(), new(), new());

    public string Name { get; }

    /// <summary>Time of the turn; whoever runs one sets it first.</summary>
    public DateTimeOffset Now { get; set; }

    public ChangeLog Changes { get; }

    public TurnEffects Effects { get; }

    public IdPool Ids { get; private set; }

    /// <summary>Its workers are paused, and so is any that comes.</summary>
    public bool IsStopped { get; private set; }

    public long ExternalPending { get; private set; }

    /// <summary>When external pending fell to zero.</summary>
    public DateTimeOffset? BacklogEnded { get; private set; }

    /// <summary>When the scan was over whose batch this is; from then on nobody is hired.</summary>
    public DateTimeOffset? ScanEnded { get; private set; }

    public int Tasks => tasks.Count;

    public IEnumerable<TaskRow> Rows => order.Where(tasks.ContainsKey).Select(id => tasks[id]);

    public IEnumerable<WorkerRow> Workers => workers.Values;

    public IEnumerable<EdgeRow> Edges => edges.Values;

    public IEnumerable<SignalRow> Signals => signals.Values;

    /// <summary>Executions that are not over.</summary>
    public int LiveExecutions => underWay.Count;

    /// <summary>Nothing here concerns anybody outside.</summary>
    public bool IsQuiet => workers.Count == 0 && recruiters.Count == 0 && ExternalPending == 0 && underWay.Count == 0 && Foreign.Count == 0;

    public bool Exists => tasks.Count > 0 || !IsQuiet;

    public int Count(TaskState state) => counts[(int)state];

    public TaskRow? FindTask(long id) => tasks.GetValueOrDefault(id);

    public WorkerRow? FindWorker(long id) => workers.GetValueOrDefault(id);

    /// <summary>The task of an execution, be it the newest or a former one.</summary>
    public TaskRow? FindTaskOf(long execution) => executions.TryGetValue(execution, out long task) ? tasks.GetValueOrDefault(task) : null;

    /// <summary>The only place where the status of a task changes.</summary>
    private void Set(TaskRow task, TaskSituation next)
    {
        // Waiting for nothing is being ready.
        if (next.Status is TaskState.Waiting && task.Unmet == 0) next = next with { Status = TaskState.Pending };
        TaskState from = task.Status, to = next.Status;
        (task.Held, task.Retry, task.Returns, task.Modified) = (next.Held, next.Retry, next.Returns, Now);
        Changes.Task(task.Id);
        if (from == to) return;
        counts[(int)from]--;
        counts[(int)to]++;
        if (from is TaskState.Pending) ready.Remove(task.Id);
        (task.Status, task.StatusDate) = (to, Now);
        Effects.TaskMoved(task.Id, to);
        if (to is TaskState.Pending)
        {
            ready.Add(task.Id);
            if (task.UseCache) hopefuls.Enqueue(task.Id);
        }

        if (from is TaskState.Succeeded || to is TaskState.Succeeded) notices.Enqueue((task.Id, to is TaskState.Succeeded));
    }

    /// <summary>The only place where the status of an execution changes; its task follows, unless somebody sets that by hand.</summary>
    private void Set(ExecutionRow execution, ExecutionState to, Blame blame = Blame.Task, string? cause = null, bool follow = true)
    {
        TaskRow task = tasks[execution.TaskId];
        ExecutionState from = execution.Status;
        if (!Transitions.IsLegal(from, to)) throw new InvalidOperationException($"Execution {execution.Id} cannot go from {from.Name()} to {to.Name()}.");
        Note(execution, from, to);
        if (cause is not null) execution.Cause = cause;
        if (!to.IsLive()) underWay.Remove(task.Id);
        if (execution.WorkerId is { } id && workers.TryGetValue(id, out WorkerRow? worker)) Account(worker, execution, from);
        Changes.Task(task.Id);
        if (follow) Set(task, Transitions.Follow(task.Situation, to, blame, Ready(task)));
        if (to is ExecutionState.Succeeded) Remember(task, execution);
    }

    private void Note(ExecutionRow execution, ExecutionState from, ExecutionState to)
    {
        (execution.Status, execution.Modified, execution.Missing) = (to, Now, 0);
        if (to is ExecutionState.Pending) execution.Accepted = null;
        if (to is ExecutionState.Accepted or ExecutionState.Running) execution.Accepted ??= Now;
        if (to is ExecutionState.Running or ExecutionState.Succeeded) execution.RunStart ??= Now;
        if (to is ExecutionState.Running or ExecutionState.Succeeded) execution.Frozen ??= tasks[execution.TaskId].Text;
        if (to.IsLive() || execution.RunStart is null) return;
        execution.RunEnd ??= Now;
        execution.UploadEnd = to is ExecutionState.Succeeded || from is ExecutionState.Running ? Now : null;
    }

    /// <summary>Keeps what a worker has in hand, and its place in the dispatcher's order.</summary>
    private void Account(WorkerRow worker, ExecutionRow execution, ExecutionState from)
    {
        if (from is ExecutionState.Running) worker.Running--;
        if (execution.Status is ExecutionState.Running) worker.Running++;
        if (!execution.Status.IsLive())
        {
            worker.Live.Remove(execution.Id);
            if (from is not ExecutionState.Pending)
            {
                worker.LastWork = Now;
                Changes.Worker(worker.Id);
            }

            if (worker is { ReleasedTo: not null, Live.Count: 0 }) Forget(worker);
        }

        Seat(worker);
    }

    /// <summary>Where a task goes that is to run again.</summary>
    private static TaskState Ready(TaskRow task) => task.Unmet == 0 ? TaskState.Pending : TaskState.Waiting;

    /// <summary>Ends a live execution because of something that happens to its task; a kill goes to whoever may have begun.</summary>
    private void Cut(TaskRow task, string cause)
    {
        if (task.Live is not { } live) return;
        if (live.Status is not ExecutionState.Pending) Post(live.WorkerId!.Value, live.Id, FleetSignal.Kill);
        Set(live, live.Status is ExecutionState.Running ? ExecutionState.Failed : ExecutionState.Refused, cause: cause, follow: false);
    }

    /// <summary>Tells those who depend on what ended, in a loop: a chain of any length needs no stack.</summary>
    private void Settle()
    {
        do
        {
            while (notices.TryDequeue(out (long Task, bool Succeeded) notice))
            {
                if (!dependants.TryGetValue(notice.Task, out HashSet<long>? those)) continue;
                foreach (long id in those) Tell(tasks[id], notice.Succeeded);
            }
        }
        while (TakeFromCache());
    }

    private void Tell(TaskRow dependant, bool succeeded)
    {
        dependant.Unmet += succeeded ? -1 : 1;
        if (dependant.Status is TaskState.Waiting && dependant.Unmet == 0) Set(dependant, dependant.Situation with { Status = TaskState.Pending });
        else if (dependant.Status is TaskState.Pending && !succeeded) Set(dependant, dependant.Situation with { Status = TaskState.Waiting });
    }
}
