using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Executions and their streams.
public sealed partial class BatchActor
{
    /// <summary>Characters of streams in one page of executions.</summary>
    private const int MostStreamsPerPage = 2 << 20;

    public Task<FleetAnswer<ExecutionV1>> CreateExecution(FleetCommand<NewExecutionV1> command) => TurnAsync(
        command, batch => batch.CreateExecution(command.Body), made => [made.ExecutionId], (batch, ids) => Find(batch, ids[0]), tasks: 1);

    public async Task<FleetAnswer<ExecutionV1>> GetExecution(GetExecutionV1 request)
    {
        FleetAnswer<ExecutionV1> found = await LookAsync(batch => Find(batch, request.ExecutionId));
        if (found.Status == 409) found = await records.GetAsync(request.ExecutionId) is { } former ? FleetAnswer.Ok(former) : NoExecution(request.ExecutionId);
        return found.IsOk && request.WithOutput ? FleetAnswer.Ok(await WithStreamsAsync(found.Value, request.Trunc)) : found;
    }

    public async Task<FleetAnswer<ExecutionV1>> UpdateExecution(FleetCommand<UpdateExecutionV1> command)
    {
        FleetAnswer<ExecutionV1> answer = await TurnAsync(
            command, batch => batch.UpdateExecution(command.Body), made => [made.ExecutionId], (batch, ids) => Find(batch, ids[0]));
        if (answer.IsOk && command.Body.Fields.Output is { } output) await logs.ReplaceAsync(command.Body.ExecutionId, LogStream.Output, output);
        if (answer.IsOk && command.Body.Fields.Error is { } error) await logs.ReplaceAsync(command.Body.ExecutionId, LogStream.Error, error);
        return answer;
    }

    public async Task<FleetAnswer<ExecutionV1>> DeleteExecution(long executionId)
    {
        FleetAnswer<ExecutionV1> was = await GetExecution(new(executionId, WithOutput: false));
        if (!was.IsOk) return was;
        FleetAnswer<FleetTaskV1> deleted = await TurnAsync(batch => batch.DeleteExecution(executionId));
        return deleted.IsOk ? was : deleted.As<ExecutionV1>();
    }

    public Task<FleetAnswer<FleetTaskV1>> Freeze(long executionId) => TurnAsync(batch => batch.Freeze(executionId));

    public async Task<FleetAnswer<ExecutionPageV1>> ListExecutions(ExecutionFilterV1 filter)
    {
        string[] unknown = [.. (filter.Statuses ?? []).Where(s => !States.TryParse(s, out ExecutionState _))];
        if (unknown.Length > 0) return FleetAnswer.Refused<ExecutionPageV1>($"status '{unknown[0]}' is not known; use {string.Join(", ", ExecutionStatus.All)}.");
        int limit = Math.Clamp(filter.Limit, 1, MostPerPage), text = 0;
        List<ExecutionV1> page = [];
        foreach ((long id, ExecutionV1? latest) in await LookAsync(batch => Candidates(batch, filter)))
        {
            if (page.Count == limit || text > MostStreamsPerPage) return FleetAnswer.Ok(new ExecutionPageV1(page, page[^1].ExecutionId));
            if ((latest ?? await records.GetAsync(id)) is not { } found || !Fits(found, filter)) continue;
            ExecutionV1 shown = filter.NoOutput ? found : await WithStreamsAsync(found, filter.Trunc);
            text += (shown.Output?.Length ?? 0) + (shown.Error?.Length ?? 0) + (shown.Command?.Length ?? 0) + (shown.OutputFiles?.Length ?? 0);
            page.Add(shown);
        }

        return FleetAnswer.Ok(new ExecutionPageV1(page, null));
    }

    public async Task<FleetAnswer<LogLengthV1>> AppendLog(FleetCommand<AppendLogV1> command)
    {
        AppendLogV1 append = command.Body;
        if (KeyBook.WhyNot(command.Key) is { } why) return FleetAnswer.Refused<LogLengthV1>(why);
        if (append.Stream is not (LogStream.Output or LogStream.Error)) return FleetAnswer.Refused<LogLengthV1>($"stream '{append.Stream}' is not known; use output or error.");
        FleetAnswer<ExecutionV1> found = await LookAsync(batch => Find(batch, append.ExecutionId));
        return found.IsOk ? await logs.AppendAsync(append.ExecutionId, append.Stream, append.Text, append.Offset, command.Key) : found.As<LogLengthV1>();
    }

    public async Task<FleetAnswer<LogsV1>> ReadLogs(ReadLogsV1 request)
    {
        if (!await LookAsync(batch => batch.FindTaskOf(request.ExecutionId) is not null)) return NoExecution(request.ExecutionId).As<LogsV1>();
        (string? Text, long? Next) output = (null, null), error = (null, null);
        if (request.OutputPosition is { } from) output = await logs.ReadAsync(request.ExecutionId, LogStream.Output, from);
        if (request.ErrorPosition is { } fromError) error = await logs.ReadAsync(request.ExecutionId, LogStream.Error, fromError);
        return FleetAnswer.Ok(new LogsV1(output.Text, error.Text, output.Next, error.Next));
    }

    /// <returns>409 for one that a newer one displaced.</returns>
    private FleetAnswer<ExecutionV1> Find(BatchState batch, long id)
    {
        if (batch.FindTaskOf(id) is not { } task) return NoExecution(id);
        return task.Latest is { } latest && latest.Id == id
            ? FleetAnswer.Ok(BatchState.ToWire(task, latest))
            : FleetAnswer.Conflict<ExecutionV1>($"Execution {id} was displaced by a newer one; drop its work.");
    }

    /// <summary>Ids in the order asked for, with those that are in memory; the others are read as far as the page needs.</summary>
    private static List<(long Id, ExecutionV1? Latest)> Candidates(BatchState batch, ExecutionFilterV1 filter)
    {
        IEnumerable<TaskRow> tasks = filter.TaskIds is { Count: > 0 } ids ? ids.Distinct().Select(batch.FindTask).OfType<TaskRow>() : batch.Rows;
        if (filter.TaskName is { } name) tasks = tasks.Where(t => t.Text.Name == name);
        List<(long Id, ExecutionV1? Latest)> found = [];
        foreach (TaskRow task in tasks)
        {
            if (filter.Latest is not false && task.Latest is { } latest && BatchState.ToWire(task, latest) is { } wire && Fits(wire, filter)) found.Add((latest.Id, wire));
            if (filter.Latest is not true) found.AddRange(task.Former.Select(id => (id, (ExecutionV1?)null)));
        }

        IEnumerable<(long Id, ExecutionV1? Latest)> after = filter.After == 0 ? found : found.Where(f => filter.Reverse ? f.Id < filter.After : f.Id > filter.After);
        return [.. filter.Reverse ? after.OrderByDescending(f => f.Id) : after.OrderBy(f => f.Id)];
    }

    private static bool Fits(ExecutionV1 execution, ExecutionFilterV1 filter) =>
        (filter.Statuses is not { Count: > 0 } statuses || statuses.Contains(execution.Status)) && (filter.WorkerId is null || execution.WorkerId == filter.WorkerId);

    private async Task<ExecutionV1> WithStreamsAsync(ExecutionV1 execution, int? trunc) => execution with
    {
        Output = await logs.TailAsync(execution.ExecutionId, LogStream.Output, trunc),
        Error = await logs.TailAsync(execution.ExecutionId, LogStream.Error, trunc),
    };

    private FleetAnswer<ExecutionV1> NoExecution(long id) => FleetAnswer.NotFound<ExecutionV1>($"There is no execution {id} in batch '{Name}'.");
}
