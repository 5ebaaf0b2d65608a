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
    [InlineData("splinempe", "pandel_mpe")]
    [InlineData("SplineMPE", "pandel_mpe")]
    [InlineData("splinempe_pointed", "pandel_mpe_pointed")]
    [InlineData("millipede_original", "millipede_lite")]
    [InlineData("millipede_wilks", "millipede_lite")]
    [InlineData("monopod", "cascade_pandel")]
    public void TryGet_ReferenceName_IsRefusedAndExplained(string name, string nearest)
    {
        Assert.False(RecoCatalog.TryGet(name, out _));
        Assert.True(RecoCatalog.IsReferenceName(name));
        string sentence = RecoCatalog.Explain(name);
        Assert.StartsWith($"'{name}' needs IceTray", sentence);
        Assert.Contains($"the nearest here is '{nearest}'", sentence);
    }

    [Fact]
    public void TryGet_Pointed_ScansAroundTheOnlineFit()
    {
        Assert.True(RecoCatalog.TryGet("pandel_mpe_pointed-deepcore", out RecoAlgorithm? algorithm));
        Assert.Equal((true, 3.5, 7), (algorithm.Pointed, algorithm.PointedRadiusDeg, algorithm.PositionVariations));
        Assert.Equal("pandel_mpe_pointed-deepcore", algorithm.Name);
    }

    [Theory]
    [InlineData("pandel_mpe-nothing")]
    [InlineData("pandel_mpe-layered-layered")]
    [InlineData("pandel_mpe-cap0")]
    [InlineData("pandel_mpe-cap")]
    [InlineData("pandel_mpe-cap1-cap2")]
    [InlineData("pandel_mpe-")]
    [InlineData("pandel_spe-cap5")]
    [InlineData("dummy-layered")]
    public void TryGet_OptionThatIsNotThere_IsRefusedWithThoseThatAre(string name)
    {
        Assert.False(RecoCatalog.TryGet(name, out _));
        Assert.Contains($"asks '{name.Split('-')[0]}' for an option", RecoCatalog.Explain(name));
    }

    [Fact]
    public void Registry_EntriesThatAreWrong_AreRefusedAllAtOnce()
    {
        Assert.True(RecoCatalog.TryGet("dummy", out RecoAlgorithm? dummy));
        string faults = Assert.Throws<ArgumentException>(() => new RecoRegistry(
            [
                dummy,
                dummy,
                dummy with { Name = "Bad-Name", Summary = "two\nlines" },
                dummy with { Name = "shifted", Offsets = [new PositionOffset(1, 0, 0)] },
                dummy with { Name = "many", Offsets = [.. new PositionOffset[65]] },
                dummy with { Name = "pointless", Pointed = true },
            ],
            new Dictionary<string, string> { ["theirs"] = "nowhere" })).Message;
        Assert.All(
            ["'Bad-Name' must be", "in one line", "'shifted' must begin", "'many' has 65", "'pointless' must have", "'dummy' is there 2 times", "'nowhere'"],
            part => Assert.Contains(part, faults));
    }

    [Fact]
    public void Octahedron_Steps_GoEitherWayAlongEachAxis() =>
        Assert.Equal([default, new(-20, 0, 0), new(20, 0, 0), new(0, -20, 0), new(0, 20, 0), new(0, 0, -20), new(0, 0, 20)], PositionOffsets.Octahedron(20));

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
    [InlineData("millipede_lite")]
    [InlineData("pandel_mpe-layered-cap30")]
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
