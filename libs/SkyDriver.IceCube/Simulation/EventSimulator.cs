using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube.Simulation;

public enum SimulatedKind
{
    /// <summary>A muon that crosses the detector.</summary>
    Track,

    /// <summary>One shower inside it.</summary>
    Cascade,

    /// <summary>A neutrino that is stopped inside it: a shower, and the muon that leaves it. The energy is the neutrino's.</summary>
    Starting,
}

/// <summary>What to simulate. What is not given is drawn: direction isotropic, energy log-uniform in the set's range.</summary>
/// <param name="Energy">GeV, above 0.</param>
public sealed record SimulationRequest(
    SimulatedKind Kind, SimulationSet Set, ulong Seed, LocalDirection? Direction = null, double? Energy = null);

/// <summary>A simulated event before it is packed.</summary>
/// <param name="Pulses">Ordered by (string, om, time); ns after the start of the readout.</param>
public sealed record SimulatedEvent(SimulatedTruth Truth, IReadOnlyList<Pulse> Pulses);

/// <summary>Draws the light of a track or a cascade in the ice, module by module, and turns it into pulses.</summary>
/// <remarks>Pure: the same request gives the same event, up to the last digits of the machine's elementary functions.</remarks>
public static class EventSimulator
{
    /// <summary>Events with fewer modules after cleaning are drawn again.</summary>
    public const int FewestModules = 15;

    /// <summary>When the particle passes the vertex, ns after the start of the readout.</summary>
    public const double VertexTime = 10_000;

    private const int MostAttempts = 100;
    private const double VertexRadius = 400, VertexHeight = 400;          // m
    private const double LeastShowerShare = 0.1;                          // of a starting event's energy; its muon's, too
    private const ulong VertexStream = 0, LossStream = 1, FirstModuleStream = 16;

    /// <exception cref="ArgumentOutOfRangeException">The energy is not above 0, or the zenith not in [0, π].</exception>
    /// <exception cref="InvalidOperationException">No draw of this seed was bright enough; ask for more energy.</exception>
    public static SimulatedEvent Simulate(SimulationRequest request)
    {
        if (request.Energy is { } energy && !(energy > 0 && double.IsFinite(energy)))
            throw new ArgumentOutOfRangeException(nameof(request), energy, "The energy (GeV) must be above 0.");
        if (request.Direction is { } direction && !(direction.Zenith is >= 0 and <= Math.PI && double.IsFinite(direction.Azimuth)))
            throw new ArgumentOutOfRangeException(nameof(request), direction, "The zenith (rad) must be in [0, pi].");
        for (ulong attempt = 0; attempt < MostAttempts; attempt++)
        {
            SimulatedEvent simulated = Draw(request, attempt << 32);
            PulseSeries input = PulseTable.From(simulated.Pulses).All("simulated");
            if (PulseCleaning.Clean(input)[^1].ModuleCount >= FewestModules) return simulated;
        }

        throw new InvalidOperationException(
            $"Seed {request.Seed} gave no event with {FewestModules} modules in {MostAttempts} draws; ask for a higher energy.");
    }

    private static SimulatedEvent Draw(SimulationRequest request, ulong streams)
    {
        var random = new CounterRandom(request.Seed, streams | VertexStream);
        SimulatedTruth truth = DrawTruth(request, ref random);
        var loss = new CounterRandom(request.Seed, streams | LossStream);
        ILightSource[] sources = request.Kind switch
        {
            SimulatedKind.Track => MuonLight.Sources(truth, request.Set, ref loss),
            SimulatedKind.Starting => StartingSources(truth, request.Set, ref loss),
            _ => [Shower(truth, truth.Vertex.Energy)],
        };
        var photons = new List<(double Time, double Charge)>();
        var pulses = new List<Pulse>();
        foreach (Module module in DetectorGeometry.Modules)
        {
            ulong number = (ulong)(module.String * DetectorGeometry.ModulesPerString + module.Om);
            var moduleRandom = new CounterRandom(request.Seed, streams | FirstModuleStream + number);
            photons.Clear();
            ModuleResponse.Collect(module, sources, request.Set, ref moduleRandom, photons);
            ModuleResponse.ToPulses(module, photons, pulses);
        }

        return new SimulatedEvent(truth, Coincidence.Mark(pulses));
    }

    private static SimulatedTruth DrawTruth(SimulationRequest request, ref CounterRandom random)
    {
        double cosZenith = random.Uniform(-1, 1), azimuth = random.Uniform(0, 2 * Math.PI);
        double radius = VertexRadius * Math.Sqrt(random.Uniform()), angle = random.Uniform(0, 2 * Math.PI);
        double z = random.Uniform(-VertexHeight, VertexHeight);
        double largest = request.Kind == SimulatedKind.Track ? request.Set.LargestTrackEnergy : SimulationSet.LargestCascadeEnergy;
        double energy = SimulationSet.SmallestEnergy * Elementary.Pow(largest / SimulationSet.SmallestEnergy, random.Uniform());
        return new SimulatedTruth(
            request.Kind switch { SimulatedKind.Track => "track", SimulatedKind.Starting => "starting", _ => "cascade" }, request.Set.Name, request.Seed,
            request.Direction ?? new LocalDirection(Elementary.Acos(cosZenith), azimuth),
            new Vertex(radius * Elementary.Cos(angle), radius * Elementary.Sin(angle), z, VertexTime, request.Energy ?? energy));
    }

    /// <summary>The share that goes into the shower is drawn flat: nearly all kinds of starting events, none of them one thing alone.</summary>
    private static ILightSource[] StartingSources(SimulatedTruth truth, SimulationSet set, ref CounterRandom random)
    {
        double energy = truth.Vertex.Energy, shower = random.Uniform(LeastShowerShare, 1 - LeastShowerShare) * energy;
        return [Shower(truth, shower), .. MuonLight.Sources(truth with { Vertex = truth.Vertex with { Energy = energy - shower } }, set, ref random)];
    }

    private static ShowerLight Shower(SimulatedTruth truth, double energy) =>
        new(new(truth.Vertex.X, truth.Vertex.Y, truth.Vertex.Z), -truth.Direction.ToVector(), VertexTime, energy);
}
