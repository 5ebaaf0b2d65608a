using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Workers, the batch as a whole, recruiters, scans.
public sealed partial class BatchActor
{
    /// <summary>All are heard first, then the dispatcher runs once, then each is told its share.</summary>
    public async Task<HeartbeatAnswersV1> Heartbeat(HeartbeatsV1 request)
    {
        Kept turn = await TakeAsync();
        IReadOnlyList<long>?[] heard = await RunAsync(
            turn,
            batch => request.Beats.Select(beat => batch.Hear(beat, out IReadOnlyList<long> dropped) ? dropped : null).ToArray(),
            tasks: 0,
            edges: 0);
        FleetAnswer<HeartbeatReplyV1>[] answers =
        [
            .. request.Beats.Zip(heard, (beat, dropped) => dropped is not null && turn.State.FindWorker(beat.WorkerId) is not null
                ? FleetAnswer.Ok(turn.State.Reply(beat.WorkerId, dropped))
                : FleetAnswer.NotFound<HeartbeatReplyV1>($"Worker {beat.WorkerId} is not in batch '{Name}'.")),
        ];
        kept = turn;
        return new(answers);
    }

    public async Task<FleetAnswer<IReadOnlyList<AssignmentV1>>> ListWorkerExecutions(WorkerExecutionsV1 request)
    {
        ExecutionState state = default;
        if (request.Status is not null && !States.TryParse(request.Status, out state))
            return FleetAnswer.Refused<IReadOnlyList<AssignmentV1>>($"status '{request.Status}' is not known; use {string.Join(", ", ExecutionStatus.All)}.");
        return await LookAsync(batch => batch.ListWorkerExecutions(request.WorkerId, request.Status is null ? null : state));
    }

    public Task<IReadOnlyList<WorkerTasksV1>> CountWorkerTasks() => LookAsync(batch => batch.CountWorkerTasks());

    public Task<IReadOnlyList<KeyValuePair<string, long>>> CountErrors(int most) => LookAsync(batch => batch.CountErrors(most));

    public Task<FleetAnswer<SignalV1>> SendSignal(FleetCommand<NewSignalV1> command) => TurnAsync(
        command,
        batch => batch.SendSignal(command.Body),
        sent => [sent.SignalId],
        (_, ids) => FleetAnswer.Ok(new SignalV1(ids[0], command.Body.ExecutionId, command.Body.WorkerId, command.Body.Signal)));

    public Task<FleetAnswer<IReadOnlyList<SignalV1>>> TakeSignals(long workerId) => TurnAsync(batch =>
        batch.FindWorker(workerId) is null ? FleetAnswer.NotFound<IReadOnlyList<SignalV1>>($"There is no worker {workerId} in batch '{Name}'.") : FleetAnswer.Ok(batch.TakeSignals(workerId)));

    public Task<FleetAnswer<FleetResultV1>> Stop(BatchSignalV1 request) => WholeAsync(batch => batch.Stop(request.Signal));

    public Task<FleetAnswer<FleetResultV1>> Go(BatchSignalV1 request) => WholeAsync(batch => batch.Go(request.Signal));

    public Task<FleetAnswer<FleetResultV1>> PauseAll() => WholeAsync(batch => Done(batch.PauseAll));

    public Task<FleetAnswer<FleetResultV1>> ResumeAll() => WholeAsync(batch => Done(batch.ResumeAll));

    public Task<FleetAnswer<FleetResultV1>> Clean() => WholeAsync(batch => Done(batch.Clean));

    public Task<FleetAnswer<BatchV1>> Describe() => LookAsync(batch => batch.Exists ? FleetAnswer.Ok(batch.Describe()) : NoBatch().As<BatchV1>());

    public Task<FleetAnswer<BatchStatsV1>> GetStats() => LookAsync(batch => batch.Exists ? FleetAnswer.Ok(batch.Stats()) : NoBatch().As<BatchStatsV1>());

    public Task<FleetAnswer<RecruiterV1>> PutRecruiter(RecruiterV1 recruiter) => TurnAsync(batch => batch.PutRecruiter(recruiter));

    public Task<IReadOnlyList<RecruiterV1>> ListRecruiters() => LookAsync(batch => batch.Recruiters);

    public Task<FleetAnswer<RecruiterV1>> UpdateRecruiter(UpdateRecruiterV1 request) => TurnAsync(batch => batch.UpdateRecruiter(request));

    public Task<FleetAnswer<RecruiterV1>> DeleteRecruiter(int rank) => TurnAsync(batch => batch.DeleteRecruiter(rank));

    public Task<FleetAnswer<IReadOnlyList<RecruiterV1>>> RecruitForScan(ScanRecruitmentV1 request) => TurnAsync(batch => batch.RecruitForScan(request));

    public Task<FleetAnswer<FleetResultV1>> SetExternalPending(ExternalPendingV1 request) => request.Count < 0
        ? Task.FromResult(FleetAnswer.Refused<FleetResultV1>($"count {request.Count} is negative."))
        : TurnAsync(batch => Done(() => batch.SetExternalPending(request.Count)));

    public Task<FleetAnswer<FleetResultV1>> EndScan() => TurnAsync(batch => Done(batch.EndScan));

    public Task<BatchDigestV1> GetDigest() => TurnAsync(batch =>
    {
        batch.Tick();
        return batch.Digest();
    });

    public Task<IReadOnlyList<WorkerV1>> GetWorkers(IReadOnlyList<long> workerIds) => LookAsync<IReadOnlyList<WorkerV1>>(batch =>
        [.. workerIds.Select(batch.FindWorker).OfType<WorkerRow>().Where(w => w.ReleasedTo is null).Select(w => w.ToWire(Name))]);

    public Task<FleetAnswer<WorkerV1>> AdoptWorker(AdoptWorkerV1 request) => TurnAsync(batch => batch.AdoptWorker(request));

    public Task<FleetAnswer<FleetResultV1>> AdoptWorkers(IReadOnlyList<AdoptWorkerV1> requests) => TurnAsync(batch => Done(() =>
    {
        foreach (AdoptWorkerV1 request in requests) batch.AdoptWorker(request);
    }));

    public Task<FleetAnswer<WorkerV1>> ReleaseWorker(ReleaseWorkerV1 request) => TurnAsync(batch => batch.ReleaseWorker(request));

    public Task TellCarried(CarriedWorkV1 work) => ChangeAsync(batch => batch.TellCarried(work));

    public Task<FleetAnswer<WorkerV1>> UpdateWorker(UpdateWorkerV1 request) => TurnAsync(batch => batch.UpdateWorker(request));

    public Task<FleetAnswer<WorkerV1>> RetireWorker(long workerId) => TurnAsync(batch => batch.RetireWorker(workerId));

    public Task<FleetAnswer<FleetResultV1>> RemoveWorkers(IReadOnlyList<RemoveWorkerV1> requests) => TurnAsync(batch => Done(() =>
    {
        foreach (RemoveWorkerV1 request in requests) batch.RemoveWorker(request.WorkerId, request.Cause);
    }));

    public Task<FleetAnswer<FleetResultV1>> TellForeign(IReadOnlyList<TaskStatusV1> statuses) => TurnAsync(batch => Done(() => batch.TellForeign(statuses)));

    private Task<FleetAnswer<FleetResultV1>> WholeAsync(Func<BatchState, FleetAnswer<FleetResultV1>> change) => TurnAsync(batch => batch.Exists ? change(batch) : NoBatch());

    private FleetAnswer<FleetResultV1> NoBatch() => FleetAnswer.NotFound<FleetResultV1>($"There is no batch '{Name}'.");

    private static FleetAnswer<FleetResultV1> Done(Action change)
    {
        change();
        return FleetAnswer.Ok(FleetResultV1.Ok);
    }
}
