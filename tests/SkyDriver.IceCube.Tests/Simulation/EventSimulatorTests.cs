using SkyDriver.IceCube.Ice;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Sky;

namespace SkyDriver.IceCube.Tests.Simulation;

public class EventSimulatorTests
{
    [Theory]
    [InlineData(SimulatedKind.Track, "A")]
    [InlineData(SimulatedKind.Track, "C")]
    [InlineData(SimulatedKind.Cascade, "B")]
    [InlineData(SimulatedKind.Starting, "C")]
    public void Simulate_SameRequest_GivesTheSameEvent(SimulatedKind kind, string name)
    {
        Assert.True(SimulationSet.TryGet(name, out SimulationSet? set));
        SimulatedEvent first = EventSimulator.Simulate(new(kind, set!, 5)), second = EventSimulator.Simulate(new(kind, set!, 5));
        Assert.Equal(first.Truth, second.Truth);
        Assert.Equal(first.Pulses, second.Pulses);
        Assert.NotEqual(first.Pulses, EventSimulator.Simulate(new(kind, set!, 6)).Pulses);
    }

    [Fact]
    public void Simulate_GivenDirectionAndEnergy_AreTheTruth()
    {
        var direction = new LocalDirection(1.1, 2.2);
        SimulatedTruth truth = EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.B, 3, direction, 6e4)).Truth;
        Assert.Equal((direction, 6e4), (truth.Direction, truth.Vertex.Energy));
    }

    [Fact]
    public void Simulate_DrawnTruth_StaysInTheSetsRanges()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimulatedTruth truth = EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.A, seed)).Truth;
            Assert.InRange(truth.Vertex.Energy, 1e4, 1e5);
            Assert.InRange(Math.Sqrt(truth.Vertex.X * truth.Vertex.X + truth.Vertex.Y * truth.Vertex.Y), 0, 400);
            Assert.InRange(truth.Vertex.Z, -400, 400);
            Assert.InRange(truth.Direction.Zenith, 0, Math.PI);
        }
    }

    [Fact]   // a muon's light cannot come before its cone; 4 ns jitter, and noise is everywhere
    public void Simulate_TrackOfTheFitModel_HasNoEarlyLight()
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.A, 2));
        Vector3d travel = -simulated.Truth.Direction.ToVector();
        Vertex vertex = simulated.Truth.Vertex;
        int early = 0, near = 0;
        foreach (Pulse pulse in simulated.Pulses)
        {
            Assert.True(DetectorGeometry.TryGet(pulse.String, pulse.Om, out Module module));
            Vector3d line = new(module.X - vertex.X, module.Y - vertex.Y, module.Z - vertex.Z);
            double along = line.Dot(travel), d = Math.Sqrt((line - along * travel).Dot(line - along * travel) + 1);
            double late = pulse.Time - vertex.Time - (along + BulkIce.CherenkovDelay * d) / BulkIce.SpeedOfLight;
            if (d > 100) continue;
            near++;
            if (late < -20) early++;
        }

        Assert.True(near > 300, $"{near} pulses near the track");
        Assert.True(early < near * 0.02, $"{early} of {near} pulses near the track are early");
    }

    [Theory]   // nothing is faster than light; what comes sooner than it could from the vertex is noise, or a muon that was there before
    [InlineData(SimulatedKind.Starting, 0, 0.03)]
    [InlineData(SimulatedKind.Track, 0.3, 1)]
    public void Simulate_StartingEvent_ShinesFromItsVertexOn(SimulatedKind kind, double least, double most)
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new(kind, SimulationSet.B, 2));
        Vertex vertex = simulated.Truth.Vertex;
        bool IsEarly(Pulse pulse) => DetectorGeometry.TryGet(pulse.String, pulse.Om, out Module module)
            && pulse.Time - vertex.Time < new Vector3d(module.X - vertex.X, module.Y - vertex.Y, module.Z - vertex.Z).Length / BulkIce.SpeedOfLight - 20;
        Pulse[] coincident = [.. simulated.Pulses.Where(pulse => pulse.IsHlc)];
        Assert.True(coincident.Length > 300, $"{coincident.Length} coincident pulses");
        Assert.InRange(coincident.Count(IsEarly) / (double)coincident.Length, least, most);
    }

    [Fact]   // the muon's light lies ahead of the shower, the shower's all around it
    public void Simulate_StartingEvent_HasAMuonAndAShower()
    {
        SimulatedEvent Event(SimulatedKind kind) => EventSimulator.Simulate(new(kind, SimulationSet.A, 7, new LocalDirection(1.2, 0.4), 1e5));
        (double Near, double Far) Charges(SimulatedEvent simulated)
        {
            Vertex vertex = simulated.Truth.Vertex;
            Vector3d travel = -simulated.Truth.Direction.ToVector();
            double near = 0, far = 0;
            foreach (Pulse pulse in simulated.Pulses.Where(pulse => pulse.IsHlc))
            {
                Assert.True(DetectorGeometry.TryGet(pulse.String, pulse.Om, out Module module));
                Vector3d line = new(module.X - vertex.X, module.Y - vertex.Y, module.Z - vertex.Z);
                if (line.Length < 150) near += pulse.Charge;
                else if (line.Dot(travel) > 250) far += pulse.Charge;
            }

            return (near, far);
        }

        var (starting, shower, track) = (Charges(Event(SimulatedKind.Starting)), Charges(Event(SimulatedKind.Cascade)), Charges(Event(SimulatedKind.Track)));
        Assert.True(starting.Near > 3 * track.Near, $"{starting.Near} p.e. near the vertex, a track alone has {track.Near}");
        Assert.True(starting.Far > 3 * shower.Far, $"{starting.Far} p.e. far ahead, a shower alone has {shower.Far}");
    }

    [Fact]
    public void Pulses_OfAModule_AreOrderedAndApart()
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new(SimulatedKind.Cascade, SimulationSet.C, 4));
        foreach ((Pulse before, Pulse after) in simulated.Pulses.Zip(simulated.Pulses.Skip(1)))
            Assert.True((before.String, before.Om).CompareTo((after.String, after.Om)) < 0 || after.Time - before.Time >= 8);
        Assert.True(simulated.Pulses.Count(pulse => pulse.IsHlc) > simulated.Pulses.Count / 2);
        Assert.Contains(simulated.Pulses, pulse => !pulse.IsHlc);
    }

    [Fact]
    public void Mark_PulsesTwoModulesApart_AreCoincidentUpToAMicrosecond()
    {
        static Pulse At(int om, double time) => new(30, om, time, 1, 8, 4);
        Pulse[] marked = Coincidence.Mark([At(10, 100), At(12, 1100), At(12, 1101), At(15, 1100), At(16, 5000)]);
        Assert.Equal(new[] { true, true, false, false, false }, marked.Select(pulse => pulse.IsHlc));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    public void Simulate_ImpossibleEnergy_Throws(double energy) => Assert.Throws<ArgumentOutOfRangeException>(
        () => EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.A, 1, Energy: energy)));

    [Fact]
    public void Simulate_TooFaint_SaysSo() => Assert.Throws<InvalidOperationException>(
        () => EventSimulator.Simulate(new(SimulatedKind.Cascade, SimulationSet.A, 1, Energy: 1e-3)));
}
