using SkyDriver.Contracts;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco;
using SkyDriver.Worker;

namespace SkyDriver.Apps.Tests.Worker;

public class BatchReconstructorTests
{
    [Fact]
    public void Run_Dummy_AnswersEveryVariationAsTheAlgorithmDoes()
    {
        PixelBatchV1 batch = Batch("dummy", count: 5);
        RecoBatchV1 answer = Reconstructor().Run(batch, CancellationToken.None);
        Assert.True(RecoCatalog.TryGet("dummy", out RecoAlgorithm? dummy));
        IReconstruction direct = dummy.Create(null, new());
        Assert.Equal(("scan-1", "w1", 7L), (answer.ScanId, answer.WorkerId, answer.BatchNumber));
        Assert.Equal(5, answer.Recos.Count);
        for (int i = 0; i < 5; i++)
        {
            PixelVariationV1 v = batch.Variations[i];
            RecoFit fit = direct.Fit(new(v.Nside, v.Ipix, v.Posvar, v.Zenith, v.Azimuth, new(1, 2, 3, 4, double.NaN), null));
            RecoV1 reco = answer.Recos[i];
            Assert.Equal((v.Nside, v.Ipix, v.Posvar), (reco.Nside, reco.Ipix, reco.Posvar));
            Assert.Equal((fit.Llh, fit.X, fit.Y, fit.Z, fit.Time), (reco.Llh, reco.X, reco.Y, reco.Z, reco.Time));
            Assert.Equal("", reco.Failure);
        }
    }

    [Fact]
    public void Run_UnknownAlgorithm_ReportsEveryVariationWithTheReason()
    {
        RecoBatchV1 answer = Reconstructor().Run(Batch("pandle_mpe", count: 3), CancellationToken.None);
        Assert.Equal(3, answer.Recos.Count);
        Assert.All(answer.Recos, reco => Assert.Contains("'pandle_mpe' is not a reconstruction", reco.Failure));
        Assert.All(answer.Recos, reco => Assert.Equal(double.NaN, reco.Llh));
    }

    [Fact]
    public void Run_CrashesAndHangs_AreReportedAndTheRestGoesOn()
    {
        PixelBatchV1 batch = Batch("crash_dummy", count: 12);
        batch.MaxPixelRecoSeconds = 0.02;
        RecoBatchV1 answer = Reconstructor(new() { CrashProbability = 0.7 }).Run(batch, CancellationToken.None);
        Assert.Equal(12, answer.Recos.Count);
        Assert.Contains(answer.Recos, reco => reco.Failure == "took longer than 0.02 s");
        Assert.Contains(answer.Recos, reco => reco.Failure.StartsWith("InvalidOperationException: crash_dummy fails", StringComparison.Ordinal));
        Assert.Contains(answer.Recos, reco => reco.Failure == "" && reco.Llh > 0);
    }

    [Fact]
    public async Task Run_WorkerStops_GivesTheBatchUp()
    {
        using CancellationTokenSource stop = new();
        Task<RecoBatchV1> run = Task.Run(() => Reconstructor(new() { DummyDelay = TimeSpan.FromHours(1) }).Run(Batch("dummy", count: 1), stop.Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public void Run_EveryAlgorithmThereIs_AnswersForAnEvent()
    {
        IceCubeEvent ev = EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.A, 1)), 1, 1, 60000));
        using BatchReconstructor reconstructor = new(ev, new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1", Reco = new() { CrashProbability = 0 } }, TimeProvider.System);
        Assert.All(RecoCatalog.Names.Except(["external"]).Append("pandel_mpe-layered-cap30"), name =>
        {
            RecoV1 reco = Assert.Single(reconstructor.Run(Batch(name, count: 1), CancellationToken.None).Recos);
            Assert.Equal("", reco.Failure);
            Assert.True(reco.Llh > 0, $"{name}: {reco.Llh}");
        });
    }

    [Fact]
    public void Run_AddedAlgorithmThatThrows_IsReportedAndMadeAnewForTheNextFit()
    {
        int made = 0;
        RecoBatchV1 answer = Added(_ => new Fitting((seed, _) => seed.Ipix == 31 ? throw new ArithmeticException("no root") : Found(++made))).Run(Batch("added", count: 3), CancellationToken.None);
        Assert.Equal(["", "ArithmeticException: no root", ""], answer.Recos.Select(reco => reco.Failure));
        Assert.Equal([1, double.NaN, 2], answer.Recos.Select(reco => reco.Llh));
    }

    [Fact]
    public void Run_AddedAlgorithmWithoutNumbers_IsAnAnswerLikeAnyOther()
    {
        RecoBatchV1 answer = Added(_ => new Fitting((seed, _) => Found(seed.Ipix == 0 ? double.NaN : 5))).Run(Batch("added", count: 2), CancellationToken.None);
        Assert.Equal(["", ""], answer.Recos.Select(reco => reco.Failure));
        Assert.Equal([double.NaN, 5], answer.Recos.Select(reco => reco.Llh));
    }

    [Fact]
    public void Run_AddedAlgorithmThatNeverEnds_IsLeftBehindAndTheRestIsFitted()
    {
        using ManualResetEventSlim testIsOver = new();
        int made = 0;
        using BatchReconstructor reconstructor = Added(_ =>
        {
            made++;
            return new Fitting((seed, _) =>
            {
                // Looks at no token.
                if (seed.Ipix == 31) testIsOver.Wait();
                return Found(5);
            });
        });
        PixelBatchV1 batch = Batch("added", count: 4);
        batch.MaxPixelRecoSeconds = 0.05;
        RecoBatchV1 answer = reconstructor.Run(batch, CancellationToken.None);
        testIsOver.Set();
        Assert.Equal(["", "took longer than 0.05 s and did not end when it was told to", "", ""], answer.Recos.Select(reco => reco.Failure));
        Assert.Equal((1, 2), (reconstructor.LeftBehind, made));
    }

    [Fact]
    public async Task Run_WorkerStopsDuringAFitThatNeverEnds_GivesTheBatchUp()
    {
        using ManualResetEventSlim testIsOver = new(), begun = new();
        using CancellationTokenSource stop = new();
        using BatchReconstructor reconstructor = Added(_ => new Fitting((_, _) =>
        {
            begun.Set();
            testIsOver.Wait();
            return Found(5);
        }));
        Task run = Task.Run(() => reconstructor.Run(Batch("added", count: 1), stop.Token));
        begun.Wait();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        testIsOver.Set();
        Assert.Equal(1, reconstructor.LeftBehind);
    }

    private static RecoFit Found(double llh) => new(llh, 1, 1, 1, 2, 3, 4, 5, null);

    /// <summary>The built-in algorithms and one more, which is told here what to do.</summary>
    private static BatchReconstructor Added(Func<RecoSetting, IReconstruction> create)
    {
        RecoAlgorithm added = new(create, _ => default) { Name = "added", Summary = "a developer's", Offsets = PositionOffsets.Point };
        RecoRegistry registry = new([.. RecoCatalog.BuiltIn.Algorithms, added], new Dictionary<string, string>());
        return new(null, new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1" }, TimeProvider.System, registry);
    }

    private sealed class Fitting(Func<VariationSeed, CancellationToken, RecoFit> fit) : IReconstruction
    {
        public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default) => fit(seed, cancellationToken);
    }

    private static BatchReconstructor Reconstructor(RecoOptions? reco = null) =>
        new(null, new() { Api = new("http://nowhere.invalid"), ScanId = "scan-1", WorkerId = "w1", Reco = reco ?? new() }, TimeProvider.System);

    private static PixelBatchV1 Batch(string algorithm, int count)
    {
        PixelBatchV1 batch = new() { ScanId = "scan-1", BatchNumber = 7, RecoAlgo = algorithm };
        for (int i = 0; i < count; i++)
        {
            VertexV1 start = new() { X = 1, Y = 2, Z = 3, Time = 4, Energy = double.NaN };
            batch.Variations.Add(new PixelVariationV1 { Nside = 8, Ipix = 31 * i, Zenith = 0.2 * i, Azimuth = 0.5 * i, Start = start });
        }

        return batch;
    }
}
