using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet.Tests;

/// <summary>Section 3 and the arithmetic of section 5.</summary>
public class RecruitingTests
{
    private static readonly DateTimeOffset Now = Turns.Start;
    private readonly List<BatchDigestV1> batches = [];
    private readonly Dictionary<long, WorkerEntry> workers = [];
    private readonly Dictionary<(string, int), int> open = [];
    private readonly HashSet<(string, string)> refusing = [];
    private FlavorV1[] catalogue = [];
    private string? preferred;

    // The table of 3.2, row by row.
    [Theory]
    [InlineData(1, 10, 0, null, 0, 1)]
    [InlineData(100, 10, 0, 5, 2, 3)]
    [InlineData(101, 10, 0, null, 0, 11)]
    [InlineData(9, 1, 10, 50, 0, 0)]
    [InlineData(10, 1, 10, 50, 0, 10)]
    [InlineData(500, 1, 0, 50, 50, 0)]
    [InlineData(20, 10, 0, 8, 2, 0)]
    [InlineData(0, 1, 0, 8, 0, 0)]
    public void Need_TableOfTheReference_Agrees(int pending, int perWorker, int minimum, int? maximum, int present, int need)
    {
        RecruiterV1 recruiter = Recruiter("b") with { TasksPerWorker = perWorker, MinimumTasks = minimum, MaximumWorkers = maximum };
        Assert.Equal(need, RecruiterRules.Need(recruiter, pending, present));
        for (int i = 1; i <= present; i++) Entry(i, "b");
        Batch("b", pending, [recruiter], present);
        Assert.Equal(need, Plan().Orders.Sum(o => o.Number));
    }

    [Fact]
    public void Need_Negative_OrdersNothing() => Assert.True(RecruiterRules.Need(Recruiter("b") with { TasksPerWorker = 10 }, 10, 5) <= 0);

    // X: rank 2 does not ask for what rank 1 has just ordered, and open orders count.
    [Fact]
    public void Plan_TwoRanks_CountsAreCarriedForward()
    {
        open[("b", 1)] = 1;
        Batch("b", 10, [Recruiter("b") with { MaximumWorkers = 4 }, Recruiter("b", 2) with { MaximumWorkers = 9 }]);
        Assert.Equal([(1, 3), (2, 5)], Plan().Orders.Select(o => (o.Recruiter.Rank, o.Number)));
    }

    [Fact]
    public void Plan_NoProviderOrRegion_OnlyRecycles()
    {
        Batch("b", 10, [Recruiter("b") with { WorkerProvider = null }, Recruiter("b", 2) with { WorkerRegion = null }]);
        Assert.Empty(Plan().Orders);
    }

    [Fact]
    public void Plan_Recycles_BeforeItOrders_IdleOnesFirst()
    {
        for (int i = 1; i <= 3; i++) Entry(i, "old");
        Batch("old", 0, [], live: [2, 0, 1]);
        Batch("b", 4, [Recruiter("b") with { WorkerConcurrency = 6, WorkerPrefetch = 2 }]);
        RecruitingPlan plan = Plan();
        Assert.Equal([2L, 3, 1], plan.Recyclings.Select(r => r.WorkerId));
        Assert.Equal([1], plan.Orders.Select(o => o.Number));
        Assert.All(plan.Recyclings, r => Assert.Equal(("old", "b", 1, 6, 2), (r.From, r.To, r.Rank, r.Concurrency, r.Prefetch)));
        // Two still run, at the weight of new concurrency over old.
        Recycling partly = plan.Recyclings[2];
        Assert.Equal((new(1.5, 1), 3.0), (partly.Carried["old"], partly.CarriedLoad));
        Assert.Empty(plan.Recyclings[0].Carried);
    }

    [Fact]
    public void Plan_OlderLeftovers_KeepTheirWeightTimesTheRatio()
    {
        // X: v1 raised such weights to at least the new concurrency.
        Entry(1, "old", carried: new() { ["older"] = new(0.5, 1), ["over"] = new(9, 4) });
        Batch("old", 0, [], live: [1]);
        Batch("older", 0, [], leftover: (1, 2, "old"));
        Batch("b", 4, [Recruiter("b") with { WorkerConcurrency = 8 }]);
        Recycling taken = Assert.Single(Plan().Recyclings);
        Assert.Equal(["old", "older"], taken.Carried.Keys.Order());
        Assert.Equal((new(2, 1), new(1, 2)), (taken.Carried["old"], taken.Carried["older"]));
        Assert.Equal(2 * 1 + 1 * 2, taken.CarriedLoad);
        Assert.Equal("""{"old":[2,1],"older":[1,2]}""", WorkerEntry.Properties(taken.Carried));
    }

    [Theory]
    [InlineData("offline", "f", 0, 0, true)]
    [InlineData("paused", "f", 0, 0, true)]
    [InlineData("failed", "f", 0, 0, true)]
    [InlineData("running", "g", 0, 0, true)]
    [InlineData("running", "f", 4, 0, true)]
    [InlineData("running", "f", 1, 0, false)]
    [InlineData("running", "f", 0, 5, true)]
    public void Plan_Recycling_TakesNone(string status, string flavor, int live, int pendingThere, bool partial)
    {
        Entry(1, "old", flavor);
        Batch("old", pendingThere, [], live: [live], status: status);
        Batch("b", 1, [Recruiter("b") with { PartialRecycling = partial, WorkerProvider = null }]);
        Assert.Empty(Plan().Recyclings);
    }

    [Fact]
    public void Plan_RecyclingBackToALeftoverBatch_IsNotDone()
    {
        Entry(1, "old");
        Batch("old", 0, [], live: [0]);
        Batch("b", 1, [Recruiter("b") with { WorkerProvider = null }], leftover: (1, 1, "old"));
        Assert.Empty(Plan().Recyclings);
    }

    [Fact]
    public void Plan_OneWorkerForTwoRecruiters_IsTakenOnce()
    {
        Entry(1, "old");
        Batch("old", 0, [], live: [0]);
        Batch("a", 1, [Recruiter("a")]);
        Batch("b", 1, [Recruiter("b")]);
        RecruitingPlan plan = Plan();
        Assert.Equal(["a"], plan.Recyclings.Select(r => r.To));
        Assert.Equal(["b"], plan.Orders.Select(o => o.Recruiter.Batch));
    }

    [Fact]
    public void Plan_AutoFlavor_TakesWhatSatisfiesWhereverItIs()
    {
        catalogue = [Line("small", ram: 4), Line("large", ram: 16)];
        Entry(1, "old", "small", image: "v3");
        Entry(2, "old", "large", image: "v2");
        Entry(3, "old", "large", image: "v3");
        Entry(4, "old", "auto:ram>=32:image==v3");
        Entry(5, "old", "auto:ram>=32");
        Batch("old", 0, [], live: [0, 0, 0, 0, 0]);
        Batch("b", 5, [Recruiter("b") with { WorkerFlavor = "auto:ram>=8:image==v3", WorkerProvider = null }]);
        Assert.Equal([3L, 4], Plan().Recyclings.Select(r => r.WorkerId));
    }

    [Fact]
    public void Plan_AutoFlavor_OrdersTheCheapestWithQuotaAndTellsTheShortfall()
    {
        catalogue =
        [
            Line("dear", ram: 8, cost: 3), Line("cheap", ram: 8, cost: 1, available: 2), Line("weak", ram: 2, cost: 0.1), Line("taken-back", ram: 8, cost: 0.2, eviction: 6),
            Line("bare", ram: 8, cost: 0.3, tags: "M"), Line("elsewhere", ram: 8, cost: 2, region: "r2", available: 1), Line("full", ram: 8, cost: 0.5, available: 0),
        ];
        catalogue[0] = catalogue[0] with { Available = 1 };
        preferred = "r2";
        Batch("b", 6, [Recruiter("b") with { WorkerFlavor = "auto:ram>=8", WorkerRegion = "auto", WorkerProvider = "auto" }]);
        RecruitingPlan plan = Plan();
        Assert.Equal([("elsewhere", 1), ("cheap", 2), ("dear", 1)], plan.Orders.Select(o => (o.Flavor, o.Number)));
        Assert.Contains("2 workers short", Assert.Single(plan.Shortfalls));
        Batch("c", 1, [Recruiter("c") with { WorkerFlavor = "auto:ram>=8:eviction<10:tags#M", WorkerRegion = "auto" }]);
        catalogue = [Line("bare", ram: 8, tags: "MN", eviction: 7)];
        Assert.Equal(["bare"], Plan().Orders.Select(o => o.Flavor));
    }

    [Fact]
    public void Plan_PlaceThatRefused_IsLeftAloneForAWhile()
    {
        refusing.Add(("local", "r"));
        Batch("b", 3, [Recruiter("b")]);
        Assert.Empty(Plan().Orders);
    }

    // Section 5: 5000 pixels, 1234 workers.
    [Fact]
    public void Scan_OneCluster_GetsExactlyWhatWasAskedFor()
    {
        RecruiterV1 recruiter = Assert.Single(ScanRecruiting.Plan("s", new([new("sub-2", "htcondor", 1234)], 5000, "auto:ram>=8")));
        Assert.Equal((4, 1234, 1, "sub-2", "htcondor"), (recruiter.TasksPerWorker, recruiter.MaximumWorkers, recruiter.Rank, recruiter.WorkerRegion, recruiter.WorkerProvider));
        Batch("s", 0, [recruiter], external: 5000);
        Assert.Equal(1234, Plan().Orders.Sum(o => o.Number));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(9, 9)]
    [InlineData(10, 10)]
    [InlineData(1000, 10)]
    public void Scan_SeveralClustersAndRepeats_GetTheSmallerOfPixelsAndWorkers(int pixels, int expected)
    {
        IReadOnlyList<RecruiterV1> plan = ScanRecruiting.Plan("s", new([new("sub-2", "c", 3), new("sub-3", "c", 5), new("sub-2", "c", 2)], pixels, "f"));
        Assert.Equal([("sub-2", 3), ("sub-3", 5), ("sub-2", 2)], plan.Select(r => (r.WorkerRegion!, r.MaximumWorkers!.Value)));
        Batch("s", 0, plan, external: pixels);
        Assert.Equal(expected, Plan().Orders.Sum(o => o.Number));
        if (pixels >= 10) Assert.Equal([3, 5, 2], Plan().Orders.Select(o => o.Number));
    }

    [Fact]
    public void Scan_LostWorker_IsReplacedAtItsOwnClusterWhileTheBacklogJustifiesIt()
    {
        IReadOnlyList<RecruiterV1> plan = ScanRecruiting.Plan("s", new([new("sub-2", "c", 2), new("sub-3", "c", 2)], 100, "f"));
        Entry(1, "s", rank: 1);
        Entry(2, "s", rank: 1);
        Entry(3, "s", rank: 2);
        Batch("s", 0, plan, external: 100);
        Assert.Equal([("sub-3", 1)], Plan().Orders.Select(o => (o.Region, o.Number)));
        batches.Clear();
        Batch("s", 0, plan, external: 75);
        Assert.Empty(Plan().Orders);
    }

    [Fact]
    public void Scan_CumulativeMaxima_WhenTheWholeBatchCounts() => Assert.Equal(
        [3, 8, 10],
        ScanRecruiting.Plan("s", new([new("a", "c", 3), new("b", "c", 5), new("a", "c", 2)], 50, "f"), RecruiterScope.Batch).Select(r => r.MaximumWorkers!.Value));

    [Theory]
    [InlineData("auto:cpu>=4", true)]
    [InlineData("auto:cpu==4:ram<9", true)]
    [InlineData("auto:cpu>4", false)]
    [InlineData("auto:cpu!=4", false)]
    [InlineData("auto:disk<=100:cost<2:eviction<=3", true)]
    [InlineData("auto:gpumem>0", false)]
    [InlineData("auto:tags#G", true)]
    [InlineData("auto:tags#GN", true)]
    [InlineData("auto:tags#GM", false)]
    [InlineData("auto:tags!#M", true)]
    [InlineData("auto:tags==GN", true)]
    [InlineData("auto:region~eu-%", true)]
    [InlineData("auto:region!~us-%", true)]
    [InlineData("auto:region~eu", false)]
    [InlineData("auto:provider==p", true)]
    [InlineData("auto:provider!=p", false)]
    [InlineData("auto:image==v3.5", true)]
    [InlineData("auto:image!~v2%", true)]
    [InlineData("auto", true)]
    public void Filter_EveryOperator_Judges(string filter, bool holds)
    {
        List<string> faults = [];
        FlavorV1 line = new() { Name = "n", Provider = "p", Region = "eu-1", Cpu = 4, Ram = 8.5, Disk = 100, Tags = "GN", Cost = 1.5, Eviction = 3, Image = "v3.5" };
        Assert.Equal(holds, FlavorFilter.Parse(filter, faults)!.Matches(line));
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("auto:ram", "no operator")]
    [InlineData("auto:>=8", "no operator")]
    [InlineData("auto:size>=8", "'size'")]
    [InlineData("auto:ram>=", "needs a value")]
    [InlineData("auto:ram>=lots", "no number")]
    [InlineData("auto:ram>=NaN", "no number")]
    [InlineData("auto:ram~8", "texts only")]
    [InlineData("auto:region>=eu", "numbers only")]
    [InlineData("auto:region#G", "tags only")]
    public void Filter_Faulty_SaysWhat(string filter, string part)
    {
        List<string> faults = [];
        Assert.Null(FlavorFilter.Parse(filter + ":also bad", faults));
        Assert.Contains(part, faults[0]);
        Assert.Equal(2, faults.Count);
        List<string> ofRecruiter = [];
        RecruiterRules.Check(Recruiter("a/b") with { WorkerFlavor = filter, Rank = 0, TasksPerWorker = 0, Scope = "x" }, ofRecruiter);
        Assert.Equal(5, ofRecruiter.Count);
    }

    [Fact]
    public void Resources_LowerBounds_BecomeTheRequest()
    {
        Assert.Equal(new(null, 8_000_000_000, 1_500_000_000, "v3.5"), FlavorResources.From("auto:ram>=8:disk>=1:disk>=1.5:image==v3.5:cost<3"));
        Assert.Equal(new(Cpus: 5), FlavorResources.From("auto:cpu>4:ram<9"));
        Assert.Null(FlavorResources.From("m5.large"));
        Assert.Equal(new(2, 8_000_000_000, 1_000_000_000, "v9"), FlavorResources.From(Line("x", ram: 8) with { Cpu = 2, Disk = 1 }, "v9"));
    }

    [Fact]
    public void Replacement_AsLargeAndNotDear_AndLessOftenTakenBack()
    {
        WorkerEntry evicted = Entry(1, "b", "was");
        FlavorV1 was = Line("was", ram: 8, cost: 1, eviction: 5);
        Assert.Null(Replacement.Choose(evicted, []));
        Assert.Null(Replacement.Choose(evicted, [was, Line("dear", ram: 8, cost: 2.1), Line("weak", ram: 4), Line("same", ram: 8, eviction: 5), Line("full", ram: 8, available: 0)]));
        Assert.Equal("large", Replacement.Choose(evicted, [was, Line("larger", ram: 32, cost: 2), Line("large", ram: 16, cost: 1.5, eviction: 4)])!.Name);
    }

    [Fact]
    public void Names_LowestFree_IsGiven()
    {
        NameBook names = new("sky", ["sky-node2", "sky-node5", "other-node1", "sky-nodeX", "sky-node02"]);
        Assert.Equal(["sky-node1", "sky-node3", "sky-node4", "sky-node6"], Enumerable.Range(0, 4).Select(_ => names.Take()));
        names.Free("sky-node3");
        names.Free("sky-node3");
        names.Free("elsewhere");
        Assert.Equal(["sky-node3", "sky-node7"], [names.Take(), names.Take()]);
    }

    [Theory]
    [InlineData(null, 899, false)]
    [InlineData(null, 900, true)]
    [InlineData(0, 299, false)]
    [InlineData(0, 300, true)]
    [InlineData(600, 899, false)]
    [InlineData(600, 900, true)]
    public void Idle_SinceLastWorkOrFirstContact_IsGivenBack(int? lastWork, int now, bool due)
    {
        WorkerEntry entry = Entry(1, "b");
        WorkerDigestV1 worker = new(1, "running", 1, 0, 0, Now, Now, lastWork is { } work ? Now.AddSeconds(work) : null);
        BatchDigestV1 batch = new("b", false, 0, 0, null, [], [worker], []);
        DateTimeOffset at = Now.AddSeconds(now);
        Assert.Equal(due, IdleRules.IsDue(entry, worker, batch, IdleLimits.Usual, at));
        // Whatever the clock says:
        Assert.False(IdleRules.IsDue(entry with { Permanent = true }, worker, batch, IdleLimits.Usual, at));
        Assert.False(IdleRules.IsDue(entry, worker with { Live = 1 }, batch, IdleLimits.Usual, at));
        Assert.False(IdleRules.IsDue(entry, worker with { Status = "paused" }, batch, IdleLimits.Usual, at));
        Assert.False(IdleRules.IsDue(entry, worker with { FirstContact = null }, batch, IdleLimits.Usual, at));
        Assert.False(IdleRules.IsDue(entry, worker, batch with { Pending = 1 }, IdleLimits.Usual, at));
        Assert.False(IdleRules.IsDue(entry, worker, batch with { ExternalPending = 1 }, IdleLimits.Usual, at));
        Assert.StartsWith("nothing to do", IdleRules.WhyKeep(entry with { Permanent = true }, worker, batch));
        Assert.Null(IdleRules.WhyKeep(entry, worker, batch));
    }

    [Fact]
    public void Idle_PixelsOfAScan_AreWorkUntilTheirEnd()
    {
        WorkerEntry entry = Entry(1, "b");
        WorkerDigestV1 worker = new(1, "running", 1, 0, 0, Now, Now, null);
        BatchDigestV1 batch = new("b", false, 0, 0, Now.AddSeconds(1000), [], [worker], []);
        Assert.False(IdleRules.IsDue(entry, worker, batch, IdleLimits.Usual, Now.AddSeconds(1299)));
        Assert.True(IdleRules.IsDue(entry, worker, batch, IdleLimits.Usual, Now.AddSeconds(1300)));
    }

    private static RecruiterV1 Recruiter(string batch, int rank = 1) => new()
    {
        Batch = batch,
        Rank = rank,
        TasksPerWorker = 1,
        WorkerFlavor = "f",
        WorkerConcurrency = 4,
        WorkerProvider = "local",
        WorkerRegion = "r",
    };

    private static FlavorV1 Line(string name, double ram, double cost = 1, int? available = null, double eviction = 0, string tags = "", string region = "r") =>
        new() { Name = name, Provider = "local", Region = region, Ram = ram, Cost = cost, Available = available, Eviction = eviction, Tags = tags };

    private WorkerEntry Entry(long id, string batch, string flavor = "f", int? rank = null, string? image = null, Dictionary<string, CarriedWeight>? carried = null) =>
        workers[id] = new(id, $"w{id}", null, batch, false, flavor, "local", "r", $"l{id}", rank, Now, carried ?? [], image);

    private void Batch(string name, int pending, IReadOnlyList<RecruiterV1> recruiters, int present = 0, int[]? live = null, string status = "running", long external = 0, (long, int, string)? leftover = null)
    {
        List<WorkerDigestV1> digests = [.. (live ?? new int[present]).Select((count, i) => new WorkerDigestV1(i + 1, status, 4, count, count, Now, Now, null))];
        if (leftover is { } left) digests.Add(new(left.Item1, "running", 4, left.Item2, left.Item2, Now, Now, null, ReleasedTo: left.Item3));
        batches.Add(new(name, false, pending, external, null, recruiters, digests, []));
    }

    private RecruitingPlan Plan() => RecruitingCycle.Plan(new(batches, workers, open, catalogue, refusing, preferred));
}
