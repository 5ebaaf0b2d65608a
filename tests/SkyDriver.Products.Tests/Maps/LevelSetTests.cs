using SkyDriver.Products.Maps;

namespace SkyDriver.Products.Tests.Maps;

public sealed class LevelSetTests
{
    [Theory]
    [InlineData(true, "pandel_mpe", "alert")]
    [InlineData(true, "dummy", "alert")]
    [InlineData(false, "dummy", "wilks")]
    public void Default_ByKindAndAlgorithm_IsTheCustomaryOne(bool real, string algorithm, string expected) => Assert.Equal(expected, LevelSet.Default(real, algorithm).Name);

    [Fact]
    public void Default_OfASimulatedEvent_WasMeasuredWithSimulatedOnes() =>
        Assert.Contains(LevelSet.Default(isRealEvent: false, "pandel_spe").Name, new[] { "simulated", "calibrated" });

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
