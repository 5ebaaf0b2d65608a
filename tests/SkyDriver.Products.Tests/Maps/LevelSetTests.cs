using System.Text.Json;
using SkyDriver.Products.Maps;

namespace SkyDriver.Products.Tests.Maps;

public sealed class LevelSetTests
{
    [Theory]
    [InlineData(true, "pandel_mpe", "alert")]
    [InlineData(true, "dummy", "alert")]
    [InlineData(true, "cascade_pandel", "alert")]
    [InlineData(false, "cascade_pandel", "simulated")]
    [InlineData(false, "dummy", "wilks")]
    public void Default_ByKindAndAlgorithm_IsTheCustomaryOne(bool real, string algorithm, string expected) => Assert.Equal(expected, LevelSet.Default(real, algorithm).Name);

    [Fact]
    public void Default_OfASimulatedEvent_WasMeasuredWithSimulatedOnes() =>
        Assert.Contains(LevelSet.Default(isRealEvent: false, "pandel_spe").Name, new[] { "simulated", "calibrated" });

    [Fact]
    public void Simulated_OfShowers_HasTheQuantilesOfTheCommittedStudy()
    {
        using JsonDocument study = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestPaths.Repository, "bench", "results", "coverage", "showers", "coverage.json")));
        JsonElement row = study.RootElement.GetProperty("table").EnumerateArray().Single(row => row.GetProperty("set").GetString() == "C");
        LevelSet showers = LevelSet.Simulated("cascade_pandel")!;
        Assert.Equal(row.GetProperty("q50").GetDouble(), showers.Delta50, 0.1);
        Assert.Equal(row.GetProperty("q90").GetDouble(), showers.Delta90, 0.5);
    }

    [Fact]
    public void Find_SetThatWasNotMeasured_IsNotOffered()
    {
        Assert.Null(LevelSet.Find("simulated", "dummy"));
        Assert.Null(LevelSet.Find("calibrated", "no_such_algorithm"));
        Assert.Null(LevelSet.Find("no_such_set", "pandel_mpe"));
        Assert.Equal(["alert", "wilks"], LevelSet.Offered("dummy").Select(l => l.Name));
    }

    [Theory]
    [InlineData("pandel_mpe")]
    [InlineData("pandel_spe")]
    [InlineData("dummy")]
    public void Offered_EverySet_HasRisingLimitsAndAnOrigin(string algorithm) =>
        Assert.All(LevelSet.Offered(algorithm), set => Assert.True(set.Delta50 > 0 && set.Delta90 > set.Delta50 && set.Origin.Length > 0, set.ToString()));
}
