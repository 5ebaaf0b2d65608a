using Google.Protobuf;
using SkyDriver.Apps.Tests.Scanner;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>The scan actor as workers know it that fetch their batches; time is injected.</summary>
public sealed class LeaseTests
{
    private const string Nsides = "1:0 2:4";

    [Fact]
    public async Task Lease_NobodyListensToTheBroker_HandsOutAndPublishesNothing()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        PixelBatchV1 batch = Batch(lease);
        Assert.Equal((lease.Number, "dummy", "w1"), (batch.BatchNumber, batch.RecoAlgo, lease.WorkerId));
        Assert.Equal(scan.Options.LeaseTime.TotalSeconds, lease.Seconds);
        await scan.SweepAsync();
        Assert.Empty(scan.TakePublished());
    }

    [Fact]
    public async Task Lease_NoSlotFree_GetsNoMoreWhateverItAsksFor()
    {
        ScanHarness scan = await OpenAsync();
        List<LeaseV1> leases = [];
        for (int i = 0; i < 5; i++) leases.AddRange(await LeaseAsync(scan, "w1", slots: 2, wants: 3));
        Assert.Equal(2, leases.Count);
        await SettleAsync(scan, leases[0]);
        Assert.Single(await LeaseAsync(scan, "w1", slots: 2, wants: 3));
    }

    [Fact]
    public async Task Lease_RanOut_GoesToAnotherAndTheLateAnswerChangesNothing()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 old = Assert.Single(await LeaseAsync(scan, "w1"));
        scan.Clock.Advance(scan.Options.LeaseTime);
        List<LeaseV1> others = await LeaseAllAsync(scan, "w2");
        Assert.Equal(12, others.Sum(l => Batch(l).Variations.Count));
        Assert.Contains(others, l => Pixels(l).Intersect(Pixels(old)).Any());
        Assert.All(others, l => Assert.True(l.Number > old.Number));

        ScanProgressV1 before = await scan.ProgressAsync();
        Assert.False(await SettleAsync(scan, old, "w1"));
        Assert.Equal(before, await scan.ProgressAsync());
        foreach (LeaseV1 lease in others) Assert.True(await SettleAsync(scan, lease, "w2"));
        Assert.Equal(12, (await scan.ProgressAsync()).Received);
    }

    [Fact]
    public async Task Settle_Twice_CountsOnce()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        Assert.True(await SettleAsync(scan, lease));
        ScanProgressV1 once = await scan.ProgressAsync();
        Assert.True(await SettleAsync(scan, lease));
        Assert.Equal(once, await scan.ProgressAsync());
        scan.Clock.Advance(scan.Options.LeaseTime);
        await scan.SweepAsync();
        Assert.False(await SettleAsync(scan, lease));
        Assert.Equal(once.Received, (await scan.ProgressAsync()).Received);
    }

    [Fact]
    public async Task Settle_WantsNext_GetsItInTheSameTurnAndAgainWhenItRepeats()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        LeaseV1 next = (await SettleForNextAsync(scan, lease))!;
        Assert.True(next.Number > lease.Number);
        Assert.Empty(Pixels(next).Intersect(Pixels(lease)));
        // The answer was lost: the worker says the same again. It holds one lease still, and no other.
        Assert.Equal(next, await SettleForNextAsync(scan, lease), SameLease);
        Assert.Empty(await LeaseAsync(scan, "w1"));

        Assert.NotNull(await SettleForNextAsync(scan, next));
        Assert.NotEqual(next.Number, (await SettleForNextAsync(scan, lease))?.Number);
    }

    [Fact]
    public async Task Settle_WantsNextOfALeaseThatIsOver_GetsNothing()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        scan.Clock.Advance(scan.Options.LeaseTime);
        await scan.SweepAsync();
        Assert.Null(await SettleForNextAsync(scan, lease));
    }

    [Fact]
    public async Task Settle_NextIsGivenBack_IsFreeForOthersAndNotGivenAgain()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        LeaseV1 next = (await SettleForNextAsync(scan, lease))!;
        await TendAsync(scan, "w1", givenBack: [next.Number]);
        Assert.True((await SettleForNextAsync(scan, lease))!.Number > next.Number);
    }

    [Fact]
    public async Task Settle_LeaseOfAnotherOrOfNobody_IsRefused()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        Assert.False(await SettleAsync(scan, lease, "w2"));
        Assert.False((await scan.TurnAsync(a => a.SettleLease(new(new RecoBatchV1 { ScanId = ScanHarness.ScanId, WorkerId = "w1", BatchNumber = lease.Number + 1 }.ToByteArray())))).IsTaken);
        Assert.Equal(0, (await scan.ProgressAsync()).Received);
        Assert.True(await SettleAsync(scan, lease));
    }

    [Fact]
    public async Task Tend_LeaseHeld_LastsForAsLongAsItsWorkerSpeaks()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1 lease = Assert.Single(await LeaseAsync(scan, "w1"));
        for (int i = 0; i < 5; i++)
        {
            scan.Clock.Advance(scan.Options.LeaseTime / 2);
            LeasesTendedV1 tended = await TendAsync(scan, "w1", held: [lease.Number, lease.Number + 9]);
            Assert.Equal([lease.Number + 9], tended.Over);
            await LeaseAllAsync(scan, "w2");
        }

        Assert.True(await SettleAsync(scan, lease));
        scan.Clock.Advance(scan.Options.LeaseTime);
        Assert.Equal([lease.Number], (await TendAsync(scan, "w1", held: [lease.Number])).Over);
    }

    [Fact]
    public async Task Tend_GivenBack_IsFreeAtOnceAndOver()
    {
        ScanHarness scan = await OpenAsync(nsides: "1:0");
        LeaseV1[] all = [.. await LeaseAllAsync(scan, "w1")];
        Assert.Empty(await LeaseAsync(scan, "w2"));
        await TendAsync(scan, "w1", givenBack: [all[0].Number]);
        LeaseV1 again = Assert.Single(await LeaseAsync(scan, "w2"));
        Assert.Equal(Pixels(all[0]), Pixels(again));
        Assert.False(await SettleAsync(scan, all[0]));
        Assert.Equal([all[0].Number], (await TendAsync(scan, "w1", held: [all[0].Number])).Over);
    }

    [Fact]
    public async Task Crash_OfTheScanner_HonoursLeasesUntilTheyWouldHaveRunOut()
    {
        ScanHarness scan = await OpenAsync();
        LeaseV1[] leases = [.. await LeaseAsync(scan, "w1"), .. await LeaseAsync(scan, "w2"), .. await LeaseAsync(scan, "w3")];
        scan.Crash();
        Assert.True(await SettleAsync(scan, leases[0]));
        Assert.Empty((await TendAsync(scan, "w2", held: [leases[1].Number])).Over);
        scan.Clock.Advance(scan.Options.LeaseTime * 0.6);
        Assert.Empty((await TendAsync(scan, "w2", held: [leases[1].Number])).Over);
        scan.Clock.Advance(scan.Options.LeaseTime * 0.6);
        Assert.True(await SettleAsync(scan, leases[1]));
        Assert.False(await SettleAsync(scan, leases[2]));
    }

    [Fact]
    public async Task Lease_FetcherWaitsBesideADeadBroker_GetsWhatIsCalledBack()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "1:0");
        await scan.OpenAsync();
        Assert.Equal(12, scan.TakePublished().Sum(b => b.Variations.Count));
        // Whoever heard them is gone, and so is the queue.
        scan.Clock.Advance(scan.Options.FirstAnswerTimeout);
        Assert.Empty(await LeaseAsync(scan, "w1"));
        await scan.SweepAsync();
        Assert.Empty(scan.TakePublished());
        Assert.Single(await LeaseAsync(scan, "w1"));
        // The rest is the broker's again.
        Assert.NotEmpty(scan.TakePublished());
    }

    [Fact]
    public async Task Scan_ByLeasesWithDeathsAndCrashes_HasTheSameBytesAsByTheBroker()
    {
        ScanHarness ordinary = await ScanHarness.CreateAsync(nsides: Nsides);
        await ordinary.OpenAsync();
        await ordinary.RunToEndAsync(new Random(5));

        ScanHarness scan = await OpenAsync();
        Random chance = new(7);
        ScanProgressV1 progress = await scan.ProgressAsync();
        for (int turn = 0; progress.State == ScanActorState.Scanning; turn++)
        {
            Assert.True(turn < 10_000, "the scan does not end");
            foreach (LeaseV1 lease in await LeaseAsync(scan, $"w{chance.Next(4)}", slots: 2, wants: 2))
            {
                switch (chance.Next(5))
                {
                    case 0:     // The worker dies.
                        break;
                    case 1:     // Late, or just in time.
                        scan.Clock.Advance(scan.Options.LeaseTime * 0.7);
                        await SettleAsync(scan, lease);
                        break;
                    case 2 when chance.Next(2) == 0:
                        // Its next batch dies with it, or comes in the turns to come.
                        await SettleForNextAsync(scan, lease);
                        break;
                    case 2:
                        await TendAsync(scan, lease.WorkerId, givenBack: [lease.Number]);
                        break;
                    default:
                        await SettleAsync(scan, lease);
                        await SettleAsync(scan, lease);
                        break;
                }
            }

            if (chance.Next(10) == 0) scan.Crash();
            scan.Clock.Advance(TimeSpan.FromSeconds(5));
            if (chance.Next(4) == 0) await scan.SweepAsync();
            progress = await scan.ProgressAsync();
        }

        Assert.Equal((ScanActorState.Finished, 0L), (progress.State, progress.SetAside));
        Assert.Equal(await ordinary.ResultAsync(), await scan.ResultAsync());
        Assert.Equal(ScanActorState.Finished, (await scan.TurnAsync(a => a.LeaseWork(new([new("w1", 1)])))).State);
        Assert.Empty(scan.TakePublished());
    }

    private static async Task<ScanHarness> OpenAsync(string nsides = Nsides)
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: nsides);
        await scan.OpenUnheardAsync();
        return scan;
    }

    private static async Task<IReadOnlyList<LeaseV1>> LeaseAsync(ScanHarness scan, string worker, int slots = 1, int wants = 1) =>
        (await scan.TurnAsync(a => a.LeaseWork(new([.. Enumerable.Repeat(new WorkWantedV1(worker, slots), wants)])))).Granted;

    private static async Task<List<LeaseV1>> LeaseAllAsync(ScanHarness scan, string worker)
    {
        List<LeaseV1> all = [];
        while (await LeaseAsync(scan, worker, slots: GatewayNames.MaxSlots) is [var lease]) all.Add(lease);
        return all;
    }

    private static async Task<bool> SettleAsync(ScanHarness scan, LeaseV1 lease, string? worker = null) =>
        (await scan.TurnAsync(a => a.SettleLease(new(ScanHarness.Reconstruct(Batch(lease), worker ?? lease.WorkerId).ToByteArray())))).IsTaken;

    private static async Task<LeaseV1?> SettleForNextAsync(ScanHarness scan, LeaseV1 lease) =>
        (await scan.TurnAsync(a => a.SettleLease(new(ScanHarness.Reconstruct(Batch(lease), lease.WorkerId).ToByteArray(), WantsNext: true)))).Next;

    private static bool SameLease(LeaseV1? a, LeaseV1? b) => a?.Number == b?.Number && a!.Batch.AsSpan().SequenceEqual(b!.Batch);

    private static Task<LeasesTendedV1> TendAsync(ScanHarness scan, string worker, long[]? held = null, long[]? givenBack = null) =>
        scan.TurnAsync(a => a.TendLeases(new(worker, 2, held ?? [], givenBack ?? [])));

    private static PixelBatchV1 Batch(LeaseV1 lease) => PixelBatchV1.Parser.ParseFrom(lease.Batch);

    private static IEnumerable<(int, long, int)> Pixels(LeaseV1 lease) => Batch(lease).Variations.Select(v => (v.Nside, v.Ipix, v.Posvar));
}
