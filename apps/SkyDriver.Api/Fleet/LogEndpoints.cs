using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary>What executions print.</summary>
internal sealed class LogEndpoints(FleetLocator fleet, WorkerAccess access)
{
    private static readonly Argument[] Reading =
    [
        new("output", "boolean", "Read standard output; both streams when neither is named."), new("error", "boolean", "Read standard error."),
        new("output_position", "integer", "From this byte on, the first is 1.") { OldNames = ["output_start"] },
        new("error_position", "integer", "From this byte on, the first is 1.") { OldNames = ["error_start"] },
        new("data", "object", "Older clients put the others in here."),
    ];

    private static readonly Argument[] Appending =
    [
        new("text", "string", "What was printed.", Required: true),
        new("offset", "integer", "Bytes of UTF-8 that come before it, so that a repeat adds nothing; at the end when not given."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/executions/{execution_id}/output", new("What an execution printed.", FleetRoutes.Everybody) { Arguments = Reading }, ReadAsync);
        routes.MapFleet("PUT", "/executions/{execution_id}/output", new("Adds to standard output.", Role.Internal, Role.Worker) { Arguments = Appending }, call => AppendAsync(call, LogStream.Output));
        routes.MapFleet("PUT", "/executions/{execution_id}/error", new("Adds to standard error.", Role.Internal, Role.Worker) { Arguments = Appending }, call => AppendAsync(call, LogStream.Error));
    }

    private async Task<IResult> ReadAsync(Call call)
    {
        long id = call.Id("execution_id", ExecutionEndpoints.What);
        Arguments arguments = call.Arguments;
        if (arguments.Object("data") is { } inner)
        {
            arguments = arguments.With(inner.EnumerateObject().ToDictionary(member => member.Name, member => member.Value));
            arguments.RefuseUnknown(call.Info.KnownNames);
        }

        bool? output = arguments.Boolean("output"), error = arguments.Boolean("error");
        long? outputFrom = Position(arguments, "output"), errorFrom = Position(arguments, "error");
        foreach (string fault in arguments == call.Arguments ? [] : arguments.Faults) call.Arguments.Fault(fault);
        call.ThrowIfFaulty();
        // A stream is read when it is asked for, or when nothing says which one is.
        bool any = output is not null || error is not null || outputFrom is not null || errorFrom is not null;
        ReadLogsV1 request = new(id, output ?? (!any || outputFrom is not null) ? outputFrom ?? 1 : null, error ?? (!any || errorFrom is not null) ? errorFrom ?? 1 : null);
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, ExecutionEndpoints.What, call.Aborted)).ReadLogs(request));
    }

    private static long? Position(Arguments arguments, string stream)
    {
        string name = $"{stream}_position";
        if (arguments.Integer(name, $"{stream}_start") is not { } position) return null;
        if (position >= 1) return position;
        arguments.Fault(name, "must be 1 or more");
        return null;
    }

    private async Task<IResult> AppendAsync(Call call, string stream)
    {
        long id = call.Id("execution_id", ExecutionEndpoints.What);
        call.Arguments.Require("text");
        string? text = call.Arguments.RawText("text");
        long? offset = call.Arguments.Integer("offset");
        if (offset < 0) call.Arguments.Fault("offset", "must be 0 or more");
        call.ThrowIfFaulty();
        IBatchActor batch = await fleet.OwnerAsync(id, ExecutionEndpoints.What, call.Aborted);
        await access.RequireOwnAsync(call, id, batch);
        FleetAnswer<LogLengthV1> answer = await batch.AppendLog(call.Command(new AppendLogV1(id, stream, text!, offset)));
        if (answer.IsOk) return Answers.Of(new { result = FleetResultV1.Ok.Result, answer.Value.Length, answer.Value.IsTruncated });
        // After a gap the worker has to know where to go on.
        throw FleetRoutes.Refusal(answer, answer.Value is { } now ? new Dictionary<string, object?> { ["length"] = now.Length } : null);
    }
}
