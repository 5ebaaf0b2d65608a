using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// Tasks: created, read, changed, set by hand, deleted.
public sealed partial class BatchState
{
    /// <summary>All or none. Ids must be at hand: one for each task, and one for each edge.</summary>
    public FleetAnswer<IReadOnlyList<long>> CreateTasks(CreateTasksV1 request)
    {
        List<string> faults = [];
        Dictionary<long, TaskState> told = Told(request.Foreign, faults);
        for (int i = 0; i < request.Tasks.Count; i++)
        {
            TaskFields.CheckNew(request.Tasks[i], request.Tasks.Count > 1 ? $"tasks[{i}]." : "", faults);
            CheckRequired(request.Tasks[i].RequiredTaskIds, told, faults);
        }

        if (faults.Count > 0) return FleetAnswer.Refused<IReadOnlyList<long>>(string.Join(' ', faults.Distinct().Take(TaskFields.MostFaults)));
        if (tasks.Count + request.Tasks.Count > MostTasks)
            return FleetAnswer.Conflict<IReadOnlyList<long>>($"Batch '{Name}' has {tasks.Count} tasks, and {MostTasks} is the limit; use another batch.");
        return FleetAnswer.Created<IReadOnlyList<long>>([.. request.Tasks.Select(fields => Create(fields, told))]);
    }

    /// <summary>Edges that these tasks need ids for.</summary>
    public static int EdgesOf(CreateTasksV1 request) => request.Tasks.Sum(t => t.RequiredTaskIds?.Count ?? 0);

    /// <param name="blocked">Shared by the calls for one page, so that it costs each task once.</param>
    public FleetTaskV1 ToWire(TaskRow task, Dictionary<long, bool>? blocked = null) => new()
    {
        TaskId = task.Id,
        Name = task.Text.Name,
        Command = task.Text.Command,
        Shell = task.Text.Shell,
        Status = task.Status.Name(),
        Batch = Name,
        Input = task.Text.Input,
        Resource = task.Text.Resource,
        Output = task.Text.Output,
        Container = task.Text.Container,
        ContainerOptions = task.Text.ContainerOptions,
        RequiredTaskIds = [.. task.Requires.Select(r => r.Other)],
        Retry = task.Retry,
        DownloadTimeout = task.DownloadTimeout,
        RunTimeout = task.RunTimeout,
        UseCache = task.UseCache,
        CreationDate = task.Created,
        ModificationDate = task.Modified,
        StatusDate = task.StatusDate,
        Blocked = IsBlocked(task, blocked ?? []),
        InfrastructureReturns = task.Returns,
    };

    /// <summary>Ids above <paramref name="after"/>, ascending.</summary>
    public IEnumerable<TaskRow> TasksAfter(long after)
    {
        int at = order.BinarySearch(after);
        for (int i = at < 0 ? ~at : at + 1; i < order.Count; i++)
            if (tasks.TryGetValue(order[i], out TaskRow? task)) yield return task;
    }

    public TaskStatusesV1 Statuses(IReadOnlyList<long> ids)
    {
        Dictionary<long, bool> blocked = [];
        TaskRow?[] found = [.. ids.Select(id => tasks.GetValueOrDefault(id))];
        return new([.. found.Select(t => t is null ? -1 : (int)t.Status)], [.. found.Select(t => t is not null && IsBlocked(t, blocked))]);
    }

    /// <summary>Changes what is given, then the status. Nothing is changed when anything is wrong.</summary>
    public FleetAnswer<FleetTaskV1> UpdateTask(UpdateTaskV1 request)
    {
        if (!tasks.TryGetValue(request.TaskId, out TaskRow? task)) return FleetAnswer.NotFound<FleetTaskV1>(NoTask(request.TaskId));
        TaskFieldsV1 fields = request.Fields;
        List<string> faults = [];
        TaskFields.CheckChange(fields, task.Text, faults);
        long[]? required = fields.RequiredTaskIds?.Distinct().ToArray() ?? (TaskFields.Clears(fields, "required_task_ids") ? [] : null);
        if (required is not null) CheckLater(task, required, faults);
        if (faults.Count > 0) return FleetAnswer.Refused<FleetTaskV1>(string.Join(' ', faults));
        TaskState? to = States.TryParse(fields.Status, out TaskState wanted) ? wanted : null;
        if (to is { } status && WhyNotSet(task, status) is { } why) return FleetAnswer.Conflict<FleetTaskV1>(why);
        Apply(task, fields);
        if (required is not null) Replace(task, required);
        if (to is { } now) SetByHand(task, now);
        Settle();
        return FleetAnswer.Ok(ToWire(task));
    }

    public FleetAnswer<FleetTaskV1> DeleteTask(long id)
    {
        if (!tasks.TryGetValue(id, out TaskRow? task)) return FleetAnswer.NotFound<FleetTaskV1>(NoTask(id));
        FleetTaskV1 was = ToWire(task);
        Remove(task);
        Settle();
        return FleetAnswer.Ok(was);
    }

    /// <summary>Removes tasks, executions, requirements, signals and recruiters. Live work is killed; the workers stay.</summary>
    public void Clean()
    {
        foreach (long id in order.ToArray())
            if (tasks.TryGetValue(id, out TaskRow? task)) Remove(task);
        Settle();
        notices.Clear();
        order.Clear();
        foreign.Clear();
        recruiters.Clear();
        cache.Clear();
        SetExternalPending(0);
        Changes.Whole();
    }

    private long Create(TaskFieldsV1 fields, Dictionary<long, TaskState> told)
    {
        TaskRow task = new()
        {
            Id = Ids.Next(IdKind.Task),
            Text = TaskFields.Text(fields, null),
            Retry = fields.Retry ?? 0,
            DownloadTimeout = fields.DownloadTimeout,
            RunTimeout = fields.RunTimeout,
            UseCache = fields.UseCache ?? false,
            Created = Now,
            Modified = Now,
            StatusDate = Now,
        };
        tasks.Add(task.Id, task);
        if (order.Count > 0 && order[^1] > task.Id) order.Insert(~order.BinarySearch(task.Id), task.Id);
        else order.Add(task.Id);
        foreach (long other in fields.RequiredTaskIds?.Distinct() ?? []) Connect(task, other, told);
        // Born paused, so that the one setter places it.
        counts[(int)TaskState.Paused]++;
        TaskState wanted = States.TryParse(fields.Status, out TaskState given) ? given : Ready(task);
        Set(task, task.Situation with { Status = wanted, Held = Ready(task) });
        if (wanted is TaskState.Paused) Effects.TaskMoved(task.Id, wanted);
        Settle();
        Changes.Whole();
        return task.Id;
    }

    private void Apply(TaskRow task, TaskFieldsV1 fields)
    {
        TaskText text = TaskFields.Text(fields, task.Text);
        if (text != task.Text) task.Text = text;
        task.Retry = fields.Retry ?? (TaskFields.Clears(fields, "retry") ? 0 : task.Retry);
        task.DownloadTimeout = fields.DownloadTimeout ?? (TaskFields.Clears(fields, "download_timeout") ? null : task.DownloadTimeout);
        task.RunTimeout = fields.RunTimeout ?? (TaskFields.Clears(fields, "run_timeout") ? null : task.RunTimeout);
        task.UseCache = fields.UseCache ?? task.UseCache;
        task.Modified = Now;
        Changes.Task(task.Id);
    }

    /// <summary>A status that stands for an execution needs one that can come into it.</summary>
    private static string? WhyNotSet(TaskRow task, TaskState to)
    {
        if (Transitions.IsSettable(to) || task.Status == to || (task.Status is TaskState.Paused && task.Live is not null && task.Held == to)) return null;
        return task.Live is { } live && Transitions.IsLegal(live.Status, Corresponding(to))
            ? null
            : $"Task {task.Id} is {task.Status.Name()} and has no execution that could be {to.Name()}; set it to pending, and a worker will take it.";
    }

    /// <summary>T11: whoever sets a status decides; what runs on a worker meanwhile is ended.</summary>
    private void SetByHand(TaskRow task, TaskState to)
    {
        if (task.Status == to) return;
        if (!Transitions.IsSettable(to))
        {
            if (task.Status is TaskState.Paused && task.Held == to) Resume(task);
            else Set(task.Live!, Corresponding(to));
            return;
        }

        bool isAgain = task.Status is TaskState.Failed or TaskState.Succeeded;
        Cut(task, ExecutionCause.TaskChanged);
        TaskSituation now = task.Situation;
        if (isAgain) now = now with { Returns = 0 };
        Set(task, to switch
        {
            TaskState.Failed => Transitions.Fail(now, Blame.Task, Ready(task)),
            TaskState.Paused => now with { Status = TaskState.Paused, Held = Ready(task) },
            _ => now with { Status = to },
        });
        // Whoever asks for it once more wants it run, not its own former result.
        if (isAgain) cache.Remove(CacheKey.Of(task.Text));
    }

    private static ExecutionState Corresponding(TaskState status) => status switch
    {
        TaskState.Accepted => ExecutionState.Accepted,
        TaskState.Running => ExecutionState.Running,
        _ => ExecutionState.Pending,
    };

    private void Remove(TaskRow task)
    {
        Cut(task, ExecutionCause.TaskChanged);
        if (dependants.TryGetValue(task.Id, out HashSet<long>? those))
            foreach (long id in those.ToArray()) Disconnect(tasks[id], task.Id);
        foreach ((long other, _) in task.Requires.ToArray()) Disconnect(task, other);
        foreach (long execution in task.Former.Concat(task.Latest is { } latest ? [latest.Id] : Array.Empty<long>()))
        {
            executions.Remove(execution);
            Effects.Deleted.Add(execution);
        }

        counts[(int)task.Status]--;
        ready.Remove(task.Id);
        tasks.Remove(task.Id);
        Changes.Task(task.Id);
        if (order.Count > 2 * tasks.Count + TasksPerChunk) order.RemoveAll(id => !tasks.ContainsKey(id));
    }

    private string NoTask(long id) => $"There is no task {id} in batch '{Name}'.";
}
