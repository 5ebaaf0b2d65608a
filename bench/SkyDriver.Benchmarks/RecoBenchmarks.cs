using BenchmarkDotNet.Attributes;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Benchmarks;

/// <summary>Track likelihood and fit of one bright simulated track. Kernels: mean is time per module; fit: per position variation.</summary>
[MemoryDiagnoser]
public class RecoBenchmarks
{
    private const int Modules = 175;
    private readonly double[] _parameters = new double[3], _gradient = new double[3];
    private TrackLikelihood _likelihood = null!;
    private IReconstruction _reco = null!;
    private VariationSeed[] _seeds = [];
    private int _next;

    [Params("pandel_spe", "pandel_mpe")]
    public string Algorithm { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.B, 11, null, 1e5));
        IceCubeEvent ev = EventReader.Read(EventWriter.Write(simulated, 1, 1, 60000));
        if (ev.CleanedHits.Count < Modules) throw new InvalidOperationException($"The event has {ev.CleanedHits.Count} modules, {Modules} are wanted.");
        if (!RecoCatalog.TryGet(Algorithm, out RecoAlgorithm? algorithm)) throw new InvalidOperationException(RecoCatalog.Explain(Algorithm));
        LocalDirection truth = ev.Truth!.Direction;
        _likelihood = new TrackLikelihood([.. ev.CleanedHits.Take(Modules)], Algorithm == "pandel_spe" ? TrackModel.Spe : TrackModel.Mpe);
        var frame = new TrackFrame(truth.Zenith, truth.Azimuth);
        _likelihood.PointAt(frame);
        Vertex vertex = ev.Truth.Vertex;
        _parameters[0] = frame.First(vertex.X, vertex.Y);
        _parameters[1] = frame.Second(vertex.X, vertex.Y, vertex.Z);
        _parameters[2] = BulkIce.SpeedOfLight * vertex.Time - frame.Along(vertex.X, vertex.Y, vertex.Z);
        _reco = algorithm.Create(ev, new RecoOptions());
        _seeds = Seeds(algorithm.SeedVertex(ev));
    }

    [Benchmark(OperationsPerInvoke = Modules)]
    public double Value() => _likelihood.Value(_parameters);

    [Benchmark(OperationsPerInvoke = Modules)]
    public double ValueAndGradient() => _likelihood.ValueAndGradient(_parameters, _gradient);

    [Benchmark]
    public RecoFit Fit() => _reco.Fit(_seeds[_next++ % _seeds.Length]);

    /// <summary>The whole sky, so that the mean is over easy and hopeless directions alike.</summary>
    private static VariationSeed[] Seeds(Vertex start)
    {
        var seeds = new VariationSeed[Healpix.PixelCount(4)];
        for (int ipix = 0; ipix < seeds.Length; ipix++)
        {
            Healpix.PixelToAngle(4, ipix, out double theta, out double phi);
            seeds[ipix] = new VariationSeed(4, ipix, 0, theta, phi, start, null);
        }

        return seeds;
    }
}
