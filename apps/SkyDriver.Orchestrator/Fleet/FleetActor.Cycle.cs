using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// What the fleet does every few seconds.
public sealed partial class FleetActor
{
    /// <summary>Batches asked at a time.</summary>
    private const int Parallel = 16;

    /// <summary>A worker whose deployment failed, or that the provider does not know any more, keeps its row for so long: a recruiter does not order the next one at once.</summary>
    private static readonly TimeSpan FailedKept = TimeSpan.FromSeconds(300);

    private DateTimeOffset lastSweep;
    private bool hasCheckedJobs;

    private async Task CycleAsync(FleetState fleet)
    {
        await FinishMovesAsync(fleet);
        IReadOnlyDictionary<string, long> active = await directory.ListActiveAsync();
        Dictionary<string, BatchDigestV1> digests = await DigestsAsync(fleet, active);
        FleetMetrics.Note(fleet, digests);
        await RepairAsync(fleet, digests);
        await TellForeignAsync(digests);
        await CarryAsync(fleet, digests);
        await RecruitAsync(fleet, digests);
        await GiveBackAsync(fleet, digests);
        if (clock.GetUtcNow() - lastSweep >= options.SweepInterval) await SweepAsync(fleet);
        await RunJobsAsync(fleet);
        foreach (BatchDigestV1 quiet in digests.Values.Where(d => d.IsQuiet && active.ContainsKey(d.Batch) && !fleet.Workers.Values.Any(w => w.Batch == d.Batch)))
            await directory.DeactivateAsync(quiet.Batch, active[quiet.Batch]);
    }

    private async Task<Dictionary<string, BatchDigestV1>> DigestsAsync(FleetState fleet, IReadOnlyDictionary<string, long> active)
    {
        Dictionary<string, BatchDigestV1> digests = [];
        foreach (string[] some in active.Keys.Union(fleet.Workers.Values.Select(w => w.Batch)).Order(StringComparer.Ordinal).Chunk(Parallel))
        {
            BatchDigestV1?[] answers = await Task.WhenAll(some.Select(async batch =>
            {
                BatchDigestV1? digest = null;
                await TryAsync($"the look at batch {batch}", async () => digest = await actors.Batch(batch).GetDigest());
                return digest;
            }));
            foreach (BatchDigestV1 digest in answers.OfType<BatchDigestV1>()) digests[digest.Batch] = digest;
        }

        return digests;
    }

    /// <summary>What a crash left half done: rows that a batch lacks, rows that nobody knows.</summary>
    private async Task RepairAsync(FleetState fleet, Dictionary<string, BatchDigestV1> digests)
    {
        foreach (BatchDigestV1 digest in digests.Values)
        {
            HashSet<long> there = [.. digest.Workers.Where(w => w.ReleasedTo is null).Select(w => w.WorkerId)];
            RemoveWorkerV1[] unknown =
            [
                .. digest.Workers.Where(w => !fleet.Workers.TryGetValue(w.WorkerId, out WorkerEntry? entry) || (w.ReleasedTo is null && entry.Batch != digest.Batch))
                    .Select(w => new RemoveWorkerV1(w.WorkerId, ExecutionCause.WorkerDeleted)),
            ];
            if (unknown.Length > 0) await TryAsync($"the removal of {unknown.Length} workers that nobody knows", () => actors.Batch(digest.Batch).RemoveWorkers(unknown));

            WorkerV1[] missing = [.. fleet.Workers.Values.Where(w => w.Batch == digest.Batch && w.Moving is null && !there.Contains(w.Id)).Select(w => Row(w, FleetWorkerStatus.Offline, 1, 0))];
            if (missing.Length > 0) await AdoptAsync(digest.Batch, missing);
        }
    }

    /// <summary>Requirements across batches: the owners are asked, those who wait are told.</summary>
    private async Task TellForeignAsync(Dictionary<string, BatchDigestV1> digests)
    {
        foreach (BatchDigestV1 digest in digests.Values.Where(d => d.Foreign.Count > 0))
        {
            await TryAsync($"the look after requirements of batch {digest.Batch}", async () =>
            {
                List<TaskStatusV1> told = [];
                foreach (IGrouping<long, long> block in digest.Foreign.GroupBy(FleetIds.BlockOf))
                {
                    if (await directory.FindBatchAsync(block.First()) is not { } owner) continue;
                    long[] ids = [.. block];
                    IReadOnlyList<int> statuses = (await actors.Batch(owner).GetTaskStatuses(ids)).Statuses;
                    told.AddRange(ids.Zip(statuses, (id, status) => new TaskStatusV1(id, status < 0 ? BatchState.Gone : FleetTaskStatus.All[status])));
                }

                if (told.Count > 0) await actors.Batch(digest.Batch).TellForeign(told);
            });
        }
    }

    /// <summary>Work that workers kept from former batches ends, and its weight with it.</summary>
    private async Task CarryAsync(FleetState fleet, Dictionary<string, BatchDigestV1> digests)
    {
        foreach (WorkerEntry worker in fleet.Workers.Values.Where(w => w.Carried.Count > 0 && w.Moving is null).ToArray())
        {
            int RunningIn(string batch) => digests.TryGetValue(batch, out BatchDigestV1? digest) ? digest.Workers.FirstOrDefault(w => w.WorkerId == worker.Id)?.Running ?? 0 : -1;
            Dictionary<string, CarriedWeight> left = worker.Carried.Where(c => RunningIn(c.Key) != 0).ToDictionary();
            double load = left.Sum(c => c.Value.Weight * Math.Max(0, RunningIn(c.Key)));
            await TryAsync($"the account of worker {worker.Name}", () => actors.Batch(worker.Batch).TellCarried(new(worker.Id, load, WorkerEntry.Properties(left))));
            if (left.Count != worker.Carried.Count) fleet.Put(worker with { Carried = left });
        }
    }

    private async Task RecruitAsync(FleetState fleet, Dictionary<string, BatchDigestV1> digests)
    {
        DateTimeOffset now = Now();
        foreach ((string, string) over in refusing.Where(r => r.Value <= now).Select(r => r.Key).ToArray()) refusing.Remove(over);
        foreach ((string, int) over in failing.Where(f => f.Value <= now).Select(f => f.Key).ToArray()) failing.Remove(over);
        Dictionary<(string, int), int> open = fleet.OpenJobs.Where(j => j.Missing > 0).GroupBy(j => (j.Job.Args.Batch, j.Job.Args.RecruiterRank ?? 0)).ToDictionary(g => g.Key, g => g.Sum(j => j.Missing));
        RecruitingPlan plan = RecruitingCycle.Plan(new(
            [.. digests.Values], fleet.Workers.Values.Where(w => !fleet.IsLeaving(w.Id)).ToDictionary(w => w.Id), open, options.Catalogue, refusing.Keys.ToHashSet(), options.PreferredRegion, failing.Keys.ToHashSet()));
        foreach (Recycling move in plan.Recyclings)
        {
            LogRecycled(fleet.Workers[move.WorkerId].Name, move.From, move.To);
            fleet.Put(fleet.Workers[move.WorkerId] with { Batch = move.To, RecruiterRank = move.Rank, Carried = move.Carried, Moving = move });
        }

        foreach (WorkerOrder order in plan.Orders)
        {
            RecruiterV1 by = order.Recruiter;
            LogOrdered(order.Number, order.Provider, order.Region, by.Batch);
            JobArgsV1 args = new(by.Batch, order.Provider, order.Region, order.Flavor, order.Number, by.WorkerConcurrency, by.WorkerPrefetch, by.Rank, Environment: by.Environment);
            fleet.OrderDeployment(args, FlavorResources.From(by.WorkerFlavor)?.Image, now);
        }

        foreach (string shortfall in plan.Shortfalls) LogShortfall(shortfall);
        await FinishMovesAsync(fleet);
    }

    /// <summary>Released by the old batch, adopted by the new one; each as often as it takes.</summary>
    private async Task FinishMovesAsync(FleetState fleet)
    {
        WorkerEntry[] moving = [.. fleet.Workers.Values.Where(w => w.Moving is not null)];
        if (moving.Length == 0) return;
        await SaveAsync(fleet);
        foreach (WorkerEntry worker in moving)
        {
            Recycling move = worker.Moving!;
            bool done = await TryAsync($"the move of worker {worker.Name} to batch {move.To}", async () =>
            {
                FleetAnswer<WorkerV1> released = await actors.Batch(move.From).ReleaseWorker(new(worker.Id, move.To));
                // Released already, or never there: what is known here will do.
                WorkerV1 row = released.IsOk ? released.Value : Row(worker, FleetWorkerStatus.Running, move.Concurrency, move.Prefetch);
                WorkerV1 next = row with { Batch = move.To, Concurrency = move.Concurrency, Prefetch = move.Prefetch, RecruiterRank = move.Rank == 0 ? null : move.Rank, TaskProperties = WorkerEntry.Properties(move.Carried) };
                await actors.Batch(move.To).AdoptWorker(new(next, released.IsOk && row.Status == FleetWorkerStatus.Running, move.CarriedLoad));
            });
            if (done) fleet.Put(worker with { Moving = null });
        }
    }

    private async Task GiveBackAsync(FleetState fleet, Dictionary<string, BatchDigestV1> digests)
    {
        DateTimeOffset now = Now();
        foreach (BatchDigestV1 digest in digests.Values)
        {
            GiveBackOver(fleet, digest);
            foreach (WorkerDigestV1 worker in digest.Workers)
            {
                if (FindHere(fleet, digest, worker) is not { } entry) continue;
                // A machine that is forgotten costs most: as long as its removal fails, it is ordered again.
                if (entry.GivenBack is { } ordered)
                {
                    if (now - ordered >= FailedKept) GiveBack(fleet, "its removal had failed", entry);
                }
                else if (worker.IsLost) GiveBack(fleet, "it was lost", ExecutionCause.WorkerLost, entry);
                else if (worker.Status == FleetWorkerStatus.Failed && now - worker.Modified >= FailedKept) GiveBack(fleet, "it had failed", entry);
                else if (IdleRules.IsDue(entry, worker, digest, options.LimitsOf(entry.Provider), now)) await RetireAsync(fleet, entry);
            }
        }
    }

    /// <summary>Workers of a scan that is over, all at once.</summary>
    private void GiveBackOver(FleetState fleet, BatchDigestV1 digest)
    {
        if (digest.ScanEnded is null) return;
        DateTimeOffset now = Now();
        WorkerEntry[] over =
        [
            .. digest.Workers.Where(w => IdleRules.IsOver(w, digest, options.Linger, now)).Select(w => FindHere(fleet, digest, w)).OfType<WorkerEntry>().Where(w => w.GivenBack is null),
        ];
        if (over.Length > 0) GiveBack(fleet, "its scan is over", over);
    }

    /// <returns>Null for a worker that is not deployed, or does not serve this batch, or is on its way.</returns>
    private static WorkerEntry? FindHere(FleetState fleet, BatchDigestV1 digest, WorkerDigestV1 worker) =>
        fleet.Workers.TryGetValue(worker.WorkerId, out WorkerEntry? entry) && entry is { Permanent: false, Moving: null } && entry.Batch == digest.Batch && !fleet.IsLeaving(entry.Id) ? entry : null;

    private Task<bool> RetireAsync(FleetState fleet, WorkerEntry entry) => TryAsync($"the giving back of worker {entry.Name}", async () =>
    {
        // The batch has the last word: work may have come since it was asked.
        if ((await actors.Batch(entry.Batch).RetireWorker(entry.Id)).IsOk) GiveBack(fleet, "it was idle", entry);
    });

    private void GiveBack(FleetState fleet, string reason, params IReadOnlyList<WorkerEntry> entries) => GiveBack(fleet, reason, ExecutionCause.WorkerDeleted, entries);

    /// <summary>One job for each place and batch, however many go.</summary>
    private void GiveBack(FleetState fleet, string reason, string cause, params IReadOnlyList<WorkerEntry> entries)
    {
        LogGivenBack(entries.Count, entries[0].Name, reason);
        foreach (var group in entries.GroupBy(e => (e.Batch, e.Provider, e.Region)))
        {
            foreach (WorkerEntry[] some in group.Chunk(MostAdopted))
            {
                foreach (WorkerEntry entry in some) fleet.Put(entry with { GivenBack = Now() });
                JobRow job = fleet.OrderRemoval(some, Now(), cause);
                if (job.IsOpen) fleet.Put(JobRules.Log(job, $"Given back: {reason}.", Now()));
            }
        }
    }

    /// <summary>Compares what the launchers have with what is known here: orphans go, and workers that are gone there are gone here.</summary>
    private async Task SweepAsync(FleetState fleet)
    {
        lastSweep = clock.GetUtcNow();
        foreach (IGrouping<string, (string Provider, string Batch)> provider in fleet.LaunchedFor.ToArray().GroupBy(l => l.Provider))
        {
            await TryAsync($"the sweep of {provider.Key}", async () =>
            {
                WorkerListV1 list = await launchers.ListAsync(provider.Key, scanId: null);
                await RemoveOrphansAsync(fleet, provider.Key, [.. provider.Select(l => l.Batch)], list);
                NoteAbsent(fleet, provider.Key, list);
            });
        }
    }

    private async Task RemoveOrphansAsync(FleetState fleet, string provider, HashSet<string> batches, WorkerListV1 list)
    {
        IReadOnlyList<WorkerInfoV1> listed = list.Workers;
        // While an order is open, its workers may be there before they are told of.
        HashSet<string> ordered = [.. fleet.OpenJobs.Where(j => j.IsDeployment && j.Job.Args.Provider == provider).Select(j => j.Job.Args.Batch)];
        string[] orphans = [.. listed.Where(w => w.State is not WorkerState.Exited && batches.Contains(w.ScanId) && !ordered.Contains(w.ScanId) && fleet.FindByLauncher(w.Id) is null).Select(w => w.Id)];
        if (orphans.Length > 0)
        {
            LogOrphans(orphans.Length, provider);
            await launchers.RemoveAsync(provider, orphans);
        }

        // Orphans may be at places that did not answer.
        if (list.Unreachable is { Count: > 0 }) return;
        HashSet<string> alive = [.. listed.Where(w => w.State is not WorkerState.Exited).Select(w => w.ScanId)];
        HashSet<string> served = [.. fleet.Workers.Values.Where(w => w.Provider == provider).Select(w => w.Batch)];
        foreach (string over in batches.Where(b => !alive.Contains(b) && !ordered.Contains(b) && !served.Contains(b))) fleet.ForgetLaunches(provider, over);
    }

    /// <summary>Twice not there, or over: the provider has it no more.</summary>
    private void NoteAbsent(FleetState fleet, string provider, WorkerListV1 list)
    {
        HashSet<string> alive = [.. list.Workers.Where(w => w.State is not WorkerState.Exited).Select(w => w.Id)];
        foreach (WorkerEntry worker in fleet.Workers.Values.Where(w => w.Provider == provider && w.LauncherId is not null && !w.Permanent && !fleet.IsLeaving(w.Id) && list.IsReachable(w.Region)).ToArray())
        {
            bool isThere = alive.Contains(worker.LauncherId!);
            if (isThere && worker.Absences > 0) fleet.Put(worker with { Absences = 0 });
            if (isThere) continue;
            fleet.Put(worker with { Absences = worker.Absences + 1 });
            if (worker.Absences >= 1) GiveBack(fleet, "its provider has it no more", ExecutionCause.WorkerLost, worker);
        }
    }

    private static WorkerV1 Row(WorkerEntry entry, string status, int concurrency, int prefetch) => new()
    {
        WorkerId = entry.Id,
        Name = entry.Name,
        Hostname = entry.Hostname,
        Status = status,
        Concurrency = concurrency,
        Prefetch = prefetch,
        Batch = entry.Batch,
        TaskProperties = entry.TaskProperties,
        Permanent = entry.Permanent,
        Flavor = entry.Flavor,
        Region = entry.Region,
        Provider = entry.Provider,
        CreationDate = entry.Created,
        ModificationDate = entry.Created,
        LauncherId = entry.LauncherId,
        RecruiterRank = entry.RecruiterRank,
    };
}
