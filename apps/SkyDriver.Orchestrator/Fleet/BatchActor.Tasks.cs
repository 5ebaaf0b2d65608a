using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Tasks and requirements.
public sealed partial class BatchActor
{
    private const int MostPerPage = 1000;

    /// <summary>Characters of texts in one page; with JSON around them an answer stays below a sidecar's 4 MiB.</summary>
    private const int MostTextPerPage = 1 << 20;

    public Task<FleetAnswer<IReadOnlyList<FleetTaskV1>>> CreateTasks(FleetCommand<CreateTasksV1> command)
    {
        int count = command.Body.Tasks.Count, edges = BatchState.EdgesOf(command.Body);
        if (count is 0 or > MostPerPage) return Task.FromResult(FleetAnswer.Refused<IReadOnlyList<FleetTaskV1>>($"tasks has {count} entries; give 1 to {MostPerPage}."));
        if (edges > MostEdgesPerCall) return Task.FromResult(FleetAnswer.Refused<IReadOnlyList<FleetTaskV1>>($"The tasks have {edges} requirements, and {MostEdgesPerCall} is the limit of one request; send fewer tasks."));
        return TurnAsync(
            command,
            batch =>
            {
                FleetAnswer<IReadOnlyList<long>> made = batch.CreateTasks(command.Body);
                return made.IsOk ? FleetAnswer.Created(Wire(batch, made.Value)) : made.As<IReadOnlyList<FleetTaskV1>>();
            },
            made => [.. made.Select(t => t.TaskId)],
            (batch, ids) => FleetAnswer.Ok(Wire(batch, ids)),
            count,
            edges);
    }

    public async Task<FleetAnswer<TaskPageV1>> ListTasks(TaskFilterV1 filter)
    {
        string[] unknown = [.. (filter.Statuses ?? []).Where(s => !States.TryParse(s, out TaskState _))];
        if (unknown.Length > 0) return FleetAnswer.Refused<TaskPageV1>($"status '{unknown[0]}' is not known; use {string.Join(", ", FleetTaskStatus.All)}.");
        return await LookAsync(batch => FleetAnswer.Ok(Page(batch, filter)));
    }

    public Task<TaskStatusesV1> GetTaskStatuses(IReadOnlyList<long> taskIds) => LookAsync(batch => batch.Statuses(taskIds));

    public Task<FleetAnswer<FleetTaskV1>> GetTask(long taskId) => LookAsync(batch => FindTask(batch, taskId));

    public Task<FleetAnswer<FleetTaskV1>> UpdateTask(FleetCommand<UpdateTaskV1> command) => TurnAsync(
        command,
        batch => batch.UpdateTask(command.Body),
        _ => [command.Body.TaskId],
        (batch, ids) => FindTask(batch, ids[0]),
        edges: Math.Min(command.Body.Fields.RequiredTaskIds?.Count ?? 0, TaskFields.MostRequired));

    public Task<FleetAnswer<FleetTaskV1>> DeleteTask(long taskId) => TurnAsync(batch => batch.DeleteTask(taskId));

    public Task<FleetAnswer<RequirementPageV1>> ListRequirements(PageV1 page) => LookAsync(batch =>
    {
        int limit = Math.Clamp(page.Limit, 1, MostPerPage);
        EdgeRow[] rows = [.. batch.Edges.Where(e => e.Id > page.After).OrderBy(e => e.Id).Take(limit + 1)];
        return FleetAnswer.Ok(new RequirementPageV1([.. rows.Take(limit).Select(BatchState.ToWire)], rows.Length > limit ? rows[limit - 1].Id : null));
    });

    public Task<FleetAnswer<RequirementV1>> AddRequirement(FleetCommand<NewRequirementV1> command) => TurnAsync(
        command,
        batch => batch.AddRequirement(command.Body),
        made => [made.RequirementId],
        (batch, ids) => batch.Edges.FirstOrDefault(e => e.Id == ids[0]) is { } edge ? FleetAnswer.Ok(BatchState.ToWire(edge)) : FleetAnswer.NotFound<RequirementV1>($"Requirement {ids[0]} was deleted since."),
        edges: 1);

    public Task<FleetAnswer<RequirementV1>> DeleteRequirement(long requirementId) => TurnAsync(batch => batch.DeleteRequirement(requirementId));

    private FleetAnswer<FleetTaskV1> FindTask(BatchState batch, long id) =>
        batch.FindTask(id) is { } task ? FleetAnswer.Ok(batch.ToWire(task)) : FleetAnswer.NotFound<FleetTaskV1>($"There is no task {id} in batch '{Name}'.");

    private static IReadOnlyList<FleetTaskV1> Wire(BatchState batch, IReadOnlyList<long> ids)
    {
        Dictionary<long, bool> blocked = [];
        return [.. ids.Select(batch.FindTask).OfType<TaskRow>().Select(t => batch.ToWire(t, blocked))];
    }

    private static TaskPageV1 Page(BatchState batch, TaskFilterV1 filter)
    {
        int limit = Math.Clamp(filter.Limit, 1, MostPerPage), text = 0;
        Dictionary<long, bool> blocked = [];
        List<FleetTaskV1> page = [];
        HashSet<string>? statuses = filter.Statuses is { Count: > 0 } some ? [.. some] : null, names = filter.Names is { Count: > 0 } named ? [.. named] : null;
        IEnumerable<TaskRow> candidates = filter.TaskIds is { Count: > 0 } ids
            ? ids.Distinct().Where(id => id > filter.After).Order().Select(batch.FindTask).OfType<TaskRow>()
            : batch.TasksAfter(filter.After);
        foreach (TaskRow task in candidates)
        {
            if (statuses?.Contains(task.Status.Name()) == false || names?.Contains(task.Text.Name ?? "") == false) continue;
            if (page.Count == limit || text > MostTextPerPage) return new(page, page[^1].TaskId);
            page.Add(batch.ToWire(task, blocked));
            text += task.Text.Size;
        }

        return new(page, null);
    }
}
