namespace SkyDriver.Scan.Tests;

public sealed class ScanLedgerTests
{
    [Fact]
    public void Constructor_BadPlan_TellsAllFaults()
    {
        var plan = TestPlans.Plan("8192:0") with { Threshold = double.NaN, MaxPublications = 0, NeighbourTrigger = -1, Event = new(5, 1, "", 58000, true) };
        string message = Assert.Throws<ArgumentException>(() => new ScanLedger(plan, 0)).Message;
        foreach (string part in new[] { "NaN", "805306368 pixels", "publications", "trigger", "Run 5" }) Assert.Contains(part, message);
    }

    [Fact]
    public void Fold_PixelNeverSent_IsRefusedAndCounted()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 4:12"), 0);
        ledger.OpenRound(0);
        foreach (var stranger in new[] { (1, 12L, 0), (1, -1L, 0), (4, 0L, 0), (2, 0L, 0), (3, 0L, 0), (-4, 0L, 0), (1, 0L, 1), (1, 0L, -1), (int.MinValue, long.MinValue, int.MinValue) })
            Assert.Equal(FoldStatus.Unknown, ledger.Fold(TestRecos.Reco(stranger.Item1, stranger.Item2, stranger.Item3, 5), 1).Status);
        Assert.Equal(9, ledger.Counts().Unknown);
        Assert.Equal(0, ledger.Counts().ReceivedVariations);
    }

    [Fact]
    public void Fold_SecondAnswer_ChangesNothing()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0"), 0);
        ledger.OpenRound(0);
        Assert.Equal(FoldStatus.Accepted, ledger.Fold(TestRecos.Reco(1, 3, 0, 50), 1).Status);
        Assert.Equal(FoldStatus.Duplicate, ledger.Fold(TestRecos.Reco(1, 3, 0, 40), 2).Status);
        Assert.Equal(FoldStatus.Duplicate, ledger.Fold(TestRecos.Failure(1, 3, 0, "too late"), 3, "w").Status);
        Assert.Equal(50, ledger.BuildResult(false).Nsides[0].Llh.Span[0]);
    }

    [Theory]
    [InlineData(new[] { double.NaN, 5, 3 }, 3.0, 102)]
    [InlineData(new[] { 5, double.NaN, 5 }, 5.0, 100)]
    [InlineData(new[] { double.NaN, double.NaN, double.NaN }, double.NaN, 100)]
    [InlineData(new[] { double.NegativeInfinity, 7, double.PositiveInfinity }, 7.0, 101)]
    public void Fold_VariationsInAnyOrder_KeepTheSameBest(double[] llh, double best, double energy)
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (int[] order in orders)
        {
            var ledger = new ScanLedger(TestPlans.Plan("1:0", variations: 3), 0);
            ledger.OpenRound(0);
            foreach (int posvar in order) ledger.Fold(TestRecos.Reco(1, 4, posvar, llh[posvar]), 1);
            var nside = Assert.Single(ledger.BuildResult(false).Nsides);
            Assert.Equal(best, nside.Llh.Span[0]);
            Assert.Equal(energy, nside.EnergyIn.Span[0]);
        }
    }

    [Fact]
    public void OpenRound_EverythingNan_EndsAfterTheFirstNside()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:12"), 0);
        ledger.OpenRound(0);
        for (long ipix = 0; ipix < 12; ipix++) ledger.Fold(TestRecos.Reco(1, ipix, 0, double.NaN), 1);
        Assert.True(ledger.OpenRound(2).Finished);
        Assert.Null(ledger.BestFit);
        Assert.Null(ledger.BuildResult(true).BestFit);
    }

    [Fact]
    public void OpenRound_CompleteRule_WaitsForEverything()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:12"), 0);
        ledger.OpenRound(0);
        for (long ipix = 0; ipix < 11; ipix++) Assert.False(ledger.Fold(TestRecos.Reco(1, ipix, 0, ipix), 1).RoundDue);
        Assert.Throws<InvalidOperationException>(() => ledger.OpenRound(1));
        Assert.True(ledger.Fold(TestRecos.Reco(1, 11, 0, 11), 1).RoundDue);
        Assert.True(ledger.OpenRound(1).NewVariations > 0);
    }

    [Fact]
    public void OpenRound_PastTheCap_EndsTheScanWithTheReason()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 4:12") with { MaxPixels = 30 }, 0);
        ledger.OpenRound(0);
        for (long ipix = 0; ipix < 12; ipix++) ledger.Fold(TestRecos.Reco(1, ipix, 0, ipix), 1);
        Assert.True(ledger.OpenRound(2).Finished);
        Assert.Contains("cap of 30 pixels", ledger.EndReason);
        Assert.Equal(12, ledger.Counts().SentPixels);
    }

    [Fact]
    public void OpenRound_PastTheCapWhileWorkIsOut_EndsWhenTheWorkIsIn()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:12", threshold: 0.5) with { MaxPixels = 12 }, 0);
        ledger.OpenRound(0);
        for (long ipix = 0; ipix < 12; ipix++)
        {
            Assert.False(ledger.Finished);
            if (ledger.Fold(TestRecos.Reco(1, ipix, 0, ipix), 1).RoundDue) Assert.Equal(0, ledger.OpenRound(2).NewVariations);
        }

        Assert.True(ledger.Finished);
        Assert.Contains("cap of 12 pixels", ledger.EndReason);
    }

    [Fact]
    public void Fold_WholeBatchBeforeARoundIsOpened_RoundSeesEverything()
    {
        // Answers come in batches, and rounds are opened between batches: nothing may be lost by looking late.
        var plan = TestPlans.Plan("1:0 2:12 4:12", threshold: 0.5);
        var ledger = new ScanLedger(plan, 0);
        double now = 0;
        while (!ledger.Finished)
        {
            if (ledger.RoundDue) ledger.OpenRound(++now);
            foreach (var seed in ledger.TakeBatch(int.MaxValue, ++now)) ledger.Fold(SimulatedWorkers.Answer(seed), ++now);
        }

        Assert.All(ledger.Counts().Nsides, nside => Assert.True(nside.SavedPixels > 0));
    }

    [Fact]
    public void OpenRound_OneVariationMoreAtAFullNside_DoesNotHang()
    {
        // The reference waits for its time-out here: the bin of the fraction never rises again.
        var ledger = new ScanLedger(TestPlans.Plan("4:0 8:12") with { Rule = RoundRule.Threshold }, 0);
        ledger.Open([[0, 1], []]);
        ledger.Fold(TestRecos.Reco(4, 0, 0, 1), 1);
        ledger.Fold(TestRecos.Reco(4, 1, 0, 1), 1);
        ledger.Open([[2], []]);
        var outcome = ledger.Fold(TestRecos.Reco(4, 2, 0, 1), 1);
        Assert.Equal(0, outcome.NsideMet);
        Assert.True(outcome.RoundDue);
    }

    [Fact]
    public void TakeBatch_Window_LimitsWhatIsInFlight()
    {
        var ledger = new ScanLedger(TestPlans.Plan("2:0", variations: 2), 0) { Window = 10 };
        ledger.OpenRound(0);
        var batch = ledger.TakeBatch(100, 1);
        Assert.Equal(10, batch.Count);
        Assert.Empty(ledger.TakeBatch(100, 1));
        ledger.Fold(TestRecos.Reco(2, batch[0].Ipix, batch[0].Posvar, 3), 2);
        Assert.Single(ledger.TakeBatch(100, 2));
        Assert.Equal(10, ledger.Counts().InFlight);
        Assert.Equal(96 - 11, ledger.Counts().Queued);
    }

    [Fact]
    public void TakeBatch_WholeRound_HandsOutEachVariationOnceScatteredOverTheSky()
    {
        var ledger = new ScanLedger(TestPlans.Plan("4:0", variations: 2), 0);
        ledger.OpenRound(0);
        var seeds = new List<(long Ipix, int Posvar)>();
        for (var batch = ledger.TakeBatch(7, 1); batch.Count > 0; batch = ledger.TakeBatch(7, 1)) seeds.AddRange(batch.Select(s => (s.Ipix, s.Posvar)));
        Assert.Equal(192 * 2, seeds.Distinct().Count());
        Assert.Equal(192 * 2, seeds.Count);
        Assert.All(seeds.Chunk(2), pair => Assert.Equal(pair[0].Ipix, pair[1].Ipix));

        // A third of the round has pixels from every third of the sky: a fair sample.
        Assert.All([0, 64, 128], start => Assert.InRange(seeds.Take(128).Count(s => s.Ipix >= start && s.Ipix < start + 64), 20, 70));
    }

    [Fact]
    public void CallBackOverdue_LostWork_ComesAgainFirst()
    {
        var ledger = new ScanLedger(TestPlans.Plan("2:0"), 0) { Window = 6 };
        ledger.OpenRound(0);
        var lost = ledger.TakeBatch(4, 10);
        ledger.TakeBatch(2, 20);
        Assert.Equal(new OverdueOutcome(0, 0), ledger.CallBackOverdue(39.9, 30));
        Assert.Equal(new OverdueOutcome(4, 0), ledger.CallBackOverdue(40, 30));
        Assert.Equal(new OverdueOutcome(0, 0), ledger.CallBackOverdue(41, 30));
        Assert.Equal(2, ledger.Counts().InFlight);
        Assert.Equal(lost, ledger.TakeBatch(4, 42));
        Assert.Equal(new OverdueOutcome(2, 0), ledger.CallBackOverdue(50, 30));
    }

    [Fact]
    public void Fold_AnswerToCalledBackWork_IsAcceptedAsLateAndNotPublishedAgain()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0"), 0);
        ledger.OpenRound(0);
        var batch = ledger.TakeBatch(12, 1);
        ledger.CallBackOverdue(100, 30);
        foreach (var seed in batch.Take(5)) Assert.Equal(FoldStatus.Accepted, ledger.Fold(TestRecos.Reco(1, seed.Ipix, 0, 1), 101).Status);
        Assert.Equal(batch.Skip(5), ledger.TakeBatch(12, 102));
        Assert.Equal(5, ledger.Counts().Late);
    }

    [Fact]
    public void CallBackOverdue_NobodyAnswersAtAll_GivesNothingUp()
    {
        // Twenty silent time-outs without any worker say nothing about the pixels.
        var ledger = new ScanLedger(TestPlans.Plan("1:0") with { MaxPublications = 2 }, 0);
        ledger.OpenRound(0);
        for (int i = 1; i <= 20; i++)
        {
            Assert.Equal(12, ledger.TakeBatch(12, 100 * i).Count);
            Assert.Equal(new OverdueOutcome(12, 0), ledger.CallBackOverdue(100 * i + 50, 30));
        }
    }

    [Fact]
    public void CallBackOverdue_SilentWhileOthersAreAnswered_IsSetAsideInTheEnd()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0") with { MaxPublications = 2 }, 0);
        ledger.OpenRound(0);
        ledger.TakeBatch(12, 100);
        for (long ipix = 0; ipix < 10; ipix++) ledger.Fold(TestRecos.Reco(1, ipix, 0, 5), 101);
        Assert.Equal(new OverdueOutcome(2, 0), ledger.CallBackOverdue(200, 30));
        Assert.Equal(2, ledger.TakeBatch(12, 200.5).Count);
        ledger.Fold(TestRecos.Reco(1, 10, 0, 5), 201);
        Assert.Equal(new OverdueOutcome(0, 1), ledger.CallBackOverdue(300, 30));
        Assert.Contains("no answer after 2 publications", Assert.Single(ledger.SetAside).Reason);
        Assert.True(ledger.RoundDue);
    }

    [Fact]
    public void Fold_FailuresOnThreeWorkers_SetTheVariationAside()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0", variations: 2), 0);
        ledger.OpenRound(0);
        var seed = ledger.TakeBatch(1, 1)[0];
        Assert.Equal(FoldStatus.Failed, Fail("a", "segmentation fault").Status);
        Assert.Equal(FoldStatus.Failed, Fail("a", "segmentation fault").Status);
        Assert.Equal(FoldStatus.Failed, Fail("b", "out of time").Status);
        Assert.Equal(seed, Assert.Single(ledger.TakeBatch(1, 2)));
        Assert.Equal(FoldStatus.SetAside, Fail("c", "bad table").Status);
        var aside = Assert.Single(ledger.SetAside);
        Assert.Equal((1, seed.Ipix, seed.Posvar), (aside.Nside, aside.Ipix, aside.Posvar));
        Assert.Contains("3 workers", aside.Reason);
        Assert.Contains("bad table", aside.Reason);

        // The other variation still decides the pixel.
        ledger.Fold(TestRecos.Reco(1, seed.Ipix, 1 - seed.Posvar, 42), 3);
        Assert.Equal(42, Assert.Single(ledger.BuildResult(false).Nsides).Llh.Span[0]);

        FoldOutcome Fail(string worker, string reason) => ledger.Fold(TestRecos.Failure(1, seed.Ipix, seed.Posvar, reason), 1, worker);
    }

    [Fact]
    public void Fold_SingleWorkerFailsForEver_TheScanStillEnds()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0"), 0);
        ledger.OpenRound(0);
        for (int i = 0; !ledger.RoundDue; i++)
        {
            Assert.True(i < 12 * FailureBook.FailuresToGiveUp);
            foreach (var seed in ledger.TakeBatch(12, i)) ledger.Fold(TestRecos.Failure(1, seed.Ipix, 0, new string('x', 10_000)), i, "only");
        }

        Assert.True(ledger.OpenRound(1000).Finished);
        Assert.Equal(12, ledger.SetAside.Count);
        Assert.All(ledger.SetAside, aside => Assert.True(aside.Reason.Length < 400));
        Assert.All(ledger.BuildResult(true).Nsides[0].Llh.ToArray(), llh => Assert.True(double.IsNaN(llh)));
    }

    [Fact]
    public void SnapshotDue_LogOutgrowsTheState_AsksForASnapshot()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0"), 0);
        ledger.OpenRound(0);
        var sink = new System.Buffers.ArrayBufferWriter<byte>();
        for (int i = 0; i < 500_000 && !ledger.SnapshotDue; i++)
        {
            ledger.Fold(TestRecos.Reco(1, 99, 0, 1), i);
            ledger.TakeLog(sink);
            sink.ResetWrittenCount();
        }

        Assert.True(ledger.SnapshotDue);
        ledger.WriteSnapshot(sink);
        Assert.False(ledger.SnapshotDue);
    }
}
