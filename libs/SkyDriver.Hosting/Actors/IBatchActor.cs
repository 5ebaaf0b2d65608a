using Dapr.Actors;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Hosting.Actors;

/// <summary>Only writer of one batch: its tasks, executions, requirements, recruiters, and the workers that serve it. Actor type <see cref="ActorTypes.Batch"/>, id = name of the batch.</summary>
/// <remarks>
/// Every call may come twice. At most one argument each, as the bundled SDK calls actors in the weak form. Ids of another
/// batch are answered 404: whoever calls finds the batch first, by <see cref="State.FleetDirectory"/>. A batch never calls
/// another actor; the fleet actor calls batches, and none calls it back, so that no two can wait for each other.
/// </remarks>
public interface IBatchActor : IActor
{
    // --- tasks

    Task<FleetAnswer<IReadOnlyList<FleetTaskV1>>> CreateTasks(FleetCommand<CreateTasksV1> command);

    Task<FleetAnswer<TaskPageV1>> ListTasks(TaskFilterV1 filter);

    Task<TaskStatusesV1> GetTaskStatuses(IReadOnlyList<long> taskIds);

    Task<FleetAnswer<FleetTaskV1>> GetTask(long taskId);

    Task<FleetAnswer<FleetTaskV1>> UpdateTask(FleetCommand<UpdateTaskV1> command);

    /// <returns>The task as it was.</returns>
    Task<FleetAnswer<FleetTaskV1>> DeleteTask(long taskId);

    /// <summary>Copies the run fields of its task into a live execution.</summary>
    Task<FleetAnswer<FleetTaskV1>> Freeze(long executionId);

    // --- requirements

    Task<FleetAnswer<RequirementPageV1>> ListRequirements(PageV1 page);

    /// <summary>Between tasks of this batch; an edge to another batch can be given only when a task is created.</summary>
    Task<FleetAnswer<RequirementV1>> AddRequirement(FleetCommand<NewRequirementV1> command);

    Task<FleetAnswer<RequirementV1>> DeleteRequirement(long requirementId);

    // --- executions

    Task<FleetAnswer<ExecutionPageV1>> ListExecutions(ExecutionFilterV1 filter);

    Task<FleetAnswer<ExecutionV1>> CreateExecution(FleetCommand<NewExecutionV1> command);

    Task<FleetAnswer<ExecutionV1>> GetExecution(GetExecutionV1 request);

    /// <summary>409 when the execution is over or fenced: the worker drops that work.</summary>
    Task<FleetAnswer<ExecutionV1>> UpdateExecution(FleetCommand<UpdateExecutionV1> command);

    /// <returns>The execution as it was.</returns>
    Task<FleetAnswer<ExecutionV1>> DeleteExecution(long executionId);

    /// <summary>409 with the length so far as value, when the offset leaves a gap; text that is there already is not added again.</summary>
    Task<FleetAnswer<LogLengthV1>> AppendLog(FleetCommand<AppendLogV1> command);

    Task<FleetAnswer<LogsV1>> ReadLogs(ReadLogsV1 request);

    // --- workers, as they speak

    /// <summary>Also for the older ping. A worker that is elsewhere gets 404: the fleet actor knows where it is.</summary>
    Task<HeartbeatAnswersV1> Heartbeat(HeartbeatsV1 request);

    Task<FleetAnswer<IReadOnlyList<AssignmentV1>>> ListWorkerExecutions(WorkerExecutionsV1 request);

    Task<IReadOnlyList<WorkerTasksV1>> CountWorkerTasks();

    /// <summary>The most frequent failures that its workers tell of in their heartbeats.</summary>
    /// <param name="most">Of how many at most.</param>
    Task<IReadOnlyList<KeyValuePair<string, long>>> CountErrors(int most);

    Task<FleetAnswer<SignalV1>> SendSignal(FleetCommand<NewSignalV1> command);

    /// <summary>The older read-and-delete of a worker's signals.</summary>
    Task<FleetAnswer<IReadOnlyList<SignalV1>>> TakeSignals(long workerId);

    // --- the batch as a whole

    Task<FleetAnswer<FleetResultV1>> Stop(BatchSignalV1 request);

    Task<FleetAnswer<FleetResultV1>> Go(BatchSignalV1 request);

    /// <summary>Stops, and pauses running and staged work.</summary>
    Task<FleetAnswer<FleetResultV1>> PauseAll();

    /// <summary>The way back from <see cref="PauseAll"/>.</summary>
    Task<FleetAnswer<FleetResultV1>> ResumeAll();

    /// <summary>Removes all but the workers; live work is killed.</summary>
    Task<FleetAnswer<FleetResultV1>> Clean();

    Task<FleetAnswer<BatchV1>> Describe();

    Task<FleetAnswer<BatchStatsV1>> GetStats();

    // --- recruiters

    Task<FleetAnswer<RecruiterV1>> PutRecruiter(RecruiterV1 recruiter);

    Task<IReadOnlyList<RecruiterV1>> ListRecruiters();

    Task<FleetAnswer<RecruiterV1>> UpdateRecruiter(UpdateRecruiterV1 request);

    Task<FleetAnswer<RecruiterV1>> DeleteRecruiter(int rank);

    // --- scans

    /// <summary>Makes or raises the recruiters of a scan. 409 once it is over.</summary>
    Task<FleetAnswer<IReadOnlyList<RecruiterV1>>> RecruitForScan(ScanRecruitmentV1 request);

    /// <summary>Pixels that are not reconstructed yet; zero at the end of the scan gives its workers free.</summary>
    Task<FleetAnswer<FleetResultV1>> SetExternalPending(ExternalPendingV1 request);

    /// <summary>The scan is over: its recruiters go, and its workers are given back unless another scan takes them soon.</summary>
    Task<FleetAnswer<FleetResultV1>> EndScan();

    // --- for the fleet actor

    Task<BatchDigestV1> GetDigest();

    /// <summary>Those of them that are here.</summary>
    Task<IReadOnlyList<WorkerV1>> GetWorkers(IReadOnlyList<long> workerIds);

    Task<FleetAnswer<WorkerV1>> AdoptWorker(AdoptWorkerV1 request);

    /// <summary>Many at once, at most 1000.</summary>
    Task<FleetAnswer<FleetResultV1>> AdoptWorkers(IReadOnlyList<AdoptWorkerV1> requests);

    /// <summary>The worker gets no more work here; what runs goes on. 404 when nothing of it is left.</summary>
    Task<FleetAnswer<WorkerV1>> ReleaseWorker(ReleaseWorkerV1 request);

    /// <summary>Nothing happens if the worker is not here.</summary>
    Task TellCarried(CarriedWorkV1 work);

    /// <summary>Everything but its batch.</summary>
    Task<FleetAnswer<WorkerV1>> UpdateWorker(UpdateWorkerV1 request);

    /// <summary>Pauses a worker that is to be given back. 409 when there is work for it after all.</summary>
    Task<FleetAnswer<WorkerV1>> RetireWorker(long workerId);

    /// <summary>Their rows go, and their live work with them. A worker that is not there is no error.</summary>
    Task<FleetAnswer<FleetResultV1>> RemoveWorkers(IReadOnlyList<RemoveWorkerV1> requests);

    /// <summary>Statuses of tasks of other batches that tasks here wait for.</summary>
    Task<FleetAnswer<FleetResultV1>> TellForeign(IReadOnlyList<TaskStatusV1> statuses);
}
