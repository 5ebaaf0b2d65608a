using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Benchmarks.Reco;

/// <summary>One bright simulated track, the same for all that is measured of track fits.</summary>
internal static class BenchEvent
{
    /// <summary>Those of the first event that was measured; more modules make a fit dearer, not an evaluation's share of a module.</summary>
    public const int Modules = 175;

    public static IceCubeEvent Simulate()
    {
        IceCubeEvent ev = EventReader.Read(Bytes());
        return ev.CleanedHits.Count >= Modules ? ev : throw new InvalidOperationException($"The event has {ev.CleanedHits.Count} modules, {Modules} are wanted.");
    }

    public static byte[] Bytes() => EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.B, 11, null, 1e5)), 1, 1, 60000);

    public static TrackModel Model(string algorithm) => algorithm == "pandel_spe" ? TrackModel.Spe : TrackModel.Mpe;

    public static TrackFrame Frame(IceCubeEvent ev) => new(ev.Truth!.Direction.Zenith, ev.Truth.Direction.Azimuth);

    /// <summary>The true track in the parameters of the likelihood.</summary>
    public static double[] Parameters(IceCubeEvent ev)
    {
        TrackFrame frame = Frame(ev);
        Vertex vertex = ev.Truth!.Vertex;
        return
        [
            frame.First(vertex.X, vertex.Y), frame.Second(vertex.X, vertex.Y, vertex.Z),
            BulkIce.SpeedOfLight * vertex.Time - frame.Along(vertex.X, vertex.Y, vertex.Z),
        ];
    }

    /// <summary>The whole sky, so that a mean is over easy and hopeless directions alike.</summary>
    public static VariationSeed[] Sky(string algorithm, IceCubeEvent ev)
    {
        if (!RecoCatalog.TryGet(algorithm, out RecoAlgorithm? found)) throw new InvalidOperationException(RecoCatalog.Explain(algorithm));
        Vertex start = found.SeedVertex(ev);
        var seeds = new VariationSeed[Healpix.PixelCount(4)];
        for (int ipix = 0; ipix < seeds.Length; ipix++)
        {
            Healpix.PixelToAngle(4, ipix, out double theta, out double phi);
            seeds[ipix] = new VariationSeed(4, ipix, 0, theta, phi, start, null);
        }

        return seeds;
    }
}
