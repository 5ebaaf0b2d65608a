using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Opinions;

namespace SkyDriver.Reco.Tests.Opinions;

public sealed class EventOpinionsTests
{
    [Fact]
    public void Of_RealTrack_BothAgreeAndItIsATrack()
    {
        EventOpinions? opinions = EventOpinions.Of(SharedEvents.Cleaned(SharedEvents.Track), SharedEvents.Veto(SharedEvents.Track), CancellationToken.None);
        Assert.NotNull(opinions);
        Assert.Equal(["pandel_mpe", "pandel_spe"], opinions.Minima.Select(minimum => minimum.Algorithm));
        // reconstruction.md 9.1.
        Assert.InRange(opinions.Minima[0].Llh, 1090, 1096.76 + 0.05);
        Assert.InRange(opinions.Minima[1].Llh, 1190, 1195.60 + 0.05);
        Assert.False(opinions.Differ);
        Assert.Equal(EventShape.Track, opinions.Hint);
        Assert.Equal((175, 830.4), (opinions.Modules, Math.Round(opinions.Charge, 3)));
    }

    [Fact]
    public void Of_RealCascade_TheyDifferAndItIsAShower()
    {
        EventOpinions? opinions = EventOpinions.Of(SharedEvents.Cleaned(SharedEvents.Cascade), SharedEvents.Veto(SharedEvents.Cascade), CancellationToken.None);
        Assert.NotNull(opinions);
        Assert.True(opinions.Differ);
        // reconstruction.md section 7: -54.9; the stored ratio has the same sign.
        Assert.Equal(-54.9, opinions.CascadeMinusTrack, 1.0);
        Assert.Equal(EventShape.Cascade, opinions.Hint);
    }

    [Theory]
    [InlineData(SimulatedKind.Track, EventShape.Track)]
    [InlineData(SimulatedKind.Cascade, EventShape.Cascade)]
    public void Of_SimulatedEvent_HintsAtWhatItIs(SimulatedKind kind, EventShape shape) => Assert.Equal(shape, EventOpinions.Of(Simulate(kind))?.Hint);

    [Fact]
    public void Of_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() => EventOpinions.Of(Simulate(SimulatedKind.Track), new CancellationToken(canceled: true)));

    private static IceCubeEvent Simulate(SimulatedKind kind) =>
        EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(kind, SimulationSet.B, 3)), 1, 3, 60000));
}
