using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Jobs: started a few at a time, watched, reported on.
public sealed partial class FleetActor
{
    private const int MostDeployed = 10_000;

    /// <summary>Workers that one call hands to a batch.</summary>
    private const int MostAdopted = 1000;

    public Task<FleetAnswer<JobsOrderedV1>> DeployWorkers(FleetCommand<DeployFleetWorkersV1> command)
    {
        DeployFleetWorkersV1 body = command.Body;
        List<string> faults = [];
        WorkerFields.Check(new NewWorkerV1 { Name = "x", Concurrency = body.Concurrency, Prefetch = body.Prefetch, Batch = body.Batch, Flavor = body.Flavor, Provider = body.Provider, Region = body.Region }, faults);
        if (body.Number is < 1 or > MostDeployed) faults.Add($"number {body.Number} is out of range; use 1 to {MostDeployed}.");
        if (body.Flavor.Length == 0) faults.Add("flavor is missing; give a name, or auto with a filter.");
        if (FlavorFilter.IsAuto(body.Flavor)) FlavorFilter.Parse(body.Flavor, faults);
        if (faults.Count > 0) return Task.FromResult(FleetAnswer.Refused<JobsOrderedV1>(string.Join(' ', faults)));
        return TurnAsync(
            command,
            fleet =>
            {
                JobRow[] jobs = [.. Order(fleet, body)];
                return Task.FromResult(jobs.Length > 0
                    ? FleetAnswer.Ok(new JobsOrderedV1("ok", [.. jobs.Select(j => j.Job.JobId)]))
                    : FleetAnswer.Conflict<JobsOrderedV1>($"No line of the catalogue with room satisfies {body.Flavor}; see GET /flavor/ for what there is."));
            },
            made => made.JobIds,
            (_, ids) => Task.FromResult(FleetAnswer.Ok(new JobsOrderedV1("ok", ids))),
            RunJobsAsync);
    }

    public Task<FleetAnswer<JobPageV1>> ListJobs(PageV1 page) => TurnAsync(fleet =>
    {
        int limit = Math.Clamp(page.Limit, 1, 1000);
        JobV1[] jobs = [.. fleet.Jobs.Values.Reverse().Where(j => page.After == 0 || j.Job.JobId < page.After).Take(limit + 1).Select(Wire)];
        return Task.FromResult(FleetAnswer.Ok(new JobPageV1([.. jobs.Take(limit)], jobs.Length > limit ? jobs[limit - 1].JobId : null)));
    });

    public Task<FleetAnswer<JobV1>> GetJob(long jobId) => TurnAsync(fleet => Task.FromResult(fleet.Jobs.TryGetValue(jobId, out JobRow? job) ? FleetAnswer.Ok(Wire(job)) : NoJob(jobId)));

    public Task<FleetAnswer<JobV1>> DeleteJob(long jobId) => TurnAsync(async fleet =>
    {
        if (!fleet.Jobs.TryGetValue(jobId, out JobRow? job)) return NoJob(jobId);
        if (job.Job.Status == JobStatus.Running && !job.IsDeployment) return FleetAnswer.Conflict<JobV1>($"Job {jobId} takes a worker away and cannot be stopped half-way; wait for its end.");
        if (job.Job.Status == JobStatus.Running && !await TryAsync($"the end of job {jobId}", () => runner.EndAsync(job)))
            return FleetAnswer.Conflict<JobV1>($"Job {jobId} runs and cannot be ended now; try again.");
        if (job.IsOpen) fleet.Put(JobRules.Fail(job, isFinal: true, Now()));
        fleet.RemoveJob(jobId);
        return FleetAnswer.Ok(Wire(job));
    });

    public Task<FleetAnswer<JobV1>> RestartJob(long jobId) => TurnAsync(async fleet =>
    {
        if (!fleet.Jobs.TryGetValue(jobId, out JobRow? job)) return NoJob(jobId);
        if (job.Job.Status != JobStatus.Failed) return FleetAnswer.Conflict<JobV1>($"Job {jobId} is {job.Job.Status}; only a failed one can be restarted.");
        fleet.Put(JobRules.Restart(job, Now()));
        await SaveAsync(fleet);
        await RunJobsAsync(fleet);
        return FleetAnswer.Ok(Wire(fleet.Jobs[jobId]));
    });

    public Task<FleetAnswer<JobV1>> ReportJob(JobReportV1 report) => TurnAsync(async fleet =>
    {
        if (!fleet.Jobs.TryGetValue(report.JobId, out JobRow? job)) return NoJob(report.JobId);
        JobRow next = JobRules.Report(job, report, Now());
        if (report.Denied is not null) refusing[(job.Job.Args.Provider, job.Job.Args.Region)] = Now() + options.RoomPause;
        // The next order would not fare better at once.
        else if (next is { IsDeployment: true, Job: { Status: JobStatus.Failed, Args: { RecruiterRank: { } rank, Batch: var batch } } }) failing[(batch, rank)] = Now() + options.RoomPause;
        if (ReferenceEquals(next, job)) return FleetAnswer.Ok(Wire(job));
        if (next.IsDeployment) await TakeInAsync(fleet, next, report.Workers ?? []);
        else if (next.Job.Status == JobStatus.Succeeded) await RemoveAsync(fleet, next);
        fleet.Put(next);
        await RunJobsAsync(fleet);
        return FleetAnswer.Ok(Wire(fleet.Jobs[report.JobId]));
    });

    private IEnumerable<JobRow> Order(FleetState fleet, DeployFleetWorkersV1 body)
    {
        // The same choice that a recruiter makes.
        RecruiterV1 by = new()
        {
            Batch = body.Batch,
            Rank = 1,
            TasksPerWorker = 1,
            WorkerFlavor = body.Flavor,
            WorkerConcurrency = body.Concurrency,
            WorkerPrefetch = body.Prefetch,
            WorkerProvider = body.Provider ?? options.Provider,
            WorkerRegion = body.Region ?? options.Region,
            MaximumWorkers = body.Number,
        };
        BatchDigestV1 wish = new(body.Batch, false, body.Number, 0, null, [by], [], []);
        RecruitingPlan plan = RecruitingCycle.Plan(new([wish], new Dictionary<long, WorkerEntry>(), new Dictionary<(string, int), int>(), options.Catalogue, new HashSet<(string, string)>(), options.PreferredRegion));
        foreach (string shortfall in plan.Shortfalls) LogShortfall(shortfall);
        foreach (WorkerOrder order in plan.Orders)
        {
            LogOrdered(order.Number, order.Provider, order.Region, body.Batch);
            yield return fleet.OrderDeployment(
                new(body.Batch, order.Provider, order.Region, order.Flavor, order.Number, body.Concurrency, body.Prefetch), FlavorResources.From(body.Flavor)?.Image, Now());
        }
    }

    /// <summary>Ends what is overdue, starts what may start, and sees to it that what is started runs.</summary>
    private async Task RunJobsAsync(FleetState fleet)
    {
        DateTimeOffset now = Now();
        foreach (JobRow job in fleet.OpenJobs.Where(j => JobRules.IsOverdue(j, now)).ToArray())
        {
            await TryAsync($"the end of job {job.Job.JobId}", () => runner.EndAsync(job));
            fleet.Put(JobRules.Fail(JobRules.Log(job, $"It took longer than {JobRules.Life.TotalSeconds} s.", now), isFinal: false, now));
        }

        if (!hasCheckedJobs) hasCheckedJobs = await CheckRunningAsync(fleet);
        int running = fleet.OpenJobs.Count(j => j.Job.Status == JobStatus.Running);
        foreach (JobRow job in fleet.OpenJobs.Where(j => j.Job.Status == JobStatus.Pending).Take(Math.Max(0, JobRules.MostRunning - running)).ToArray()) fleet.Put(JobRules.Start(job, now));
        JobRow[] unscheduled = [.. fleet.OpenJobs.Where(j => j is { IsScheduled: false, Job.Status: JobStatus.Running })];
        if (unscheduled.Length == 0) return;
        // The number of the attempt is its workflow's id: it must be durable before there is one.
        await SaveAsync(fleet);
        foreach (JobRow job in unscheduled)
            if (await TryAsync($"the start of job {job.Job.JobId}", () => runner.StartAsync(job))) fleet.Put(job with { IsScheduled = true });
    }

    /// <summary>After a restart of the service: jobs whose workflow nobody knows any more have failed.</summary>
    private Task<bool> CheckRunningAsync(FleetState fleet) => TryAsync("the look after running jobs", async () =>
    {
        foreach (JobRow job in fleet.OpenJobs.Where(j => j is { IsScheduled: true, Job.Status: JobStatus.Running }).ToArray())
            if (!await runner.ExistsAsync(job)) fleet.Put(JobRules.Forgotten(job, Now()));
    });

    /// <summary>Rows for workers that were started; those that are known already, from an earlier report or from their own word, are not made twice.</summary>
    private async Task TakeInAsync(FleetState fleet, JobRow job, IReadOnlyList<string> launcherIds)
    {
        JobArgsV1 args = job.Job.Args;
        List<WorkerEntry> added = [];
        foreach (string launcherId in launcherIds)
        {
            if (fleet.FindByLauncher(launcherId) is not { } known)
            {
                added.Add(fleet.Add(id => new(
                    id, fleet.NameFor(job), null, args.Batch, false, args.Flavor, args.Provider, args.Region, launcherId, args.RecruiterRank, Now(), new Dictionary<string, CarriedWeight>(), job.Image,
                    LaunchedFor: args.Batch)));
            }
            else if (known.LaunchedFor is null) await ClaimAsync(fleet, known, job);
        }

        if (added.Count == 0) return;
        fleet.Put(job);
        await SaveAsync(fleet);
        // What fails here is made good by the next cycle.
        await AdoptAsync(args.Batch, [.. added.Select(entry => Row(entry, FleetWorkerStatus.Offline, args.Concurrency, args.Prefetch))]);
    }

    /// <summary>A worker that spoke before its launcher's answer was here: it could not say by whom it was hired.</summary>
    private async Task ClaimAsync(FleetState fleet, WorkerEntry known, JobRow job)
    {
        JobArgsV1 args = job.Job.Args;
        fleet.Put(known with { Permanent = false, Flavor = args.Flavor, Provider = args.Provider, Region = args.Region, RecruiterRank = args.RecruiterRank, Image = job.Image, LaunchedFor = args.Batch });
        WorkerFieldsV1 fields = new() { Flavor = args.Flavor, Provider = args.Provider, Region = args.Region, Permanent = false };
        await TryAsync($"the description of worker {known.Name}", () => actors.Batch(known.Batch).UpdateWorker(new(known.Id, fields)));
    }

    private async Task AdoptAsync(string batch, IReadOnlyList<WorkerV1> rows)
    {
        foreach (WorkerV1[] some in rows.Chunk(MostAdopted))
            if (!await TryAsync($"the taking in of {some.Length} workers", () => actors.Batch(batch).AdoptWorkers([.. some.Select(row => new AdoptWorkerV1(row))]))) return;
    }

    /// <summary>The provider has it no more: its row goes everywhere.</summary>
    private async Task RemoveAsync(FleetState fleet, JobRow job)
    {
        IEnumerable<WorkerEntry> known = (job.Job.Args.WorkerIds ?? []).Select(id => fleet.Workers.GetValueOrDefault(id)).OfType<WorkerEntry>();
        await ForgetAsync(fleet, [.. known], job.Cause ?? ExecutionCause.WorkerDeleted);
    }

    private async Task ForgetAsync(FleetState fleet, IReadOnlyList<WorkerEntry> gone, string cause)
    {
        // Rows that stay behind are found by the next cycle, as nobody knows the worker any more.
        foreach (var batch in gone.SelectMany(w => w.Carried.Keys.Append(w.Batch).Select(b => (Batch: b, w.Id))).GroupBy(b => b.Batch, b => new RemoveWorkerV1(b.Id, cause)))
            foreach (RemoveWorkerV1[] some in batch.Chunk(MostAdopted)) await TryAsync($"the removal of {some.Length} workers", () => actors.Batch(batch.Key).RemoveWorkers(some));
        foreach (WorkerEntry entry in gone) fleet.Remove(entry.Id);
    }

    private static JobV1 Wire(JobRow row) => row.Job with { Args = row.Job.Args with { Environment = null } };

    private static FleetAnswer<JobV1> NoJob(long id) => FleetAnswer.NotFound<JobV1>($"There is no job {id}.");
}
