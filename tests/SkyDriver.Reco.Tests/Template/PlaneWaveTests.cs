using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Template;

/// <summary>What docs/add-a-reconstruction.md tells a developer to do, done.</summary>
public sealed class PlaneWaveTests
{
    private static readonly RecoAlgorithm Entry = new(setting => new PlaneWaveReconstruction(setting.Hits), ev => SeedVertices.Of(ev!))
    {
        Name = "plane_wave",
        Summary = "a plane of light, for a first look",
        Shape = EventShape.Track,
        Offsets = PositionOffsets.Point,
        NeedsEvent = true,
    };

    [Fact]
    public void Entry_AddedToTheBuiltInOnes_IsFoundListedAndSuggested()
    {
        RecoRegistry registry = new([.. RecoCatalog.BuiltIn.Algorithms, Entry], new Dictionary<string, string>());
        Assert.Contains("plane_wave", registry.Names);
        Assert.True(registry.TryGet("plane_wave", out RecoAlgorithm? found));
        Assert.IsType<PlaneWaveReconstruction>(found.Create(Simulated(1), new RecoOptions()));
        Assert.Contains("did you mean 'plane_wave'", registry.Explain("planewave"));
    }

    [Fact]
    public void Entry_ThatIsWrong_IsRefusedByTheRegistry() =>
        Assert.Contains("'plane wave' must be", Assert.Throws<ArgumentException>(() => new RecoRegistry([Entry with { Name = "plane wave" }], new Dictionary<string, string>())).Message);

    [Fact]
    public void Fit_SimulatedTrack_IsLowerAtItsDirectionThanOpposite()
    {
        IceCubeEvent ev = Simulated(1);
        var reco = new PlaneWaveReconstruction(ev.CleanedHits);
        var there = new VariationSeed(8, 0, 0, ev.Truth!.Direction.Zenith, ev.Truth.Direction.Azimuth, ev.Truth.Vertex, null);
        Assert.True(reco.Fit(there).Llh < 0.8 * reco.Fit(there with { Zenith = Math.PI - there.Zenith, Azimuth = there.Azimuth + Math.PI }).Llh);
    }

    [Fact]
    public void Fit_SameSeedTwice_IsTheSameToTheLastBit()
    {
        var reco = new PlaneWaveReconstruction(Simulated(1).CleanedHits);
        var seed = new VariationSeed(8, 0, 0, 1.1, 2.2, default, null);
        Assert.Equal(reco.Fit(seed), reco.Fit(seed));
    }

    [Fact]
    public void Fit_TooFewModules_FailsWithTheReason() =>
        Assert.StartsWith("too few modules", new PlaneWaveReconstruction([]).Fit(new VariationSeed(8, 0, 0, 1, 1, default, null)).Failure);

    /// <summary>The guide shows this folder's class as it is: a guide that no compiler reads goes stale.</summary>
    [Fact]
    public void Guide_Class_IsThisOne()
    {
        string guide = File.ReadAllText(Path.Combine(TestPaths.Repository, "docs", "add-a-reconstruction.md"));
        string code = File.ReadAllText(Path.Combine(TestPaths.Repository, "tests", "SkyDriver.Reco.Tests", "Template", "PlaneWaveReconstruction.cs"));
        Assert.Contains(code[code.IndexOf("/// <summary>", StringComparison.Ordinal)..].Trim(), guide);
    }

    private static IceCubeEvent Simulated(ulong seed) =>
        EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.A, seed)), 1, (long)seed, 60000));
}
