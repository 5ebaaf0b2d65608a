using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/executions</c></summary>
internal sealed class ExecutionEndpoints(FleetLocator fleet, WorkerAccess access)
{
    public const string What = "execution";

    /// <summary>Rows of a page that carry their output.</summary>
    private const int PageWithOutput = 50;

    private static readonly string[] Causes =
    [
        ExecutionCause.Vanished, ExecutionCause.Killed, ExecutionCause.DownloadTimeout, ExecutionCause.RunTimeout, ExecutionCause.StagingFailed, ExecutionCause.UploadFailed, ExecutionCause.WorkerEvicted,
    ];

    private static readonly Argument NoOutput = new("no_output", "boolean", "Leave out what was printed; false when not given.");
    private static readonly Argument Trunc = new("trunc", "integer", "Only the last so many characters of what was printed.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/executions", new("Executions, by id.", FleetRoutes.Everybody)
        {
            Arguments =
            [
                new("task_id", "array|integer", "Only of these tasks."), new("status", "array|string", "Only in one of these."), new("latest", "boolean", "Only the latest ones of their tasks, or only others."),
                new("task_name", "string", "Only of tasks of this name."), new("batch", "array|string", "Only of these batches."), new("worker_id", "integer", "Only on this worker."),
                FleetArguments.Limit, new("reverse", "boolean", "Newest first; false when not given."), NoOutput, Trunc, FleetArguments.After,
            ],
        }, ListAsync);
        routes.MapFleet("POST", "/executions", new("Starts a pending or paused task on a worker, by hand.", FleetRoutes.Everybody)
        {
            GoodStatus = StatusCodes.Status201Created,
            Arguments =
            [
                new("worker_id", "integer", "Where.", Required: true), new("task_id", "integer", "What.", Required: true),
                new("status", "string", "pending or running; pending when not given."), new("command", "string", "Instead of the task's."),
            ],
        }, CreateAsync);
        routes.MapFleet("GET", "/executions/{execution_id}", new("An execution.", FleetRoutes.Everybody) { Arguments = [NoOutput, Trunc] }, GetAsync);
        routes.MapFleet("PUT", "/executions/{execution_id}", new("Reports of an execution.", Role.Internal, Role.Worker)
        {
            Arguments =
            [
                new("status", "string", "How it stands."), new("pid", "string|integer", "Process or container id."), new("return_code", "integer", "At the end."),
                new("output", "string", "Replaces standard output."), new("error", "string", "Replaces standard error."), new("output_files", "string|array", "Relative paths."),
                new("command", "string", "What really ran."), new("freeze", "boolean", "Copy the task's run fields now."), new("input_hash", "string", "Cache key."),
                new("output_hash", "string", "Cache key."), new("cause", "string", "Why it ended, where the return code does not say it."),
            ],
        }, UpdateAsync);
        routes.MapFleet("PUT", "/executions/{execution_id}/output_files", new("Sets the list of output files.", Role.Internal, Role.Worker)
        {
            Arguments = [new("text", "string|array", "Relative paths, separated by blanks.", Required: true)],
        }, SetOutputFilesAsync);
        routes.MapFleet("DELETE", "/executions/{execution_id}", new("Removes an execution.", Role.User), async call => FleetRoutes.Answer(await DeleteAsync(call)));
        routes.MapFleet("PUT", "/executions/{execution_id}/delete", new("Removes an execution.", Role.User), async call =>
        {
            FleetRoutes.Value(await DeleteAsync(call));
            return Answers.Of(FleetResultV1.Ok);
        });
    }

    private async Task<IResult> ListAsync(Call call)
    {
        IReadOnlyList<long>? tasks = call.Arguments.Ids("task_id");
        IReadOnlyList<string>? batches = call.Arguments.Batches();
        ExecutionFilterV1 filter = new(
            tasks, call.Arguments.Texts("status", ExecutionStatus.All), call.Arguments.Boolean("latest"), call.Arguments.RawText("task_name"), call.Arguments.Integer("worker_id"),
            Reverse: call.Arguments.Boolean("reverse") ?? false, NoOutput: call.Arguments.Boolean("no_output") ?? false, Trunc: call.Arguments.Count("trunc"));
        long after = call.Arguments.Count("after") ?? 0;
        int? limit = call.Arguments.Count("limit", 1, FleetArguments.MaxLimit);
        call.ThrowIfFaulty();
        MergedPages<ExecutionV1> pages = new(execution => execution.ExecutionId, filter.Reverse) { PageSize = filter.NoOutput ? 1000 : PageWithOutput };
        ILookup<string, long>? owners = tasks is null ? null : await fleet.GroupAsync(tasks, call.Aborted);
        foreach (string name in batches ?? owners?.Select(o => o.Key) ?? await fleet.ListBatchesAsync(call.Aborted))
        {
            if (name == "" || owners?.Contains(name) is false) continue;
            IBatchActor batch = fleet.Batch(name);
            ExecutionFilterV1 own = filter with { TaskIds = owners is null ? null : [.. owners[name]] };
            pages.Add(async (last, size) => Page(await batch.ListExecutions(own with { After = last, Limit = size })));
        }

        return await pages.AnswerAsync(after, limit, call.Aborted);
    }

    private static FleetAnswer<(IReadOnlyList<ExecutionV1>, long?)> Page(FleetAnswer<ExecutionPageV1> page) =>
        page.IsOk ? FleetAnswer.Ok((page.Value.Executions, page.Value.Next)) : page.As<(IReadOnlyList<ExecutionV1>, long?)>();

    private async Task<IResult> CreateAsync(Call call)
    {
        call.Arguments.Require("worker_id");
        call.Arguments.Require("task_id");
        long? worker = call.Arguments.Integer("worker_id"), task = call.Arguments.Integer("task_id");
        string? status = call.Arguments.Word("status", [ExecutionStatus.Pending, ExecutionStatus.Running]), command = call.Arguments.Text("command");
        call.ThrowIfFaulty();
        IBatchActor batch = await fleet.OwnerAsync(task!.Value, "task", call.Aborted);
        return FleetRoutes.Answer(await batch.CreateExecution(call.Command(new NewExecutionV1(task.Value, worker!.Value, status, command))));
    }

    private async Task<IResult> GetAsync(Call call)
    {
        long id = call.Id("execution_id", What);
        GetExecutionV1 request = new(id, !(call.Arguments.Boolean("no_output") ?? false), call.Arguments.Count("trunc"));
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, What, call.Aborted)).GetExecution(request));
    }

    private async Task<IResult> UpdateAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        long id = call.Id("execution_id", What);
        ExecutionFieldsV1 fields = new()
        {
            Status = arguments.Word("status", ExecutionStatus.All),
            // Older workers send the number of a process as a number.
            Pid = arguments.JsonText("pid"),
            ReturnCode = arguments.Count("return_code", int.MinValue),
            Output = arguments.RawText("output"),
            Error = arguments.RawText("error"),
            OutputFiles = arguments.Items("output_files"),
            Command = arguments.Text("command"),
            Freeze = arguments.Boolean("freeze"),
            InputHash = arguments.RawText("input_hash"),
            OutputHash = arguments.RawText("output_hash"),
            Cause = arguments.Word("cause", Causes),
        };
        call.ThrowIfFaulty();
        return await ReportAsync(call, id, fields);
    }

    private Task<IResult> SetOutputFilesAsync(Call call)
    {
        call.Arguments.Require("text");
        long id = call.Id("execution_id", What);
        string? files = call.Arguments.Items("text");
        call.ThrowIfFaulty();
        return ReportAsync(call, id, new() { OutputFiles = files });
    }

    private async Task<IResult> ReportAsync(Call call, long id, ExecutionFieldsV1 fields)
    {
        IBatchActor batch = await fleet.OwnerAsync(id, What, call.Aborted);
        await access.RequireOwnAsync(call, id, batch);
        return FleetRoutes.Answer(await batch.UpdateExecution(call.Command(new UpdateExecutionV1(id, fields))));
    }

    private async Task<FleetAnswer<ExecutionV1>> DeleteAsync(Call call)
    {
        long id = call.Id("execution_id", What);
        call.ThrowIfFaulty();
        return await (await fleet.OwnerAsync(id, What, call.Aborted)).DeleteExecution(id);
    }
}
