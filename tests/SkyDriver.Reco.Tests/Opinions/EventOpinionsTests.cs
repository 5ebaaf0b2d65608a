using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Opinions;
using SkyDriver.Reco.Pandel;

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

    [Theory]
    [InlineData(SimulatedKind.Track)]
    [InlineData(SimulatedKind.Starting)]
    public void Of_SimulatedEvent_IsAsLowAsTheThoroughSearch(SimulatedKind kind)
    {
        IceCubeEvent ev = Simulate(kind);
        EventOpinions? quick = EventOpinions.Of(ev);
        var thorough = DirectionSearch.FindBoth(ev.CleanedHits, PositionOffsets.Point, SeedVertices.Of(ev), CancellationToken.None);
        Assert.NotNull(quick);
        Assert.NotNull(thorough);
        foreach (var (opinion, found) in quick.Minima.Zip(thorough))
        {
            Assert.Equal(found.Algorithm, opinion.Algorithm);
            Assert.True(opinion.Llh <= found.Best.Llh + 0.05, $"{opinion.Algorithm}: {opinion.Llh} is above {found.Best.Llh}");
        }
    }

    [Fact]
    public void FindBoth_RealTrack_TakesFarFewerEvaluationsThanTheThoroughSearch()
    {
        // The thorough search takes about 56 000 for any event.
        var found = QuickSearch.FindBoth(SharedEvents.Cleaned(SharedEvents.Track), SharedEvents.Veto(SharedEvents.Track), CancellationToken.None);
        Assert.NotNull(found);
        Assert.InRange(found.Sum(result => result.Evaluations), 10_000, 40_000);
    }

    [Theory]
    [InlineData(SharedEvents.Track)]
    [InlineData(SharedEvents.Cascade)]
    public void Minimum_RealEvent_TakesFewEvaluations(string name)
    {
        var times = new CascadeTimes(SharedEvents.Cleaned(name));
        double least = times.Minimum(SharedEvents.Veto(name), CancellationToken.None);
        Assert.True(double.IsFinite(least));
        Assert.InRange(times.Evaluations, 2 * 48, 12_000);
        Assert.Equal(least, new CascadeTimes(SharedEvents.Cleaned(name)).Minimum(SharedEvents.Veto(name), CancellationToken.None));
    }

    [Fact]
    public void Of_SameEventTwice_GivesTheSameBits()
    {
        IceCubeEvent ev = Simulate(SimulatedKind.Starting);
        EventOpinions? first = EventOpinions.Of(ev), second = EventOpinions.Of(ev);
        Assert.NotNull(first);
        Assert.Equal(first.Minima, second?.Minima);
        Assert.Equal(first.CascadeMinusTrack, second?.CascadeMinusTrack);
    }

    private static IceCubeEvent Simulate(SimulatedKind kind) =>
        EventReader.Read(EventWriter.Write(EventSimulator.Simulate(new SimulationRequest(kind, SimulationSet.B, 3)), 1, 3, 60000));
}
