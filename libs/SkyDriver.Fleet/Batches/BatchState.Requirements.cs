using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// Requirements. A task counts those of its requirements that have not succeeded; nothing else is looked at when one does.
//
// Cycles: a new task can close none, as nobody requires it yet. Edges that are added later stay inside the batch, and are
// refused when what they lead to depends on another batch, because only that batch could tell whether a way leads back.
public sealed partial class BatchState
{
    /// <summary>In place of a status: the task of another batch was deleted, and requirements go with it.</summary>
    public const string Gone = "gone";

    public FleetAnswer<RequirementV1> AddRequirement(NewRequirementV1 request)
    {
        if (!tasks.TryGetValue(request.TaskId, out TaskRow? task)) return FleetAnswer.NotFound<RequirementV1>(NoTask(request.TaskId));
        foreach ((long other, long edge) in task.Requires)
            if (other == request.OtherTaskId) return FleetAnswer.Ok(ToWire(edges[edge]));
        List<string> faults = [];
        CheckLater(task, [.. task.Requires.Select(r => r.Other), request.OtherTaskId], faults);
        if (faults.Count > 0) return FleetAnswer.Refused<RequirementV1>(string.Join(' ', faults));
        EdgeRow added = Connect(task, request.OtherTaskId, foreign);
        Demote(task);
        Settle();
        return FleetAnswer.Created(ToWire(added));
    }

    public FleetAnswer<RequirementV1> DeleteRequirement(long id)
    {
        if (!edges.TryGetValue(id, out EdgeRow? edge)) return FleetAnswer.NotFound<RequirementV1>($"There is no requirement {id} in batch '{Name}'.");
        Disconnect(tasks[edge.Task], edge.Other);
        Settle();
        return FleetAnswer.Ok(ToWire(edge));
    }

    public static RequirementV1 ToWire(EdgeRow edge) => new(edge.Id, edge.Task, edge.Other);

    /// <summary>Tasks of other batches that somebody here waits for.</summary>
    public IReadOnlyList<long> Foreign => [.. foreign.Where(f => f.Value is not TaskState.Succeeded).Select(f => f.Key)];

    public void TellForeign(IReadOnlyList<TaskStatusV1> statuses)
    {
        foreach (TaskStatusV1 told in statuses)
        {
            if (told.Status == Gone)
            {
                if (foreign.ContainsKey(told.TaskId) && dependants.TryGetValue(told.TaskId, out HashSet<long>? those))
                    foreach (long id in those.ToArray()) Disconnect(tasks[id], told.TaskId);
                continue;
            }

            if (!foreign.TryGetValue(told.TaskId, out TaskState before) || !States.TryParse(told.Status, out TaskState now) || now == before) continue;
            foreign[told.TaskId] = now;
            Changes.Whole();
            if (before is TaskState.Succeeded || now is TaskState.Succeeded) notices.Enqueue((told.TaskId, now is TaskState.Succeeded));
        }

        Settle();
    }

    private static Dictionary<long, TaskState> Told(IReadOnlyList<TaskStatusV1>? statuses, List<string> faults)
    {
        Dictionary<long, TaskState> told = [];
        foreach (TaskStatusV1 status in statuses ?? [])
        {
            if (States.TryParse(status.Status, out TaskState state)) told[status.TaskId] = state;
            else faults.Add($"foreign task {status.TaskId} has the unknown status '{status.Status}'.");
        }

        return told;
    }

    private void CheckRequired(IReadOnlyList<long>? required, Dictionary<long, TaskState> told, List<string> faults)
    {
        foreach (long id in required ?? [])
            if (!tasks.ContainsKey(id) && !told.ContainsKey(id) && !foreign.ContainsKey(id)) faults.Add($"required_task_ids names {id}, which is no task; give ids of tasks that exist.");
    }

    /// <summary>The set that a task is to require from now on.</summary>
    private void CheckLater(TaskRow task, long[] required, List<string> faults)
    {
        HashSet<long> now = [.. task.Requires.Select(r => r.Other)];
        long[] added = [.. required.Where(id => !now.Contains(id))];
        foreach (long id in added)
        {
            if (id == task.Id) faults.Add($"required_task_ids: task {id} cannot require itself.");
            else if (!tasks.ContainsKey(id))
                faults.Add(foreign.ContainsKey(id) || !Ids.Owns(id)
                    ? $"required_task_ids names {id}, which is no task of batch '{Name}'; a task of another batch can be required only when a task is created."
                    : $"required_task_ids names {id}, which is no task; give ids of tasks that exist.");
        }

        if (faults.Count == 0 && added.Length > 0 && WhyNotReach(task.Id, added) is { } why) faults.Add(why);
    }

    /// <summary>Looks from the new requirements on along theirs: does a way lead back, or out of sight?</summary>
    private string? WhyNotReach(long from, long[] to)
    {
        HashSet<long> seen = [.. to];
        Stack<long> open = new(to);
        while (open.TryPop(out long id))
        {
            if (id == from) return $"required_task_ids: task {from} would wait for itself, by way of task {to[0]}{(to.Length > 1 ? " or another" : "")}; requirements must not form a circle.";
            if (!tasks.TryGetValue(id, out TaskRow? task))
                return $"required_task_ids: task {id} of another batch is among what would be required, so that a circle cannot be ruled out; such requirements can be given only when a task is created.";
            foreach ((long other, _) in task.Requires)
                if (seen.Add(other)) open.Push(other);
        }

        return null;
    }

    private void Replace(TaskRow task, long[] required)
    {
        HashSet<long> wanted = [.. required];
        foreach ((long other, _) in task.Requires.ToArray())
            if (!wanted.Remove(other)) Disconnect(task, other);
        foreach (long other in required)
            if (wanted.Contains(other)) Connect(task, other, foreign);
        Demote(task);
    }

    private EdgeRow Connect(TaskRow task, long other, Dictionary<long, TaskState> told)
    {
        EdgeRow edge = new(Ids.Next(IdKind.Requirement), task.Id, other);
        // What was told is newer than what is known; whoever waits already hears of the difference.
        if (!tasks.ContainsKey(other) && told.TryGetValue(other, out TaskState state) && !ReferenceEquals(told, foreign))
        {
            if (foreign.ContainsKey(other)) TellForeign([new(other, state.Name())]);
            else foreign[other] = state;
        }

        Link(task, edge);
        Changes.Edge(edge.Id);
        Changes.Whole();
        return edge;
    }

    /// <summary>An edge in memory, new or loaded.</summary>
    private void Link(TaskRow task, EdgeRow edge)
    {
        edges.Add(edge.Id, edge);
        task.Requires.Add((edge.Other, edge.Id));
        if (!dependants.TryGetValue(edge.Other, out HashSet<long>? those)) dependants[edge.Other] = those = [];
        those.Add(task.Id);
        if (!HasSucceeded(edge.Other)) task.Unmet++;
    }

    /// <summary>A task that loses the last thing it waited for is free.</summary>
    private void Disconnect(TaskRow task, long other)
    {
        int at = task.Requires.FindIndex(r => r.Other == other);
        if (at < 0) return;
        long edge = task.Requires[at].Edge;
        task.Requires.RemoveAt(at);
        edges.Remove(edge);
        if (!HasSucceeded(other)) task.Unmet--;
        HashSet<long> those = dependants[other];
        those.Remove(task.Id);
        if (those.Count == 0)
        {
            dependants.Remove(other);
            if (foreign.Remove(other)) Changes.Whole();
        }

        Changes.Edge(edge);
        if (task.Status is TaskState.Waiting) Set(task, task.Situation);
    }

    private void Demote(TaskRow task)
    {
        if (task is { Status: TaskState.Pending, Unmet: > 0 } or { Status: TaskState.Waiting }) Set(task, task.Situation with { Status = TaskState.Waiting });
    }

    private bool HasSucceeded(long id) =>
        tasks.TryGetValue(id, out TaskRow? task) ? task.Status is TaskState.Succeeded : foreign.GetValueOrDefault(id, TaskState.Waiting) is TaskState.Succeeded;

    /// <summary>Does it wait for something that has failed for good?</summary>
    private bool IsBlocked(TaskRow task, Dictionary<long, bool> known)
    {
        if (task.Status is not TaskState.Waiting) return false;
        Stack<TaskRow> open = new([task]);
        while (open.TryPeek(out TaskRow? at))
        {
            if (known.ContainsKey(at.Id))
            {
                open.Pop();
                continue;
            }

            bool isBlocked = at.Requires.Any(r => StateOf(r.Other) is TaskState.Failed || known.GetValueOrDefault(r.Other));
            TaskRow[] unknown = isBlocked ? [] : [.. at.Requires.Select(r => tasks.GetValueOrDefault(r.Other)).OfType<TaskRow>().Where(o => o.Status is TaskState.Waiting && !known.ContainsKey(o.Id))];
            if (unknown.Length == 0)
            {
                known[at.Id] = isBlocked;
                open.Pop();
            }
            else foreach (TaskRow other in unknown) open.Push(other);
        }

        return known[task.Id];
    }

    private TaskState StateOf(long id) => tasks.TryGetValue(id, out TaskRow? task) ? task.Status : foreign.GetValueOrDefault(id, TaskState.Waiting);
}
