using SkyDriver.Products.Maps;

namespace SkyDriver.Products.Tests.Maps;

public sealed class ProbabilityMapTests
{
    private static readonly LevelSet Wide = new("test", 22.2, 64.2, "wider than Wilks");

    [Theory]
    [MemberData(nameof(RegionTests.Skies), MemberType = typeof(RegionTests))]
    public void Sum_OfAnySky_IsOne(string name)
    {
        ProbabilityMap map = Make(name, LevelSet.Wilks);
        double sum = 0;
        for (int i = 0; i < map.Cells.Count; i++) sum += map.Densities[i] * map.Cells[i].Area;
        Assert.Equal(1, sum, 1e-12);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("ra 0")]
    [InlineData("south pole")]
    public void Regions_OfOneHill_HoldWhatTheSetClaims(string name)
    {
        foreach (LevelSet levels in new[] { LevelSet.Wilks, Wide })
        {
            ProbabilityMap map = Make(name, levels);
            Assert.Equal(0.5, map.InFifty, 1e-9);
            Assert.Equal(0.9, map.InNinety, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(RegionTests.Skies), MemberType = typeof(RegionTests))]
    public void Densities_OfAnySky_FallWithTheLikelihood(string name)
    {
        ProbabilityMap map = Make(name, LevelSet.Wilks);
        double before = double.PositiveInfinity;
        foreach (int i in Enumerable.Range(0, map.Cells.Count).Where(i => double.IsFinite(map.Cells[i].Value)).OrderBy(i => map.Cells[i].Value))
        {
            Assert.True(map.Densities[i] <= before);
            before = map.Densities[i];
        }
    }

    [Fact]
    public void Rule_OfAParabolaAndWilks_IsTheLikelihood()
    {
        SkyCells sky = new(SyntheticSky.Scanned(v => SyntheticSky.Hill(v, 138.6, 12.3, 3), below: 40), 1.39, 4.61);
        LevelDensity density = LevelDensity.Fit(sky.Cells, LevelSet.Wilks);
        Assert.Equal(0.5, density.Inner, 0.03);
        Assert.Equal(0.5, density.Outer, 0.03);
    }

    [Fact]
    public void Regions_FirstTooLargeForTheSecond_NinetyIsKept()
    {
        // Along a thin band areas grow as the root of the limit, so a first limit of a third of the second takes more than half.
        SkyMap band = SyntheticSky.Scanned(v => Math.Pow(v.Z * 90 / 2, 2), below: 100);
        SkyCells sky = new(band, 22.2, 64.2);
        ProbabilityMap map = new(sky, Wide);
        Assert.Equal(0.9, map.InNinety, 1e-9);
        Assert.InRange(map.InFifty, 0.51, 0.7);
    }

    [Fact]
    public void Densities_FailedAndUnscanned_AreZero()
    {
        List<MapPixel> pixels = [new(8, 0, 3), new(8, 1, 4), new(8, 2, double.NaN), new(8, 3, 100)];
        ProbabilityMap map = new(new SkyCells(new SkyMap(pixels), 1.39, 4.61), LevelSet.Wilks);
        for (int i = 0; i < map.Cells.Count; i++) Assert.Equal(double.IsFinite(map.Cells[i].Value) && map.Densities[i] > 0, map.Densities[i] != 0);
        Assert.Contains(map.Cells, c => double.IsPositiveInfinity(c.Value));
    }

    private static ProbabilityMap Make(string name, LevelSet levels) =>
        new(levels == LevelSet.Wilks ? SyntheticSky.Cells(name) : new SkyCells(SyntheticSky.Awkward(name), levels.Delta50, levels.Delta90), levels);
}
