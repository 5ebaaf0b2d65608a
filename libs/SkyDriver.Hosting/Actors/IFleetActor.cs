using Dapr.Actors;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Hosting.Actors;

/// <summary>All workers, whichever batch they serve: who is where, who is hired, who is given back. Actor type <see cref="ActorTypes.Fleet"/>, id <see cref="ActorTypes.TheFleet"/>.</summary>
/// <remarks>Every call may come twice. At most one argument each, as the bundled SDK calls actors in the weak form.</remarks>
public interface IFleetActor : IActor
{
    // --- workers

    /// <summary>201 for a new one, 200 for one that came back.</summary>
    Task<FleetAnswer<WorkerV1>> DeclareWorker(FleetCommand<NewWorkerV1> command);

    /// <summary>The same for several, in one turn: an answer for each, in their order. 503: its batch is away; the others are served.</summary>
    Task<IReadOnlyList<FleetAnswer<WorkerV1>>> DeclareWorkers(IReadOnlyList<FleetCommand<NewWorkerV1>> commands);

    Task<FleetAnswer<WorkerPageV1>> ListWorkers(WorkerFilterV1 filter);

    Task<FleetAnswer<WorkerV1>> GetWorker(long workerId);

    /// <summary>Which batch to speak with. 404 only for a worker that nobody knows: it declares itself again.</summary>
    Task<FleetAnswer<WorkerPlaceV1>> FindWorker(long workerId);

    /// <summary>Also moves it to another batch, and takes notice of its eviction.</summary>
    Task<FleetAnswer<WorkerV1>> UpdateWorker(FleetCommand<UpdateWorkerV1> command);

    /// <summary>A permanent one goes at once, for a deployed one a destroy job starts.</summary>
    Task<FleetAnswer<WorkerV1>> DeleteWorker(long workerId);

    /// <summary>The worker's own opinion that it is idle: a hint.</summary>
    Task<FleetAnswer<FleetResultV1>> Callback(WorkerCallbackV1 request);

    Task<FleetAnswer<JobsOrderedV1>> DeployWorkers(FleetCommand<DeployFleetWorkersV1> command);

    // --- workers of one batch, as the life cycle of a scan sees them

    Task<CrewV1> GetCrew(string batch);

    /// <summary>Takes notice of workers that are gone, and replaces them as far as the batch has work for them.</summary>
    /// <returns>As they are then.</returns>
    Task<CrewV1> TellSeen(CrewSeenV1 seen);

    /// <summary>Ends the orders for a scan that is over, and gives its workers back. To be called until none is left.</summary>
    Task<DismissalV1> Dismiss(string batch);

    // --- batches and recruiters, all of them

    Task<IReadOnlyList<BatchV1>> ListBatches();

    /// <summary>By batch, then rank.</summary>
    Task<IReadOnlyList<RecruiterV1>> ListRecruiters(RecruiterFilterV1 filter);

    /// <summary>Workers whose flavor satisfies one of the recruiters.</summary>
    Task<IReadOnlyList<WorkerV1>> MatchRecruiters(RecruiterFilterV1 filter);

    /// <summary>Cheapest first.</summary>
    Task<FleetAnswer<IReadOnlyList<FlavorV1>>> ListFlavors(FlavorFilterV1 filter);

    // --- jobs

    /// <summary>Newest first; <c>after</c> = only ids below it.</summary>
    Task<FleetAnswer<JobPageV1>> ListJobs(PageV1 page);

    Task<FleetAnswer<JobV1>> GetJob(long jobId);

    /// <summary>409 while it runs.</summary>
    Task<FleetAnswer<JobV1>> DeleteJob(long jobId);

    /// <summary>Pending again, with an empty log and no retry used. 409 unless it has failed.</summary>
    Task<FleetAnswer<JobV1>> RestartJob(long jobId);

    /// <summary>From the job's workflow.</summary>
    Task<FleetAnswer<JobV1>> ReportJob(JobReportV1 report);

    /// <summary>Looks around at once rather than at the next cycle. Harmless at any time.</summary>
    Task Wake();
}
