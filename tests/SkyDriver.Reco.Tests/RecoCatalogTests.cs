namespace SkyDriver.Reco.Tests;

public sealed class RecoCatalogTests
{
    [Fact]
    public void Names_AllKnown_AreSortedAndDescribed()
    {
        Assert.Equal(RecoCatalog.Names.Order(StringComparer.Ordinal), RecoCatalog.Names);
        Assert.All(RecoCatalog.Names, name =>
        {
            Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
            Assert.Equal(name, algorithm.Name);
            Assert.NotEmpty(algorithm.Summary);
            Assert.DoesNotContain('\n', algorithm.Summary);
            Assert.Equal(default, algorithm.Offsets[0]);
            Assert.Equal(algorithm.Offsets.Count, algorithm.PositionVariations);
        });
    }

    [Theory]
    [InlineData("splinempe")]
    [InlineData("SplineMPE")]
    [InlineData("millipede_original")]
    [InlineData("millipede_wilks")]
    public void TryGet_ReferenceName_IsRefusedAndExplained(string name)
    {
        Assert.False(RecoCatalog.TryGet(name, out _));
        string sentence = RecoCatalog.Explain(name);
        Assert.StartsWith($"'{name}' needs IceTray", sentence);
        Assert.Contains(RecoCatalog.Names, ours => sentence.Contains($"'{ours}'"));
    }

    [Theory]
    [InlineData("dumy", "dummy")]
    [InlineData("Crash-Dummy", "crash_dummy")]
    [InlineData("common", "dummy")]
    public void Explain_Misspelling_NamesTheNearest(string unknown, string nearest)
    {
        Assert.False(RecoCatalog.TryGet(unknown, out _));
        Assert.Contains($"did you mean '{nearest}'", RecoCatalog.Explain(unknown));
    }

    [Theory]
    [InlineData("pandel_mpe")]
    [InlineData("pandel_spe")]
    public void TryGet_TrackFits_AskForSevenStartsAndAFallback(string name)
    {
        Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
        Assert.Equal(7, algorithm.PositionVariations);
        Assert.True(algorithm.RotateOffsets && algorithm.RefineTime && algorithm.FallbackTrack && algorithm.NeedsEvent);
        Assert.False(algorithm.Pointed);
        Assert.Contains(name, Assert.Throws<ArgumentNullException>(() => algorithm.Create(null, new RecoOptions())).Message);
        Assert.Throws<ArgumentNullException>(() => algorithm.SeedVertex(null));
    }

    [Theory]
    [InlineData("dummy")]
    [InlineData("crash_dummy")]
    public void TryGet_Dummies_NeedNoEventAndStartAtTheOrigin(string name)
    {
        Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
        Assert.Equal(1, algorithm.PositionVariations);
        Assert.False(algorithm.NeedsEvent || algorithm.FallbackTrack);
        Assert.Equal((0.0, 0.0, 0.0, 0.0), algorithm.SeedVertex(null) is var v ? (v.X, v.Y, v.Z, v.Time) : default);
        Assert.NotNull(algorithm.Create(null, new RecoOptions()));
    }

    [Fact]
    public void Explain_HugeName_IsAnsweredAtOnce() => Assert.Contains("did you mean", RecoCatalog.Explain(new string('x', 1_000_000)));

    [Fact]
    public void Cylinder_Default_IsAHexagonOfTwoTurnedTriangles()
    {
        // scan-engine.md section 7: first layer at angles 0, 120, 240 degrees, second layer turned by 60.
        var offsets = PositionOffsets.Cylinder([-40, 40], [150], 3);
        Assert.Equal(7, offsets.Count);
        Assert.Equal(default, offsets[0]);
        Assert.All(offsets.Skip(1), o => Assert.Equal(150, Math.Sqrt(o.X * o.X + o.Y * o.Y), 1e-12));
        Assert.Equal([-40, -40, -40, 40, 40, 40], offsets.Skip(1).Select(o => o.Z));
        Assert.Equal((150.0, 0.0), (offsets[1].X, offsets[1].Y));
        Assert.Equal(75, offsets[4].X, 1e-12);
        Assert.Equal(150 * Math.Sqrt(0.75), offsets[4].Y, 1e-12);
    }
}
