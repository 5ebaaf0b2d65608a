using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/workers</c>, as people look after them.</summary>
internal sealed class WorkerEndpoints(FleetLocator fleet, DeclarationCollector declarations, WorkerAccess access)
{
    public const string What = "worker";

    private const int MaxDeployed = 10_000;
    private const int MaxConcurrency = 100_000;

    private static readonly Argument[] Filters =
    [
        new("worker_id", "array|integer", "Only these."), new("name", "array|string", "Only of these names."), new("hostname", "array|string", "Only on these machines."),
        new("batch", "array|string", "Only of these batches."), new("status", "array|string", "Only in one of these."), new("flavor", "array|string", "Only of these classes."),
        new("provider", "array|string", "Only of these launchers."), new("region", "array|string", "Only at these places."), new("permanent", "boolean", "Only those that are never destroyed, or only others."),
        FleetArguments.After, FleetArguments.Limit,
    ];

    private static readonly Argument[] Fields =
    [
        new("name", "string", "1 to 128 printable characters."), new("concurrency", "integer", "Tasks at once; 0 for none."), new("hostname", "string", "Its machine."),
        new("status", "string", "How it stands."), new("batch", "string", "The batch that it serves."), new("permanent", "boolean", "Never destroyed."),
        new("prefetch", "integer", "Tasks staged ahead."), new("flavor", "string", "Its resource class."), new("provider", "string", "Its launcher."), new("region", "string", "Its place."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/workers", new("Workers, by id.", FleetRoutes.Everybody) { Arguments = Filters }, ListAsync);
        routes.MapFleet("POST", "/workers", new("Declares a worker, or one that came back.", Role.User, Role.Internal, Role.Worker)
        {
            GoodStatus = StatusCodes.Status201Created,
            Arguments =
            [
                .. Fields.Select(field => field.Name is "name" or "concurrency" ? field with { Required = true } : field),
                new("launcher_id", "string", "What the launcher calls it, for one that was deployed."),
            ],
        }, DeclareAsync);
        routes.MapFleet("GET", "/workers/tasks", new("How many latest executions of each worker are in which status.", FleetRoutes.Everybody), CountTasksAsync);
        routes.MapFleet("PUT", "/workers/deploy", new("Starts workers.", Role.User)
        {
            Arguments =
            [
                new("number", "integer", "How many, 1 to 10000.", Required: true), new("batch", "string", "Default when not given."), new("concurrency", "integer", "Tasks at once on each.", Required: true),
                new("flavor", "string", "A resource class, or auto with a filter.", Required: true), new("provider", "string", "The launcher; the site's own when not given."),
                new("region", "string", "The place; the site's own when not given."), new("prefetch", "integer", "Tasks staged ahead; 0 when not given."),
            ],
        }, DeployAsync);
        routes.MapFleet("GET", "/workers/{worker_id}", new("A worker.", FleetRoutes.Everybody), GetAsync);
        routes.MapFleet("PUT", "/workers/{worker_id}", new("Changes a worker.", Role.User, Role.Internal, Role.Worker)
        {
            Arguments = [.. Fields, new("eviction_action", "string", "With status evicted: none, delete or replace.")],
        }, UpdateAsync);
        routes.MapFleet("DELETE", "/workers/{worker_id}", new("Removes a worker; one that was deployed is destroyed.", Role.User), DeleteAsync);
    }

    private async Task<IResult> ListAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        WorkerFilterV1 filter = new(
            arguments.Ids("worker_id"), arguments.Texts("name"), arguments.Texts("hostname"), arguments.Batches(), arguments.Texts("status", FleetWorkerStatus.All),
            arguments.Texts("flavor"), arguments.Texts("provider"), arguments.Texts("region"), arguments.Boolean("permanent"));
        long after = arguments.Count("after") ?? 0;
        int? limit = arguments.Count("limit", 1, FleetArguments.MaxLimit);
        call.ThrowIfFaulty();
        MergedPages<WorkerV1> pages = new(worker => worker.WorkerId);
        pages.Add(async (last, size) => Page(await fleet.Fleet.ListWorkers(filter with { After = last, Limit = size })));
        return await pages.AnswerAsync(after, limit, call.Aborted);
    }

    private static FleetAnswer<(IReadOnlyList<WorkerV1>, long?)> Page(FleetAnswer<WorkerPageV1> page) =>
        page.IsOk ? FleetAnswer.Ok((page.Value.Workers, page.Value.Next)) : page.As<(IReadOnlyList<WorkerV1>, long?)>();

    private async Task<IResult> DeclareAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        arguments.Require("name");
        arguments.Require("concurrency");
        string? name = arguments.Text("name");
        int? concurrency = arguments.Count("concurrency", 0, MaxConcurrency);
        NewWorkerV1 worker = new()
        {
            Name = name ?? "",
            Concurrency = concurrency ?? 0,
            Hostname = arguments.RawText("hostname"),
            Status = arguments.Word("status", FleetWorkerStatus.All),
            Batch = arguments.Batch(),
            Permanent = arguments.Boolean("permanent"),
            Prefetch = arguments.Count("prefetch", 0, MaxConcurrency),
            Flavor = arguments.RawText("flavor"),
            Provider = arguments.RawText("provider"),
            Region = arguments.RawText("region"),
            LauncherId = arguments.RawText("launcher_id"),
        };
        call.ThrowIfFaulty();
        access.RequireOwnBatch(call, worker);
        FleetAnswer<WorkerV1> answer = await declarations.SendAsync(call.Command(worker));
        return FleetRoutes.Answer(answer.IsOk ? answer with { Value = access.Admit(call, answer.Value) } : answer);
    }

    private async Task<IResult> CountTasksAsync(Call call)
    {
        call.ThrowIfFaulty();
        // A worker may have work of several batches.
        var counts = (await fleet.AskAllAsync(batch => batch.CountWorkerTasks(), call.Aborted)).SelectMany(batch => batch)
            .GroupBy(line => (line.WorkerId, line.Status), (key, lines) => new WorkerTasksV1(key.WorkerId, key.Status, lines.Sum(line => line.Count)));
        return Answers.Of(counts.OrderBy(line => line.WorkerId).ThenBy(line => line.Status, StringComparer.Ordinal).ToArray());
    }

    private async Task<IResult> DeployAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        foreach (string name in new[] { "number", "concurrency", "flavor" }) arguments.Require(name);
        int? number = arguments.Count("number", 1, MaxDeployed), concurrency = arguments.Count("concurrency", 0, MaxConcurrency), prefetch = arguments.Count("prefetch", 0, MaxConcurrency);
        string? flavor = arguments.Text("flavor"), provider = arguments.Text("provider"), region = arguments.Text("region");
        string batch = FleetArguments.OrDefault(arguments.Batch());
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Fleet.DeployWorkers(call.Command(new DeployFleetWorkersV1(number!.Value, batch, concurrency!.Value, flavor!, provider, region, prefetch ?? 0))));
    }

    private async Task<IResult> GetAsync(Call call)
    {
        long id = call.Id("worker_id", What);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Fleet.GetWorker(id));
    }

    private async Task<IResult> UpdateAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        long id = call.Id("worker_id", What);
        WorkerFieldsV1 fields = new()
        {
            Name = arguments.Text("name"),
            Hostname = arguments.RawText("hostname"),
            Status = arguments.Word("status", FleetWorkerStatus.All),
            Concurrency = arguments.Count("concurrency", 0, MaxConcurrency),
            Prefetch = arguments.Count("prefetch", 0, MaxConcurrency),
            Batch = arguments.Batch(),
            Permanent = arguments.Boolean("permanent"),
            Flavor = arguments.RawText("flavor"),
            Region = arguments.RawText("region"),
            Provider = arguments.RawText("provider"),
            EvictionAction = arguments.Word("eviction_action", ["none", "delete", "replace"]),
        };
        call.ThrowIfFaulty();
        access.RequireOwnStatus(call, id, fields);
        return FleetRoutes.Answer(await fleet.Fleet.UpdateWorker(call.Command(new UpdateWorkerV1(id, fields))));
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        long id = call.Id("worker_id", What);
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Fleet.DeleteWorker(id));
    }
}
