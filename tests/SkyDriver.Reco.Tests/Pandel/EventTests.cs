using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

/// <summary>From the bytes of an event through the catalogue to a fit.</summary>
public sealed class EventTests
{
    [Fact]
    public void Create_RealEvent_FitsWhatItsDecodedReferenceGives()
    {
        IceCubeEvent ev = EventReader.Read(File.ReadAllBytes(TestPaths.SharedData($"events/{SharedEvents.Track}.json")));
        RecoAlgorithm algorithm = Algorithm("pandel_mpe");
        Vertex start = algorithm.SeedVertex(ev);
        Assert.Equal(SharedEvents.Veto(SharedEvents.Track), start);

        var seed = new VariationSeed(8, 0, 0, 1.5723, 4.8768, start, null);
        RecoFit fit = algorithm.Create(ev, new RecoOptions()).Fit(seed);
        RecoFit expected = new PandelReconstruction(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe).Fit(seed);
        Assert.Equal(expected.Llh, fit.Llh, 1e-3);
        Assert.Equal(expected.Energy, fit.Energy, 1e-3 * expected.Energy);
    }

    [Fact]
    public void Create_ChargeCapOfOne_MakesEveryPulseASinglePhoton()
    {
        IceCubeEvent ev = Simulate(1);
        var seed = new VariationSeed(8, 0, 0, ev.Truth!.Direction.Zenith, ev.Truth.Direction.Azimuth, ev.Truth.Vertex, null);
        RecoFit capped = Algorithm("pandel_mpe-cap1").Create(ev, new RecoOptions()).Fit(seed);
        Assert.Equal(new PandelReconstruction(ev.CleanedHits, new TrackModel(4, 1)).Fit(seed), capped);
        Assert.NotEqual(Algorithm("pandel_mpe").Create(ev, new RecoOptions()).Fit(seed).Llh, capped.Llh);
    }

    [Fact]
    public void SeedVertex_EventWithoutOne_IsAmongItsHits()
    {
        IceCubeEvent ev = Simulate(2);
        Assert.Null(ev.SelfVetoVertex);
        Vertex start = Algorithm("pandel_spe").SeedVertex(ev);
        Assert.InRange(start.X, ev.CleanedHits.Min(hit => hit.X), ev.CleanedHits.Max(hit => hit.X));
        Assert.InRange(start.Z, ev.CleanedHits.Min(hit => hit.Z), ev.CleanedHits.Max(hit => hit.Z));
        Assert.InRange(start.Time, ev.CleanedHits.Min(hit => hit.FirstTime), ev.CleanedHits.Max(hit => hit.FirstTime));
        Assert.True(double.IsNaN(start.Energy));
    }

    [Fact]
    public void Fit_TracksSimulatedByTheModel_AreFoundAgain()
    {
        // Set A of the simulator is the model of the fit. Fifty such events gave a median error of 0.10 degrees and a 90 % quantile of 0.36;
        // 2 (nll at the truth − minimum) was below 1.39 in 42 % and below 4.61 in 88 % of them, as it should with the right model.
        double[] errors = [.. Enumerable.Range(1, 3).Select(seed => Error((ulong)seed)).Order()];
        Assert.True(errors[^1] < 1, $"the worst is {errors[^1]} degrees off");
        Assert.True(errors[1] < 0.3, $"median error {errors[1]} degrees");
    }

    /// <summary>Degrees between truth and fit: whole sky, finer pixels around the best, then free direction.</summary>
    private static double Error(ulong seed)
    {
        IceCubeEvent ev = Simulate(seed);
        RecoAlgorithm algorithm = Algorithm("pandel_mpe");
        IReconstruction reco = algorithm.Create(ev, new RecoOptions());
        Vertex start = algorithm.SeedVertex(ev);
        var (coarse, first) = Best(reco, 8, [.. Enumerable.Range(0, 768).Select(ipix => (long)ipix)], start, null);
        var near = new List<long>();
        Healpix.Disc(64, Healpix.PixelToVector(8, coarse), double.DegreesToRadians(7), near);
        var (fine, second) = Best(reco, 64, near, new Vertex(first.X, first.Y, first.Z, first.Time, double.NaN), start);
        LocalDirection found = FreeDirection.Minimise(ev.CleanedHits, TrackModel.Mpe, FreeDirection.Centre(64, fine), second).Direction;
        return double.RadiansToDegrees(FreeDirection.Separation(found, ev.Truth!.Direction));
    }

    private static (long Ipix, RecoFit Fit) Best(IReconstruction reco, int nside, IReadOnlyList<long> pixels, Vertex start, Vertex? fallback) =>
        pixels.Select(ipix =>
        {
            LocalDirection direction = FreeDirection.Centre(nside, ipix);
            return (ipix, reco.Fit(new VariationSeed(nside, ipix, 0, direction.Zenith, direction.Azimuth, start, fallback)));
        }).MinBy(pixel => pixel.Item2.Llh);

    private static IceCubeEvent Simulate(ulong seed) =>
        EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.A, seed)), 1, (long)seed, 60000));

    private static RecoAlgorithm Algorithm(string name)
    {
        Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
        return algorithm;
    }
}
