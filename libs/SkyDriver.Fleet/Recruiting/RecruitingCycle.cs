using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>What the cycle knows.</summary>
/// <param name="Batches">Fresh digests.</param>
/// <param name="Workers">All workers that are not on their way out.</param>
/// <param name="OpenOrders">Workers ordered and not there yet, by batch and rank (0: by hand).</param>
/// <param name="Refusing">Places that said no a short while ago.</param>
/// <param name="Failing">Recruiters whose order failed a short while ago; null for none.</param>
public sealed record RecruitingView(
    IReadOnlyList<BatchDigestV1> Batches,
    IReadOnlyDictionary<long, WorkerEntry> Workers,
    IReadOnlyDictionary<(string Batch, int Rank), int> OpenOrders,
    IReadOnlyList<FlavorV1> Catalogue,
    IReadOnlySet<(string Provider, string Region)> Refusing,
    string? PreferredRegion = null,
    IReadOnlySet<(string Batch, int Rank)>? Failing = null);

/// <summary>A worker goes from one batch to another.</summary>
/// <param name="Carried">What it keeps from former ones: batch to weight and priority.</param>
public sealed record Recycling(long WorkerId, string From, string To, int Rank, int Concurrency, int Prefetch, IReadOnlyDictionary<string, CarriedWeight> Carried, double CarriedLoad);

/// <summary>Workers to be deployed.</summary>
public sealed record WorkerOrder(RecruiterV1 Recruiter, string Provider, string Region, string Flavor, int Number);

/// <param name="Shortfalls">Why some could not be ordered, for people.</param>
public sealed record RecruitingPlan(IReadOnlyList<Recycling> Recyclings, IReadOnlyList<WorkerOrder> Orders, IReadOnlyList<string> Shortfalls);

public sealed record CarriedWeight(double Weight, int Priority);

/// <summary>Who is recycled and who is ordered, for all recruiters at one time.</summary>
public sealed class RecruitingCycle
{
    private readonly RecruitingView view;
    private readonly Dictionary<string, BatchDigestV1> batches;
    private readonly Dictionary<string, long> counts = [];
    private readonly Dictionary<(string Batch, int Rank), long> hired = [];
    private readonly Dictionary<(long Worker, string Batch), WorkerDigestV1> digests = [];
    private readonly Dictionary<long, List<(string Batch, int Running)>> leftovers = [];
    private readonly Dictionary<(string, string, string), int> quota = [];
    private readonly List<WorkerEntry> recyclable = [];
    private readonly HashSet<long> taken = [];
    private readonly List<Recycling> recyclings = [];
    private readonly List<WorkerOrder> orders = [];
    private readonly List<string> shortfalls = [];

    private RecruitingCycle(RecruitingView view)
    {
        this.view = view;
        batches = view.Batches.ToDictionary(b => b.Batch);
        foreach (BatchDigestV1 batch in view.Batches)
        {
            foreach (WorkerDigestV1 worker in batch.Workers)
            {
                digests[(worker.WorkerId, batch.Batch)] = worker;
                if (worker.ReleasedTo is null || worker.Running == 0) continue;
                if (!leftovers.TryGetValue(worker.WorkerId, out List<(string, int)>? list)) leftovers[worker.WorkerId] = list = [];
                list.Add((batch.Batch, worker.Running));
            }
        }

        foreach (FlavorV1 line in view.Catalogue)
            if (line.Available is { } available) quota[(line.Provider, line.Region, line.Name)] = available;
        foreach (WorkerEntry worker in view.Workers.Values) Hire(worker.Batch, worker.RecruiterRank ?? 0, 1);
        foreach (((string batch, int rank), int number) in view.OpenOrders) Hire(batch, rank, number);
        recyclable.AddRange(view.Workers.Values.Where(IsRecyclable).OrderBy(w => !IsIdle(w)).ThenBy(Load).ThenBy(w => w.Id));
    }

    public static RecruitingPlan Plan(RecruitingView view) => new RecruitingCycle(view).Run();

    /// <summary>Work that a batch has for workers.</summary>
    public static long Pending(BatchDigestV1 batch) => batch.Pending + batch.ExternalPending;

    /// <summary>Is the worker's flavor what the recruiter wants, its image included?</summary>
    public static bool Matches(RecruiterV1 recruiter, WorkerEntry worker, IReadOnlyList<FlavorV1> catalogue)
    {
        if (worker.Flavor == recruiter.WorkerFlavor) return true;
        return FlavorFilter.IsAuto(recruiter.WorkerFlavor)
            && FlavorFilter.Parse(recruiter.WorkerFlavor, []) is { } filter
            && FlavorResources.Describe(worker.Flavor, worker.Provider, worker.Region, catalogue) is { } line
            && filter.Matches(worker.Image is { } image ? line with { Image = image } : line);
    }

    private RecruitingPlan Run()
    {
        IEnumerable<RecruiterV1> inTurn = view.Batches.Where(b => Pending(b) > 0).OrderBy(b => b.Batch, StringComparer.Ordinal)
            .SelectMany(b => b.Recruiters.OrderBy(r => r.Rank));
        foreach (RecruiterV1 recruiter in inTurn)
        {
            long all = counts.GetValueOrDefault(recruiter.Batch);
            long own = recruiter.Scope is RecruiterScope.Recruiter ? hired.GetValueOrDefault((recruiter.Batch, recruiter.Rank)) : all;
            long need = RecruiterRules.Need(recruiter, Pending(batches[recruiter.Batch]), all, own);
            if (need <= 0) continue;
            need -= Recycle(recruiter, need);
            if (need > 0) Order(recruiter, (int)Math.Min(need, RecruiterRules.MostWorkers));
        }

        return new(recyclings, orders, shortfalls);
    }

    private long Recycle(RecruiterV1 recruiter, long need)
    {
        long done = 0;
        Func<WorkerEntry, bool> fits = Fits(recruiter);
        foreach (WorkerEntry worker in recyclable)
        {
            if (done == need) break;
            if (taken.Contains(worker.Id) || worker.Batch == recruiter.Batch || !fits(worker)) continue;
            double load = Load(worker);
            int concurrency = digests[(worker.Id, worker.Batch)].Concurrency;
            if (load >= concurrency || (!recruiter.PartialRecycling && !IsIdle(worker)) || Leftovers(worker).Any(l => l.Batch == recruiter.Batch)) continue;
            Take(worker, recruiter, concurrency);
            done++;
        }

        return done;
    }

    private void Take(WorkerEntry worker, RecruiterV1 recruiter, int concurrency)
    {
        taken.Add(worker.Id);
        double ratio = recruiter.WorkerConcurrency / (double)Math.Max(1, concurrency);
        Dictionary<string, CarriedWeight> carried = [];
        double load = 0;
        foreach ((string batch, int running) in Leftovers(worker))
        {
            CarriedWeight before = worker.Carried.GetValueOrDefault(batch, new(1, 0));
            carried[batch] = new(before.Weight * ratio, before.Priority + 1);
            load += carried[batch].Weight * running;
        }

        if (digests[(worker.Id, worker.Batch)].Running is > 0 and int still)
        {
            carried[worker.Batch] = new(ratio, 1);
            load += ratio * still;
        }

        recyclings.Add(new(worker.Id, worker.Batch, recruiter.Batch, recruiter.Rank, recruiter.WorkerConcurrency, recruiter.WorkerPrefetch, carried, load));
        Hire(worker.Batch, worker.RecruiterRank ?? 0, -1);
        Hire(recruiter.Batch, recruiter.Rank, 1);
    }

    private void Order(RecruiterV1 recruiter, int need)
    {
        if (recruiter.WorkerProvider is not { } provider || recruiter.WorkerRegion is not { } region || view.Failing?.Contains((recruiter.Batch, recruiter.Rank)) is true) return;
        bool anyProvider = provider == "auto", anyRegion = region == "auto", isAuto = FlavorFilter.IsAuto(recruiter.WorkerFlavor);
        bool hasCatalogue = view.Catalogue.Any(f => f.Provider == provider);
        if (!anyProvider && !anyRegion && (!isAuto || !hasCatalogue))
        {
            Add(recruiter, provider, region, recruiter.WorkerFlavor, need);
            return;
        }

        foreach (FlavorV1 line in Lines(recruiter, anyProvider ? null : provider, anyRegion ? null : region))
        {
            (string, string, string) key = (line.Provider, line.Region, line.Name);
            int number = Math.Min(need, quota.GetValueOrDefault(key, need));
            if (number <= 0 || view.Refusing.Contains((line.Provider, line.Region))) continue;
            if (quota.ContainsKey(key)) quota[key] -= number;
            Add(recruiter, line.Provider, line.Region, line.Name, number);
            need -= number;
            if (need == 0) return;
        }

        shortfalls.Add($"Batch '{recruiter.Batch}', rank {recruiter.Rank}: {need} workers short, as no line of the catalogue with room satisfies {recruiter.WorkerFlavor} at {provider}/{region}.");
    }

    private void Add(RecruiterV1 recruiter, string provider, string region, string flavor, int number)
    {
        if (view.Refusing.Contains((provider, region))) return;
        orders.Add(new(recruiter, provider, region, flavor, number));
        Hire(recruiter.Batch, recruiter.Rank, number);
    }

    private IEnumerable<FlavorV1> Lines(RecruiterV1 recruiter, string? provider, string? region)
    {
        string? preferred = view.PreferredRegion;
        if (FlavorFilter.IsAuto(recruiter.WorkerFlavor)) return FlavorFilter.Parse(recruiter.WorkerFlavor, [])?.Choose(view.Catalogue, provider, region, preferred) ?? [];
        return FlavorFilter.Parse("", [])!.Choose(view.Catalogue.Where(f => f.Name == recruiter.WorkerFlavor), provider, region, preferred);
    }

    private Func<WorkerEntry, bool> Fits(RecruiterV1 recruiter) => worker => Matches(recruiter, worker, view.Catalogue);

    /// <summary>It runs, is not moving already, and its batch has nothing for it.</summary>
    private bool IsRecyclable(WorkerEntry worker) =>
        worker.Moving is null
        && batches.TryGetValue(worker.Batch, out BatchDigestV1? batch) && Pending(batch) == 0
        && digests.TryGetValue((worker.Id, worker.Batch), out WorkerDigestV1? digest) && digest is { Status: FleetWorkerStatus.Running, ReleasedTo: null };

    private bool IsIdle(WorkerEntry worker) => digests[(worker.Id, worker.Batch)].Live == 0 && Leftovers(worker).Count == 0;

    private double Load(WorkerEntry worker) =>
        digests[(worker.Id, worker.Batch)].Running + Leftovers(worker).Sum(l => worker.Carried.GetValueOrDefault(l.Batch, new(1, 0)).Weight * l.Running);

    private IReadOnlyList<(string Batch, int Running)> Leftovers(WorkerEntry worker) => leftovers.GetValueOrDefault(worker.Id, []);

    private void Hire(string batch, int rank, int number)
    {
        counts[batch] = counts.GetValueOrDefault(batch) + number;
        hired[(batch, rank)] = hired.GetValueOrDefault((batch, rank)) + number;
    }
}
