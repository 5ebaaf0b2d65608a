using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Workers as the REST service sees them, batches and recruiters all together.
public sealed partial class FleetActor
{
    public Task<FleetAnswer<WorkerPageV1>> ListWorkers(WorkerFilterV1 filter) => TurnAsync(async fleet =>
    {
        int limit = Math.Clamp(filter.Limit, 1, 1000);
        List<WorkerV1> page = [];
        foreach (WorkerEntry[] some in fleet.Workers.Values.Where(w => w.Id > filter.After && Fits(w, filter)).Chunk(limit))
        {
            foreach (WorkerV1 row in await RowsAsync(some))
            {
                if (filter.Statuses is { Count: > 0 } statuses && !statuses.Contains(row.Status)) continue;
                if (page.Count == limit) return FleetAnswer.Ok(new WorkerPageV1(page, page[^1].WorkerId));
                page.Add(row);
            }
        }

        return FleetAnswer.Ok(new WorkerPageV1(page, null));
    });

    public Task<FleetAnswer<WorkerV1>> GetWorker(long workerId) => TurnAsync(fleet => GetAsync(fleet, workerId));

    public Task<FleetAnswer<WorkerPlaceV1>> FindWorker(long workerId) => TurnAsync(fleet => Task.FromResult(
        fleet.Workers.TryGetValue(workerId, out WorkerEntry? entry) ? FleetAnswer.Ok(new WorkerPlaceV1(workerId, entry.Batch)) : NoWorker(workerId).As<WorkerPlaceV1>()));

    public Task<FleetAnswer<WorkerV1>> UpdateWorker(FleetCommand<UpdateWorkerV1> command)
    {
        List<string> faults = [];
        WorkerFields.Check(command.Body.Fields, faults);
        if (faults.Count > 0) return Task.FromResult(FleetAnswer.Refused<WorkerV1>(string.Join(' ', faults)));
        return TurnAsync(command, fleet => UpdateAsync(fleet, command.Body), _ => [command.Body.WorkerId], (fleet, ids) => GetAsync(fleet, ids[0]));
    }

    public Task<FleetAnswer<WorkerV1>> DeleteWorker(long workerId) => TurnAsync(async fleet =>
    {
        FleetAnswer<WorkerV1> was = await GetAsync(fleet, workerId);
        if (!was.IsOk) return was;
        WorkerEntry entry = fleet.Workers[workerId];
        if (entry.Permanent)
        {
            await actors.Batch(entry.Batch).RemoveWorkers([new(workerId, ExecutionCause.WorkerDeleted)]);
            fleet.Remove(workerId);
            return was;
        }

        // It is to get nothing more; should that fail now, the removal itself will do.
        await TryAsync($"the pause of worker {entry.Name}", () => actors.Batch(entry.Batch).UpdateWorker(new(workerId, new() { Status = FleetWorkerStatus.Paused })));
        GiveBack(fleet, "somebody asked for it", entry);
        await RunJobsAsync(fleet);
        return was;
    });

    public Task<FleetAnswer<FleetResultV1>> Callback(WorkerCallbackV1 request) => TurnAsync(async fleet =>
    {
        if (!fleet.Workers.TryGetValue(request.WorkerId, out WorkerEntry? entry)) return NoWorker(request.WorkerId).As<FleetResultV1>();
        if (request.Message != "idle") return FleetAnswer.Refused<FleetResultV1>($"message '{request.Message}' is not known; give idle.");
        BatchDigestV1 batch = await actors.Batch(entry.Batch).GetDigest();
        WorkerDigestV1? worker = batch.Workers.FirstOrDefault(w => w.WorkerId == entry.Id);
        if (worker is null) return FleetAnswer.Ok(new FleetResultV1("refused: the worker goes to another batch"));
        if (entry.Permanent && entry.Carried.Count > 0) fleet.Put(entry with { Carried = new Dictionary<string, CarriedWeight>() });
        if (IdleRules.WhyKeep(entry, worker, batch) is { } why) return FleetAnswer.Ok(new FleetResultV1(why));
        // A hint: the server's own clock decides when.
        if (IdleRules.IsDue(entry, worker, batch, options.LimitsOf(entry.Provider), Now()) && !fleet.IsLeaving(entry.Id)) await RetireAsync(fleet, entry);
        await RunJobsAsync(fleet);
        return FleetAnswer.Ok(FleetResultV1.Ok);
    });

    public async Task<IReadOnlyList<BatchV1>> ListBatches()
    {
        List<BatchV1> all = [];
        foreach (string[] some in (await directory.ListBatchesAsync()).Order(StringComparer.Ordinal).Chunk(Parallel))
        {
            FleetAnswer<BatchV1>[] answers = await Task.WhenAll(some.Select(name => actors.Batch(name).Describe()));
            all.AddRange(answers.Where(a => a.IsOk && a.Value.Tasks.Count + a.Value.Workers.Count + a.Value.ExternalPending > 0).Select(a => a.Value!));
        }

        return all;
    }

    public async Task<IReadOnlyList<RecruiterV1>> ListRecruiters(RecruiterFilterV1 filter)
    {
        List<RecruiterV1> all = [];
        IEnumerable<string> batches = filter.Batches is { Count: > 0 } some ? some.Distinct() : await directory.ListBatchesAsync();
        foreach (string[] chunk in batches.Order(StringComparer.Ordinal).Chunk(Parallel))
            foreach (IReadOnlyList<RecruiterV1> recruiters in await Task.WhenAll(chunk.Select(name => actors.Batch(name).ListRecruiters()))) all.AddRange(recruiters);
        return all;
    }

    public async Task<IReadOnlyList<WorkerV1>> MatchRecruiters(RecruiterFilterV1 filter)
    {
        IReadOnlyList<RecruiterV1> recruiters = await ListRecruiters(filter);
        return await TurnAsync(async fleet => await RowsAsync([.. fleet.Workers.Values.Where(w => recruiters.Any(r => RecruitingCycle.Matches(r, w, options.Catalogue)))]));
    }

    public Task<FleetAnswer<IReadOnlyList<FlavorV1>>> ListFlavors(FlavorFilterV1 filter)
    {
        List<string> faults = [];
        FlavorFilter? conditions = FlavorFilter.Parse(filter.Protofilters ?? "", faults);
        if (filter.Limit is < 1 or > 1000) faults.Add($"limit {filter.Limit} is out of range; use 1 to 1000.");
        if (conditions is null || faults.Count > 0) return Task.FromResult(FleetAnswer.Refused<IReadOnlyList<FlavorV1>>(string.Join(' ', faults)));
        IEnumerable<FlavorV1> lines = options.Catalogue
            .Where(f => f.Cpu >= filter.MinCpu && f.Ram >= filter.MinRam && f.Disk >= filter.MinDisk && f.Eviction <= filter.MaxEviction)
            .Where(f => (filter.Provider is null || f.Provider == filter.Provider) && (filter.Region is null || f.Region == filter.Region) && conditions.Matches(f))
            .OrderBy(f => f.Cost).ThenBy(f => f.Name, StringComparer.Ordinal).Take(filter.Limit);
        return Task.FromResult(FleetAnswer.Ok<IReadOnlyList<FlavorV1>>([.. lines]));
    }

    private async Task<FleetAnswer<WorkerV1>> UpdateAsync(FleetState fleet, UpdateWorkerV1 request)
    {
        FleetAnswer<WorkerV1> before = await GetAsync(fleet, request.WorkerId);
        if (!before.IsOk) return before;
        WorkerFieldsV1 fields = request.Fields;
        WorkerEntry entry = fleet.Workers[request.WorkerId];
        if (fields.Batch is { } to && to != entry.Batch)
        {
            Recycling move = new(entry.Id, entry.Batch, to, 0, fields.Concurrency ?? before.Value.Concurrency, fields.Prefetch ?? before.Value.Prefetch, entry.Carried, 0);
            fleet.Put(entry = entry with { Batch = to, RecruiterRank = null, Moving = move });
            await FinishMovesAsync(fleet);
            entry = fleet.Workers[request.WorkerId];
        }

        FleetAnswer<WorkerV1> after = await actors.Batch(entry.Batch).UpdateWorker(request with { Fields = fields with { Batch = null } });
        if (!after.IsOk) return after;
        fleet.Put(entry with
        {
            Name = fields.Name ?? entry.Name,
            Hostname = fields.Hostname ?? entry.Hostname,
            Flavor = fields.Flavor ?? entry.Flavor,
            Region = fields.Region ?? entry.Region,
            Provider = fields.Provider ?? entry.Provider,
            Permanent = fields.Permanent ?? entry.Permanent,
        });
        if (fields.Status == FleetWorkerStatus.Evicted) await ReplaceAsync(fleet, fleet.Workers[request.WorkerId], after.Value, fields.EvictionAction ?? "none");
        return after;
    }

    /// <summary>What follows an eviction.</summary>
    private async Task ReplaceAsync(FleetState fleet, WorkerEntry entry, WorkerV1 row, string action)
    {
        if (action == "none" || entry.Permanent || fleet.IsLeaving(entry.Id)) return;
        GiveBack(fleet, "its provider takes it back", entry);
        bool isWanted = action == "replace" && entry is { Provider: not null, Region: not null, Flavor: not null } && RecruitingCycle.Pending(await actors.Batch(entry.Batch).GetDigest()) > 0;
        if (isWanted)
        {
            FlavorV1? other = Replacement.Choose(entry, options.Catalogue);
            JobArgsV1 args = new(
                entry.Batch, other?.Provider ?? entry.Provider!, other?.Region ?? entry.Region!, other?.Name ?? entry.Flavor!, 1, row.Concurrency, row.Prefetch, entry.RecruiterRank);
            fleet.OrderDeployment(args, entry.Image, Now());
        }

        await RunJobsAsync(fleet);
    }

    private async Task<FleetAnswer<WorkerV1>> GetAsync(FleetState fleet, long id) =>
        fleet.Workers.TryGetValue(id, out WorkerEntry? entry) ? FleetAnswer.Ok((await RowsAsync([entry]))[0]) : NoWorker(id);

    /// <summary>Fresh rows from their batches; of a worker that is on its way what is known here.</summary>
    private async Task<IReadOnlyList<WorkerV1>> RowsAsync(IReadOnlyList<WorkerEntry> entries)
    {
        Dictionary<long, WorkerV1> rows = [];
        foreach (IGrouping<string, WorkerEntry> batch in entries.GroupBy(e => e.Batch))
            foreach (WorkerV1 row in await actors.Batch(batch.Key).GetWorkers([.. batch.Select(e => e.Id)])) rows[row.WorkerId] = row;
        return [.. entries.Select(e => rows.GetValueOrDefault(e.Id) ?? Row(e, FleetWorkerStatus.Offline, 0, 0))];
    }

    private static bool Fits(WorkerEntry worker, WorkerFilterV1 filter) =>
        Any(filter.WorkerIds, worker.Id) && Any(filter.Names, worker.Name) && Any(filter.Hostnames, worker.Hostname ?? "") && Any(filter.Batches, worker.Batch)
        && Any(filter.Flavors, worker.Flavor ?? "") && Any(filter.Providers, worker.Provider ?? "") && Any(filter.Regions, worker.Region ?? "") && (filter.Permanent is null || filter.Permanent == worker.Permanent);

    private static bool Any<T>(IReadOnlyList<T>? allowed, T value) => allowed is not { Count: > 0 } || allowed.Contains(value);

    private static FleetAnswer<WorkerV1> NoWorker(long id) => FleetAnswer.NotFound<WorkerV1>($"There is no worker {id}.");
}
