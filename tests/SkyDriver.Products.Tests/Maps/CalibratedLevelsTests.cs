using System.Text.Json;
using SkyDriver.Products.Maps;

namespace SkyDriver.Products.Tests.Maps;

public sealed class CalibratedLevelsTests
{
    [Theory]
    [InlineData("pandel_mpe")]
    [InlineData("pandel_spe")]
    public void Limits_AreThoseOfTheCommittedStudy(string algorithm)
    {
        using JsonDocument study = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestPaths.Repository, "bench", "results", "coverage", "coverage.json")));
        JsonElement measured = study.RootElement.GetProperty("calibrations")[0].GetProperty("limits").EnumerateArray().Single(limit => limit.GetProperty("algorithm").GetString() == algorithm);
        LevelSet? one = CalibratedLevels.ForEvent(algorithm, llh: 650, modules: 100, charge: 1500);
        Assert.NotNull(one);
        Assert.Equal(measured.GetProperty("delta50").GetDouble(), one.Delta50, 0.01);
        Assert.Equal(measured.GetProperty("delta90").GetDouble(), one.Delta90, 0.1);
    }

    [Fact]
    public void ForEvent_WhoseTimesFitWorse_IsWiderAndSaysByHowMuch()
    {
        LevelSet good = CalibratedLevels.ForEvent("pandel_mpe", 640, 100, 1500)!, bad = CalibratedLevels.ForEvent("pandel_mpe", 700, 100, 1500)!;
        Assert.Equal(Math.Pow(700.0 / 640, 12), bad.Delta90 / good.Delta90, 1e-9);
        Assert.Equal("calibrated-event", bad.Name);
        Assert.Contains("times 2.43", bad.Origin);
    }

    [Fact]
    public void ForEvent_OfWhatWasNotMeasured_IsNull()
    {
        Assert.Null(CalibratedLevels.ForEvent("cascade_pandel", 650, 100, 1500));
        Assert.Null(CalibratedLevels.ForEvent("pandel_mpe-layered", 650, 100, 1500));
        Assert.Null(CalibratedLevels.ForEvent("pandel_mpe", double.NaN, 100, 1500));
        Assert.Null(CalibratedLevels.ForEvent("pandel_mpe", 650, 0, 0));
        Assert.Null(CalibratedLevels.Find("dummy"));
    }
}
