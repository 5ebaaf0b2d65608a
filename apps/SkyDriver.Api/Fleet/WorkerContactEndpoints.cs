using System.Text.Json;
using System.Text.Json.Nodes;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/workers/ID/...</c>, as workers speak.</summary>
internal sealed class WorkerContactEndpoints(FleetLocator fleet, WorkerContact contact, WorkerAccess access)
{
    private const int MaxStatus = 64 << 10;

    private static readonly int[] Signals = [.. FleetSignal.ForExecutions, .. FleetSignal.ForWorkers];

    private static readonly Argument[] Load =
    [
        new("load", "string|number", "Of its processors."), new("memory", "number", "Percent of its memory in use."), new("stats", "string|object", "More of the kind, as JSON."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("PUT", "/workers/{worker_id}/ping", new("The older heartbeat: answers with the worker's row.", Role.Internal) { Arguments = Load, Waits = true }, PingAsync);
        routes.MapFleet("PUT", "/workers/{worker_id}/heartbeat", new("All that a worker says and hears, in one exchange.", Role.Internal, Role.Worker)
        {
            Arguments =
            [
                .. Load, new("batch", "string", "The batch that it believes to serve."), new("running", "array", "What it holds: a list of {execution_id, status} with status accepted or running."),
                new("acknowledged_signals", "array|integer", "Ids of signals that it acted on."),
            ],
            Waits = true,
        }, HeartbeatAsync);
        routes.MapFleet("PUT", "/workers/{worker_id}/callback", new("The worker's own opinion that it is idle.", Role.Internal) { Arguments = [new("message", "string", "idle", Required: true)] }, CallbackAsync);
        routes.MapFleet("GET", "/workers/{worker_id}/executions", new("Executions that a worker holds.", FleetRoutes.Everybody), call => ListExecutionsAsync(call, status: null));
        routes.MapFleet("GET", "/workers/{worker_id}/executions/{status}", new("Executions of a worker in one status.", FleetRoutes.Everybody), call => ListExecutionsAsync(call, (string)call.Http.GetRouteValue("status")!));
        routes.MapFleet("GET", "/workers/{worker_id}/signals", new("Takes the signals that wait for a worker.", Role.Internal), TakeSignalsAsync);
        routes.MapFleet("POST", "/workers/{worker_id}/signals", new("Sends a signal to an execution, or to the worker.", Role.User)
        {
            Arguments = [new("execution_id", "integer", "The worker as a whole when not given."), FleetArguments.Signal with { Description = "Linux number; below zero for workers.", Required = true }],
        }, SendSignalAsync);
    }

    private async Task<IResult> PingAsync(Call call)
    {
        HeartbeatV1 beat = ReadLoad(call);
        call.ThrowIfFaulty();
        return Answers.Of((await contact.BeatAsync(beat, call.Aborted)).Worker);
    }

    private async Task<IResult> HeartbeatAsync(Call call)
    {
        HeartbeatV1 beat = ReadLoad(call) with
        {
            Batch = call.Arguments.Batch(),
            Running = ReadHeld(call.Arguments),
            AcknowledgedSignals = call.Arguments.Ids("acknowledged_signals") ?? [],
        };
        call.ThrowIfFaulty();
        access.RequireSelf(call, beat.WorkerId);
        HeartbeatReplyV1 reply = await contact.BeatAsync(beat, call.Aborted);
        return Answers.Of(reply with { Token = access.TokenFor(call, reply.Worker) });
    }

    private static HeartbeatV1 ReadLoad(Call call)
    {
        long id = call.Id("worker_id", WorkerEndpoints.What);
        string? load = call.Arguments.JsonText("load"), stats = call.Arguments.JsonText("stats");
        if (load?.Length > MaxStatus) call.Arguments.Fault("load", $"must have at most {MaxStatus} characters");
        if (stats?.Length > MaxStatus) call.Arguments.Fault("stats", $"must have at most {MaxStatus} characters");
        return new(id, load, call.Arguments.AtLeastZero("memory"), stats);
    }

    /// <summary>A worker that does not say what it holds, holds nothing.</summary>
    private static IReadOnlyList<HeldExecutionV1> ReadHeld(Arguments arguments)
    {
        if (arguments.Any("running") is not { } value) return [];
        List<HeldExecutionV1> held = [];
        if (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= FleetArguments.MaxValues)
        {
            held.AddRange(value.EnumerateArray().Select(Held).OfType<HeldExecutionV1>());
            if (held.Count == value.GetArrayLength()) return held;
        }

        arguments.Fault("running", $"must be a list of at most {FleetArguments.MaxValues} objects with 'execution_id' and 'status', which is accepted or running");
        return [];
    }

    private static HeldExecutionV1? Held(JsonElement item) =>
        item.ValueKind is JsonValueKind.Object && item.TryGetProperty("execution_id", out JsonElement id) && Arguments.TryInteger(id, out long execution)
            && item.TryGetProperty("status", out JsonElement status) && status is { ValueKind: JsonValueKind.String } && status.GetString() is ExecutionStatus.Accepted or ExecutionStatus.Running
            ? new(execution, status.GetString()!)
            : null;

    private async Task<IResult> CallbackAsync(Call call)
    {
        long id = call.Id("worker_id", WorkerEndpoints.What);
        call.Arguments.Require("message");
        string? message = call.Arguments.Word("message", ["idle"]);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Fleet.Callback(new(id, message!)));
    }

    private async Task<IResult> ListExecutionsAsync(Call call, string? status)
    {
        long id = call.Id("worker_id", WorkerEndpoints.What);
        if (status is not null && !ExecutionStatus.All.Contains(status)) call.Arguments.Fault("status", $"must be one of {string.Join(", ", ExecutionStatus.All)}");
        call.ThrowIfFaulty();
        IReadOnlyList<AssignmentV1> work = FleetRoutes.Value(await (await fleet.ServedByAsync(id)).ListWorkerExecutions(new(id, status)));
        return Answers.Of(work.Select(one => Flat(one, id)));
    }

    /// <summary>Older workers look for the task's members beside those of the execution.</summary>
    private static JsonObject Flat(AssignmentV1 work, long workerId)
    {
        JsonObject line = JsonSerializer.SerializeToNode(work, ContractJson.Options)!.AsObject();
        line["task_id"] = work.Task.TaskId;
        line["worker_id"] = workerId;
        line["command"] = work.Task.Command;
        line["shell"] = work.Task.Shell;
        line["container"] = work.Task.Container;
        line["container_options"] = work.Task.ContainerOptions;
        line["input"] = work.Task.Input;
        line["resource"] = work.Task.Resource;
        line["output_folder"] = work.Task.Output;
        return line;
    }

    private async Task<IResult> TakeSignalsAsync(Call call)
    {
        long id = call.Id("worker_id", WorkerEndpoints.What);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.ServedByAsync(id)).TakeSignals(id));
    }

    private async Task<IResult> SendSignalAsync(Call call)
    {
        long id = call.Id("worker_id", WorkerEndpoints.What);
        call.Arguments.Require("signal");
        long? execution = call.Arguments.Integer("execution_id");
        int? signal = call.SignalOf(Signals);
        if (signal is { } number && FleetSignal.ForWorkers.Contains(number) == execution.HasValue)
            call.Arguments.Fault("signal", execution is null ? "is for an execution; give 'execution_id'" : "is for a worker as a whole; leave 'execution_id' out");
        call.ThrowIfFaulty();
        // Work may go on in a batch that the worker has left.
        IBatchActor batch = execution is null ? await fleet.ServedByAsync(id) : await fleet.OwnerAsync(execution.Value, ExecutionEndpoints.What, call.Aborted);
        return FleetRoutes.Answer(await batch.SendSignal(call.Command(new NewSignalV1(id, execution, signal!.Value))));
    }
}
