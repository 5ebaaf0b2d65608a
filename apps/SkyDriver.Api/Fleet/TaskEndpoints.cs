using System.Text.Json;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/tasks</c></summary>
internal sealed class TaskEndpoints(FleetLocator fleet, WorkerAccess access)
{
    private const string What = "task";
    private const int MaxStatuses = 100_000;
    private const int StatusesAtOnce = 10_000;

    private static readonly string[] Nullable = ["name", "shell", "input", "resource", "output", "container", "download_timeout", "run_timeout"];

    private static readonly Argument[] Fields =
    [
        new("name", "string", "Free label."),
        new("command", "string", "Argument text, split as a shell would, without expansion; with 'shell' a script."),
        new("shell", "string|boolean", "Program that runs the command by -c; true is sh."),
        new("status", "string", "When not given: waiting if it has requirements, else pending."),
        new("input", "string|array", "URIs of files for this task, separated by blanks."),
        new("resource", "string|array", "URIs of files that tasks on one worker share."),
        new("output", "string", "URI of the folder that gets the output."),
        new("container", "string", "Image to run in."),
        new("container_options", "string", "More flags for the container."),
        new("required_task_ids", "array|integer", "Tasks that must have succeeded before; the whole set."),
        new("retry", "integer", "Automatic retries that are left."),
        new("download_timeout", "integer", "Seconds for staging."),
        new("run_timeout", "integer", "Seconds for running."),
        new("use_cache", "boolean", "Take the output of an identical execution that succeeded."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/tasks", new("Tasks, by id.", FleetRoutes.Everybody)
        {
            Arguments =
            [
                new("task_id", "array|integer", "Only these."), new("batch", "array|string", "Only of these batches."), new("status", "array|string", "Only in one of these."),
                new("name", "array|string", "Only with one of these."), FleetArguments.After, FleetArguments.Limit,
            ],
        }, ListAsync);
        routes.MapFleet("POST", "/tasks", new("Creates a task.", FleetRoutes.Everybody)
        {
            GoodStatus = StatusCodes.Status201Created,
            Arguments = [.. Fields.Select(field => field.Name == "command" ? field with { Required = true } : field), new("batch", "string", "Default when not given.")],
        }, CreateAsync);
        routes.MapFleet("GET", "/tasks/status", new("Statuses of tasks as numbers, in the order asked.", FleetRoutes.Everybody)
        {
            Arguments =
            [
                new("task_id", "array|integer", "Which.", Required: true),
                new("blocked", "boolean", "Answer with 'statuses' (-1 for a task that is not there) and 'blocked' (waits for one that failed for good)."),
            ],
        }, GetStatusesAsync);
        routes.MapFleet("GET", "/tasks/{task_id}", new("A task.", FleetRoutes.Everybody), GetAsync);
        routes.MapFleet("PUT", "/tasks/{task_id}", new("Changes a task.", FleetRoutes.Everybody) { Arguments = Fields }, UpdateAsync);
        routes.MapFleet("DELETE", "/tasks/{task_id}", new("Removes a task with its executions; live ones are killed.", Role.User), DeleteAsync);
        CallInfo freeze = new("Copies the task's run fields into an execution.", Role.Internal, Role.Worker);
        routes.MapFleet("PUT", "/tasks/{task_id}/freeze/{execution_id}", freeze, FreezeAsync);
        routes.MapFleet("GET", "/tasks/{task_id}/freeze/{execution_id}", freeze, FreezeAsync);
    }

    private async Task<IResult> ListAsync(Call call)
    {
        IReadOnlyList<long>? ids = call.Arguments.Ids("task_id");
        IReadOnlyList<string>? batches = call.Arguments.Batches(), statuses = call.Arguments.Texts("status", FleetTaskStatus.All), names = call.Arguments.Texts("name");
        long after = call.Arguments.Count("after") ?? 0;
        int? limit = call.Arguments.Count("limit", 1, FleetArguments.MaxLimit);
        call.ThrowIfFaulty();
        MergedPages<FleetTaskV1> pages = new(task => task.TaskId);
        ILookup<string, long>? owners = ids is null ? null : await fleet.GroupAsync(ids, call.Aborted);
        foreach (string name in batches ?? owners?.Select(o => o.Key) ?? await fleet.ListBatchesAsync(call.Aborted))
        {
            if (name == "" || owners?.Contains(name) is false) continue;
            IBatchActor batch = fleet.Batch(name);
            IReadOnlyList<long>? own = owners is null ? null : [.. owners[name]];
            pages.Add(async (last, size) => Page(await batch.ListTasks(new(own, statuses, names, last, size))));
        }

        return await pages.AnswerAsync(after, limit, call.Aborted);
    }

    private static FleetAnswer<(IReadOnlyList<FleetTaskV1>, long?)> Page(FleetAnswer<TaskPageV1> page) =>
        page.IsOk ? FleetAnswer.Ok((page.Value.Tasks, page.Value.Next)) : page.As<(IReadOnlyList<FleetTaskV1>, long?)>();

    private async Task<IResult> CreateAsync(Call call)
    {
        call.Arguments.Require("command");
        TaskFieldsV1 task = ReadFields(call.Arguments);
        string batch = FleetArguments.OrDefault(call.Arguments.Batch());
        call.ThrowIfFaulty();
        CreateTasksV1 request = new([task], await LookUpForeignAsync(batch, task.RequiredTaskIds ?? [], call));
        FleetAnswer<IReadOnlyList<FleetTaskV1>> answer = await fleet.Batch(batch).CreateTasks(call.Command(request));
        return FleetRoutes.Answer(FleetAnswer.Created(FleetRoutes.Value(answer)[0]));
    }

    /// <summary>A batch must not ask another one, so what it needs to know of others comes with the request.</summary>
    private async Task<IReadOnlyList<TaskStatusV1>?> LookUpForeignAsync(string batch, IReadOnlyList<long> required, Call call)
    {
        List<TaskStatusV1> foreign = [];
        foreach (IGrouping<string, long> owner in await fleet.GroupAsync(required, call.Aborted))
        {
            if (owner.Key == batch) continue;
            long[] ids = [.. owner];
            IReadOnlyList<int> statuses = owner.Key == "" ? [.. ids.Select(_ => -1)] : (await fleet.Batch(owner.Key).GetTaskStatuses(ids)).Statuses;
            for (int i = 0; i < ids.Length; i++)
            {
                if (statuses[i] < 0) call.Arguments.Fault("required_task_ids", $"there is no task {ids[i]}");
                else foreign.Add(new(ids[i], FleetTaskStatus.All[statuses[i]]));
            }
        }

        call.ThrowIfFaulty();
        return foreign.Count > 0 ? foreign : null;
    }

    private async Task<IResult> GetStatusesAsync(Call call)
    {
        call.Arguments.Require("task_id");
        IReadOnlyList<long> ids = call.Arguments.Ids("task_id", MaxStatuses) ?? [];
        bool withBlocked = call.Arguments.Boolean("blocked") ?? false;
        call.ThrowIfFaulty();
        Dictionary<long, (int Status, bool Blocked)> known = [];
        foreach (IGrouping<string, long> owner in (await fleet.GroupAsync(ids, call.Aborted)).Where(owner => owner.Key != ""))
        {
            foreach (long[] some in owner.Chunk(StatusesAtOnce))
            {
                TaskStatusesV1 answer = await fleet.Batch(owner.Key).GetTaskStatuses(some);
                for (int i = 0; i < some.Length; i++) known[some[i]] = (answer.Statuses[i], answer.Blocked[i]);
            }
        }

        int[] statuses = [.. ids.Select(id => known.TryGetValue(id, out (int Status, bool) task) ? task.Status : -1)];
        if (withBlocked) return Answers.Of(new TaskStatusesV1(statuses, [.. ids.Select(id => known.TryGetValue(id, out (int, bool Blocked) task) && task.Blocked)]));
        // Numbers alone cannot say that a task is not there.
        if (ids.Where((_, i) => statuses[i] < 0).ToArray() is { Length: > 0 } gone) throw ApiException.NotFound($"there is no task {string.Join(", ", gone.Take(10))}{(gone.Length > 10 ? $" and {gone.Length - 10} more" : "")}");
        return Answers.Of(statuses);
    }

    private async Task<IResult> GetAsync(Call call)
    {
        long id = call.Id("task_id", What);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, What, call.Aborted)).GetTask(id));
    }

    private async Task<IResult> UpdateAsync(Call call)
    {
        long id = call.Id("task_id", What);
        TaskFieldsV1 fields = ReadFields(call.Arguments) with { Cleared = call.Arguments.Cleared(Nullable) };
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, What, call.Aborted)).UpdateTask(call.Command(new UpdateTaskV1(id, fields))));
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        long id = call.Id("task_id", What);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, What, call.Aborted)).DeleteTask(id));
    }

    private async Task<IResult> FreezeAsync(Call call)
    {
        long id = call.Id("task_id", What), execution = call.Id("execution_id", "execution");
        call.ThrowIfFaulty();
        IBatchActor batch = await fleet.OwnerAsync(execution, "execution", call.Aborted);
        await access.RequireOwnAsync(call, execution, batch);
        // Asked first: freezing changes the execution, also that of another task.
        if (FleetRoutes.Value(await batch.GetExecution(new(execution, WithOutput: false))).TaskId != id) throw ApiException.NotFound("there is no such execution of this task");
        return FleetRoutes.Answer(await batch.Freeze(execution));
    }

    private static TaskFieldsV1 ReadFields(Arguments arguments) => new()
    {
        Name = arguments.RawText("name"),
        Command = arguments.Text("command"),
        Shell = arguments.Any("shell") is { ValueKind: JsonValueKind.True } ? "sh" : arguments.Any("shell") is { ValueKind: JsonValueKind.False } ? null : arguments.Text("shell"),
        Status = arguments.Word("status", FleetTaskStatus.All),
        Input = arguments.Items("input"),
        Resource = arguments.Items("resource"),
        Output = arguments.RawText("output"),
        Container = arguments.RawText("container"),
        ContainerOptions = arguments.RawText("container_options"),
        RequiredTaskIds = arguments.Ids("required_task_ids"),
        Retry = arguments.Count("retry"),
        DownloadTimeout = arguments.Count("download_timeout", 1),
        RunTimeout = arguments.Count("run_timeout", 1),
        UseCache = arguments.Boolean("use_cache"),
    };
}
