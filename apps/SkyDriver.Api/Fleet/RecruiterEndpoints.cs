using System.Globalization;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/recruiter</c> and the catalogue that recruiters choose from.</summary>
internal sealed class RecruiterEndpoints(FleetLocator fleet)
{
    private const int MaxConcurrency = 100_000;
    private const int MaxFlavors = 1000;

    private static readonly string[] Nullable = ["worker_provider", "worker_region", "maximum_workers"];

    private static readonly Argument[] Fields =
    [
        new("tasks_per_worker", "integer", "1 or more.", Required: true), new("worker_flavor", "string", "A resource class, or auto with a filter.", Required: true),
        new("worker_concurrency", "integer", "Tasks at once on each.", Required: true), new("worker_provider", "string", "Without it workers are only recycled."),
        new("worker_region", "string", "Without it workers are only recycled."), new("worker_prefetch", "integer", "Tasks staged ahead; 0 when not given."),
        new("minimum_tasks", "integer", "Hires from so many pending tasks on; 0 when not given."), new("maximum_workers", "integer", "No limit when not given."),
    ];

    private static readonly Argument OfBatches = new("batch", "array|string", "Only of these batches.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/recruiter", new("Recruiters by batch and rank.", FleetRoutes.Everybody) { Arguments = [OfBatches] }, ListAsync);
        routes.MapFleet("POST", "/recruiter", new("Creates a recruiter, or replaces the one of that rank.", Role.User)
        {
            GoodStatus = StatusCodes.Status201Created,
            Arguments =
            [
                new("batch", "string", "For whom it hires.", Required: true), new("rank", "integer", "From 1; the lowest hires first.", Required: true), .. Fields,
                new("scope", "string", "What counts as workers: batch all of them, recruiter those hired by this rank; batch when not given."),
                new("partial_recycling", "boolean", "May take workers that still run other work; true when not given."),
            ],
        }, PutAsync);
        routes.MapFleet("GET", "/recruiter/match", new("Workers whose flavor satisfies a recruiter.", FleetRoutes.Everybody) { Arguments = [OfBatches] }, MatchAsync);
        routes.MapFleet("GET", "/recruiter/{batch}/{rank}", new("A recruiter.", FleetRoutes.Everybody), GetAsync);
        routes.MapFleet("PUT", "/recruiter/{batch}/{rank}", new("Changes a recruiter.", Role.User) { Arguments = [.. Fields.Select(field => field with { Required = false })] }, UpdateAsync);
        routes.MapFleet("DELETE", "/recruiter/{batch}/{rank}", new("Removes a recruiter.", Role.User), DeleteAsync);
        routes.MapFleet("GET", "/flavor", new("Resource classes, cheapest first.", FleetRoutes.Everybody)
        {
            Arguments =
            [
                new("min_cpu", "integer", "Cores; 0 when not given."), new("min_ram", "number", "GB; 0 when not given."), new("min_disk", "number", "GB; 0 when not given."),
                new("max_eviction", "number", "Percent; 5 when not given."), new("limit", "integer", "10 when not given."), new("provider", "string", "Only of this launcher."),
                new("region", "string", "Only at this place."), new("protofilters", "string", "Filter items as in an auto flavor, separated by colons."),
            ],
        }, ListFlavorsAsync);
    }

    private async Task<IResult> ListAsync(Call call)
    {
        RecruiterFilterV1 filter = new(call.Arguments.Batches());
        call.ThrowIfFaulty();
        return Answers.Of((await fleet.Fleet.ListRecruiters(filter)).Select(Shown));
    }

    private async Task<IResult> MatchAsync(Call call)
    {
        RecruiterFilterV1 filter = new(call.Arguments.Batches());
        call.ThrowIfFaulty();
        return Answers.Of(await fleet.Fleet.MatchRecruiters(filter));
    }

    private async Task<IResult> PutAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        foreach (string name in new[] { "batch", "rank", "tasks_per_worker", "worker_flavor", "worker_concurrency" }) arguments.Require(name);
        string? batch = arguments.Batch();
        int? rank = arguments.Count("rank", 1);
        RecruiterFieldsV1 fields = ReadFields(arguments);
        string? scope = arguments.Word("scope", [RecruiterScope.Batch, RecruiterScope.Recruiter]);
        bool partial = arguments.Boolean("partial_recycling") ?? true;
        call.ThrowIfFaulty();
        RecruiterV1 recruiter = new()
        {
            Batch = batch!,
            Rank = rank!.Value,
            TasksPerWorker = fields.TasksPerWorker!.Value,
            WorkerFlavor = fields.WorkerFlavor!,
            WorkerConcurrency = fields.WorkerConcurrency!.Value,
            WorkerProvider = fields.WorkerProvider,
            WorkerRegion = fields.WorkerRegion,
            WorkerPrefetch = fields.WorkerPrefetch ?? 0,
            MinimumTasks = fields.MinimumTasks ?? 0,
            MaximumWorkers = fields.MaximumWorkers,
            Scope = scope ?? RecruiterScope.Batch,
            PartialRecycling = partial,
        };
        return FleetRoutes.Answer(FleetAnswer.Created(Shown(FleetRoutes.Value(await fleet.Batch(batch!).PutRecruiter(recruiter)))));
    }

    private async Task<IResult> GetAsync(Call call)
    {
        (string batch, int rank) = Key(call);
        RecruiterV1 recruiter = (await fleet.Batch(batch).ListRecruiters()).FirstOrDefault(one => one.Rank == rank) ?? throw FleetRoutes.NoSuch("recruiter");
        return Answers.Of(Shown(recruiter));
    }

    private async Task<IResult> UpdateAsync(Call call)
    {
        RecruiterFieldsV1 fields = ReadFields(call.Arguments) with { Cleared = call.Arguments.Cleared(Nullable) };
        (string batch, int rank) = Key(call);
        return FleetRoutes.Answer(FleetAnswer.Ok(Shown(FleetRoutes.Value(await fleet.Batch(batch).UpdateRecruiter(new(rank, fields))))));
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        (string batch, int rank) = Key(call);
        return FleetRoutes.Answer(FleetAnswer.Ok(Shown(FleetRoutes.Value(await fleet.Batch(batch).DeleteRecruiter(rank)))));
    }

    private async Task<IResult> ListFlavorsAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        FlavorFilterV1 none = new();
        FlavorFilterV1 filter = new(
            arguments.Count("min_cpu") ?? none.MinCpu, arguments.AtLeastZero("min_ram") ?? none.MinRam, arguments.AtLeastZero("min_disk") ?? none.MinDisk,
            arguments.AtLeastZero("max_eviction") ?? none.MaxEviction, arguments.Count("limit", 1, MaxFlavors) ?? none.Limit,
            arguments.Text("provider"), arguments.Text("region"), arguments.Text("protofilters"));
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Fleet.ListFlavors(filter));
    }

    private static RecruiterFieldsV1 ReadFields(Arguments arguments) => new()
    {
        TasksPerWorker = arguments.Count("tasks_per_worker", 1),
        WorkerFlavor = arguments.Text("worker_flavor"),
        WorkerConcurrency = arguments.Count("worker_concurrency", 0, MaxConcurrency),
        WorkerProvider = arguments.Text("worker_provider"),
        WorkerRegion = arguments.Text("worker_region"),
        WorkerPrefetch = arguments.Count("worker_prefetch", 0, MaxConcurrency),
        MinimumTasks = arguments.Count("minimum_tasks"),
        MaximumWorkers = arguments.Count("maximum_workers"),
    };

    private static (string Batch, int Rank) Key(Call call)
    {
        string batch = call.PathBatch();
        if (!int.TryParse(call.Http.GetRouteValue("rank") as string, NumberStyles.None, CultureInfo.InvariantCulture, out int rank) || rank < 1) call.Arguments.Fault("rank", "must be 1 or more");
        call.ThrowIfFaulty();
        return (batch, rank);
    }

    /// <summary>What its workers get told is nobody else's business.</summary>
    private static RecruiterV1 Shown(RecruiterV1 recruiter) => recruiter with { Environment = null };
}
