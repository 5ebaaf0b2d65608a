using System.Text;
using System.Text.Json;
using SkyDriver.IceCube.Simulation;

namespace SkyDriver.IceCube.Tests;

public class EventWriterTests
{
    private static readonly SimulatedEvent Track = EventSimulator.Simulate(new(SimulatedKind.Track, SimulationSet.B, 1));

    [Fact]
    public void Write_ReadBack_GivesThePulsesToTheFormatsResolution()
    {
        IceCubeEvent read = EventReader.Read(EventWriter.Write(Track, 7, 42, 60676.25));
        Assert.Equal(Track.Pulses.Count, read.Series[0].Count);
        foreach ((Pulse put, Pulse got) in Track.Pulses.Zip(read.Series[0].Pulses))
        {
            Assert.Equal((put.String, put.Om, put.Flags), (got.String, got.Om, got.Flags));
            Assert.Equal(put.Time, got.Time, 0.5 + 1e-9);
            Assert.Equal(put.Charge, got.Charge, 0.025 + 1e-9);
        }

        Assert.Equal(Track.Pulses.Count, read.InputSeries.Count);
    }

    [Fact]
    public void Write_ReadBack_GivesIdentityAndTruth()
    {
        IceCubeEvent read = EventReader.Read(EventWriter.Write(Track, 7, 42, 60676.25));
        Assert.Equal("run00000007.evt000000000042.neutrino", read.EventIdText);
        Assert.Equal(60676.25, read.Mjd, 1e-11);
        Assert.Equal(Track.Truth, read.Truth);
        Assert.True(read.TryGet(EventWriter.TruthKey, out Particle? particle));
        Assert.Equal((Track.Truth.Direction.Zenith, Track.Truth.Direction.Azimuth, Track.Truth.Vertex.Energy), (particle!.Zenith, particle.Azimuth, particle.Energy));
        Assert.Equal(read.CleanedHits.Count, read.AlertSummary!.Value.GetProperty("nch").GetInt32());
    }

    [Fact]   // IceCube sits at the pole, so declination is nearly zenith - 90 degrees
    public void Write_Truth_IsAlsoGivenInTheSky()
    {
        using JsonDocument json = JsonDocument.Parse(EventWriter.Write(Track, 7, 42, 60676.25));
        JsonElement truth = json.RootElement.GetProperty("value").GetProperty("data").GetProperty("simulated").GetProperty("truth");
        Assert.Equal(double.RadiansToDegrees(Track.Truth.Direction.Zenith) - 90, truth.GetProperty("dec_deg").GetDouble(), 0.5);
        Assert.InRange(truth.GetProperty("ra_deg").GetDouble(), 0, 360);
    }

    [Fact]
    public void Write_SameEvent_GivesTheSameBytes() =>
        Assert.Equal(EventWriter.Write(Track, 7, 42, 60676.25), EventWriter.Write(Track, 7, 42, 60676.25));

    [Theory]
    [InlineData(-1, 0, 60000)]
    [InlineData(0, 4294967296, 60000)]
    [InlineData(0, 0, 12)]
    public void Write_NumbersThatDoNotFit_Throws(long run, long eventId, double mjd) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => EventWriter.Write(Track, run, eventId, mjd));

    [Theory]
    [InlineData("track.json", SimulatedKind.Track, 1, 1, 60676.25)]
    [InlineData("cascade.json", SimulatedKind.Cascade, 6, 2, 60676.75)]
    public void Examples_SimulatedAgain_AreTheSameEvents(string file, SimulatedKind kind, ulong seed, long eventId, double mjd)
    {
        IceCubeEvent stored = EventReader.Read(File.ReadAllBytes(Path.Combine(TestPaths.Repository, "examples", file)));
        IceCubeEvent again = EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new(kind, SimulationSet.B, seed)), 1, eventId, mjd));
        Assert.Equal((again.EventIdText, again.Mjd), (stored.EventIdText, stored.Mjd));
        Assert.Equal(again.CleanedSeries.Count, stored.CleanedSeries.Count);
        Assert.Equal(again.Truth!.Direction.Zenith, stored.Truth!.Direction.Zenith, 1e-12);
        foreach ((Pulse expected, Pulse actual) in again.Series[0].Pulses.Zip(stored.Series[0].Pulses))
        {
            // One unit of the stored resolution: elementary functions may differ in the last digit between machines.
            Assert.Equal((expected.String, expected.Om, expected.Flags), (actual.String, actual.Om, actual.Flags));
            Assert.Equal(expected.Time, actual.Time, 1.0);
            Assert.Equal(expected.Charge, actual.Charge, 0.051);
        }
    }

    [Fact]
    public void Examples_Files_AreSmallAndAscii()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(TestPaths.Repository, "examples"), "*.json"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            Assert.InRange(bytes.Length, 1, 300_000);
            Assert.True(Ascii.IsValid(bytes));
        }
    }
}
