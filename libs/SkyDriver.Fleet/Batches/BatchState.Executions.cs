using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

// Executions: made, reported on, frozen, deleted.
public sealed partial class BatchState
{
    /// <summary>By hand. Legal only while the task is pending or paused.</summary>
    public FleetAnswer<ExecutionV1> CreateExecution(NewExecutionV1 request)
    {
        if (!tasks.TryGetValue(request.TaskId, out TaskRow? task)) return FleetAnswer.NotFound<ExecutionV1>(NoTask(request.TaskId));
        if (!workers.TryGetValue(request.WorkerId, out WorkerRow? worker) || worker.ReleasedTo is not null)
            return FleetAnswer.NotFound<ExecutionV1>(NoWorker(request.WorkerId));
        ExecutionState state = ExecutionState.Pending;
        if (request.Status is not null && (!States.TryParse(request.Status, out state) || state is not (ExecutionState.Pending or ExecutionState.Running)))
            return FleetAnswer.Refused<ExecutionV1>($"status '{request.Status}' cannot be that of a new execution; give pending or running.");
        if (task.Live is not null || task.Status is not (TaskState.Pending or TaskState.Paused))
            return FleetAnswer.Conflict<ExecutionV1>($"Task {task.Id} is {task.Status.Name()}{(task.Live is null ? "" : " and has a live execution")}; only a pending or paused one can get an execution.");
        // Whoever gives the execution by hand ends the pause.
        if (task.Status is TaskState.Paused) Set(task, task.Situation with { Status = TaskState.Pending });
        ExecutionRow made = Assign(task, worker);
        if (request.Command is { Length: > 0 and <= TaskFields.MostText } command) made.Frozen = task.Text with { Command = command };
        if (state is ExecutionState.Running) Set(made, ExecutionState.Running);
        Settle();
        return FleetAnswer.Created(ToWire(task, made));
    }

    /// <summary>A worker's report. One about an execution that is over, or no more its task's newest, changes nothing.</summary>
    public FleetAnswer<ExecutionV1> UpdateExecution(UpdateExecutionV1 request)
    {
        ExecutionFieldsV1 fields = request.Fields;
        if (FindTaskOf(request.ExecutionId) is not { } task) return FleetAnswer.NotFound<ExecutionV1>(NoExecution(request.ExecutionId));
        if (task.Latest is not { } execution || execution.Id != request.ExecutionId) return Fenced(request.ExecutionId, "a newer one took its place");
        ExecutionState to = execution.Status;
        if (fields.Status is not null && !States.TryParse(fields.Status, out to))
            return FleetAnswer.Refused<ExecutionV1>($"status '{fields.Status}' is not known; use one of {string.Join(", ", ExecutionStatus.All)}.");
        int size = new[] { fields.Command, fields.OutputFiles, fields.Pid, fields.InputHash, fields.OutputHash, fields.Cause }.Sum(t => t?.Length ?? 0);
        if (size > TaskFields.MostText) return FleetAnswer.Refused<ExecutionV1>($"The texts are {size} characters together, and {TaskFields.MostText} is the limit; put the list of files into a file.");
        if (!execution.Status.IsLive())
        {
            // The same end told twice, such as after a lost answer.
            if (to == execution.Status && execution.Cause is null or ExecutionCause.StagingFailed or ExecutionCause.UploadFailed) return FleetAnswer.Ok(ToWire(task, execution));
            return Fenced(execution.Id, $"it has {execution.Status.Name()}{(execution.Cause is { } cause ? $" ({cause})" : "")}");
        }

        if (to != execution.Status && !Transitions.IsLegal(execution.Status, to))
            return FleetAnswer.Conflict<ExecutionV1>($"Execution {execution.Id} is {execution.Status.Name()} and cannot become {to.Name()}.");
        Note(task, execution, fields);
        if (to != execution.Status) Report(execution, to, fields);
        Settle();
        return FleetAnswer.Ok(ToWire(task, execution));
    }

    /// <summary>Copies what the task says now into its live execution.</summary>
    public FleetAnswer<FleetTaskV1> Freeze(long id)
    {
        if (FindTaskOf(id) is not { } task) return FleetAnswer.NotFound<FleetTaskV1>(NoExecution(id));
        if (task.Live is not { } live || live.Id != id) return Fenced(id, "it is over").As<FleetTaskV1>();
        live.Frozen = task.Text;
        Changes.Task(task.Id);
        return FleetAnswer.Ok(ToWire(task));
    }

    /// <summary>Removes the record of an attempt. A live one is killed, and its task is to run again at no cost.</summary>
    /// <returns>The task; the record itself is read before.</returns>
    public FleetAnswer<FleetTaskV1> DeleteExecution(long id)
    {
        if (FindTaskOf(id) is not { } task) return FleetAnswer.NotFound<FleetTaskV1>(NoExecution(id));
        if (task.Latest is { } latest && latest.Id == id)
        {
            bool wasLive = latest.Status.IsLive();
            Cut(task, ExecutionCause.TaskChanged);
            task.Latest = null;
            if (wasLive) Set(task, Transitions.Follow(task.Situation, ExecutionState.Refused, Blame.Task, Ready(task)));
        }
        else task.Former.Remove(id);
        executions.Remove(id);
        Effects.Deleted.Add(id);
        Changes.Task(task.Id);
        Settle();
        return FleetAnswer.Ok(ToWire(task));
    }

    public static ExecutionV1 ToWire(TaskRow task, ExecutionRow execution) => ToWire(execution, execution.Frozen ?? task.Text, isLatest: true);

    /// <param name="text">What it ran, or is going to.</param>
    public static ExecutionV1 ToWire(ExecutionRow execution, TaskText text, bool isLatest) => new()
    {
        ExecutionId = execution.Id,
        TaskId = execution.TaskId,
        WorkerId = execution.WorkerId,
        Status = execution.Status.Name(),
        Pid = execution.Pid,
        ReturnCode = execution.ReturnCode,
        OutputFiles = execution.OutputFiles,
        Command = text.Command,
        Shell = text.Shell,
        Container = text.Container,
        ContainerOptions = text.ContainerOptions,
        Input = text.Input,
        Resource = text.Resource,
        OutputFolder = text.Output,
        InputHash = execution.InputHash,
        OutputHash = execution.OutputHash,
        CreationDate = execution.Created,
        ModificationDate = execution.Modified,
        AcceptedDate = execution.Accepted,
        RunStartDate = execution.RunStart,
        RunEndDate = execution.RunEnd,
        UploadEndDate = execution.UploadEnd,
        Latest = isLatest,
        Cause = execution.Cause,
        OriginExecutionId = execution.Origin,
    };

    /// <summary>T3: a new attempt; the one before becomes history.</summary>
    private ExecutionRow Assign(TaskRow task, WorkerRow worker)
    {
        ExecutionRow made = new() { Id = Ids.Next(IdKind.Execution), TaskId = task.Id, WorkerId = worker.Id, Created = Now, Modified = Now };
        Supersede(task, made);
        underWay.Add(task.Id);
        worker.Live.Add(made.Id);
        Seat(worker);
        Set(task, Transitions.Follow(task.Situation, ExecutionState.Pending, Blame.Task, Ready(task)));
        return made;
    }

    private void Supersede(TaskRow task, ExecutionRow next)
    {
        if (task.Latest is { } former)
        {
            Effects.Displaced.Add((former, former.Frozen ?? task.Text));
            task.Former.Add(former.Id);
        }

        task.Latest = next;
        executions.Add(next.Id, task.Id);
        Changes.Task(task.Id);
        Changes.Whole();
    }

    private void Note(TaskRow task, ExecutionRow execution, ExecutionFieldsV1 fields)
    {
        if (fields.Freeze is true) execution.Frozen = task.Text;
        if (fields.Command is { } command) execution.Frozen = (execution.Frozen ?? task.Text) with { Command = command };
        execution.Pid = fields.Pid ?? execution.Pid;
        execution.OutputFiles = fields.OutputFiles ?? execution.OutputFiles;
        execution.InputHash = fields.InputHash ?? execution.InputHash;
        execution.OutputHash = fields.OutputHash ?? execution.OutputHash;
        // The process is over, what follows is the upload.
        if (fields.ReturnCode is not null && execution.ReturnCode is null && execution.Status is ExecutionState.Running) execution.RunEnd = Now;
        execution.ReturnCode = fields.ReturnCode ?? execution.ReturnCode;
        execution.Modified = Now;
        Changes.Task(task.Id);
    }

    private void Report(ExecutionRow execution, ExecutionState to, ExecutionFieldsV1 fields)
    {
        string? cause = to is not ExecutionState.Failed ? null : fields.Cause ?? execution.ReturnCode switch
        {
            FleetReturnCode.UploadFailed => ExecutionCause.UploadFailed,
            FleetReturnCode.StagingFailed => ExecutionCause.StagingFailed,
            _ => null,
        };
        if (to is ExecutionState.Refused && workers.TryGetValue(execution.WorkerId!.Value, out WorkerRow? worker)) worker.RefusedUntil = Now + WorkerRules.RefusalPause;
        Set(execution, to, Blame.Task, cause);
    }

    /// <summary>T15: tasks that are ready and may take a former result, do.</summary>
    /// <returns>Whether one did, so that others may be free now.</returns>
    private bool TakeFromCache()
    {
        bool took = false;
        while (hopefuls.TryDequeue(out long id))
        {
            if (!tasks.TryGetValue(id, out TaskRow? task) || task is not { Status: TaskState.Pending, UseCache: true } || Ids.Available(IdKind.Execution) == 0) continue;
            if (!cache.TryGetValue(CacheKey.Of(task.Text), out long origin) || FindTaskOf(origin) is not { Latest: { } source } of || of.Id == id || source.Id != origin) continue;
            ExecutionRow made = new()
            {
                Id = Ids.Next(IdKind.Execution),
                TaskId = id,
                Created = Now,
                Modified = Now,
                Origin = source.Origin ?? origin,
                Status = ExecutionState.Succeeded,
                ReturnCode = source.ReturnCode,
                OutputFiles = source.OutputFiles,
                InputHash = source.InputHash,
                OutputHash = source.OutputHash,
                Frozen = task.Text with { Output = (source.Frozen ?? of.Text).Output },
                Cause = ExecutionCause.CacheHit,
            };
            Supersede(task, made);
            Set(task, Transitions.Follow(task.Situation, ExecutionState.Succeeded, Blame.Task, TaskState.Pending));
            took = true;
        }

        return took;
    }

    private void Remember(TaskRow task, ExecutionRow execution) => cache[CacheKey.Of(execution.Frozen ?? task.Text)] = execution.Id;

    private static FleetAnswer<ExecutionV1> Fenced(long id, string why) =>
        FleetAnswer.Conflict<ExecutionV1>($"Execution {id} takes no reports any more, as {why}; drop its work.");

    private string NoExecution(long id) => $"There is no execution {id} in batch '{Name}'.";

    private string NoWorker(long id) => $"There is no worker {id} in batch '{Name}'.";
}
