using System.IO.Compression;
using System.Text.Json;
using SkyDriver.Products.Maps;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Products.Tests.Maps;

public sealed class LevelSetTests
{
    [Theory]
    [InlineData(true, "pandel_mpe", "alert")]
    [InlineData(true, "dummy", "alert")]
    [InlineData(true, "cascade_pandel", "alert")]
    [InlineData(false, "cascade_pandel", "simulated")]
    [InlineData(false, "pandel_mpe-shower", "simulated")]
    [InlineData(false, "pandel_mpe_pointed-shower", "simulated")]
    [InlineData(false, "pandel_mpe-layered", "alert")]
    [InlineData(false, "dummy", "alert")]
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
    public void Simulated_OfStartingEvents_WereChosenByOddSeedsAndHoldInEvenOnes()
    {
        LevelSet limits = LevelSet.Simulated("pandel_mpe-shower")!;
        double[] choosing = StartingQ("C", odd: true);
        Assert.Equal(20, choosing.Length);
        // Upper edges of the errors of both quantiles: shares 0.5 and 0.9 plus one standard deviation of a share of 20 events.
        Assert.Equal(CoverageTable.Quantile(choosing, 0.5 + Math.Sqrt(0.25 / 20)), limits.Delta50, 0.3);
        Assert.Equal(CoverageTable.Quantile(choosing, 0.9 + Math.Sqrt(0.09 / 20)), limits.Delta90, 0.5);
        foreach (string set in new[] { "B", "C" })
        {
            double[] judging = StartingQ(set, odd: false);
            Assert.InRange(judging.Count(q => q < limits.Delta50) / 20.0, 0.5, 0.7);
            Assert.InRange(judging.Count(q => q < limits.Delta90) / 20.0, 0.83, 1);
            Assert.True(judging.Count(q => q < LevelSet.Wilks.Delta90) < 14, "the limits of a right model hold, too; nothing was to be measured");
        }
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
    [InlineData("pandel_mpe-shower")]
    [InlineData("pandel_spe")]
    [InlineData("dummy")]
    public void Offered_EverySet_HasRisingLimitsAndAnOrigin(string algorithm) =>
        Assert.All(LevelSet.Offered(algorithm), set => Assert.True(set.Delta50 > 0 && set.Delta90 > set.Delta50 && set.Origin.Length > 0, set.ToString()));

    /// <summary>2 ΔlnL at the truth of the committed starting events, ascending.</summary>
    private static double[] StartingQ(string set, bool odd)
    {
        using FileStream file = File.OpenRead(Path.Combine(TestPaths.Repository, "bench", "results", "coverage", "starting", "trials.jsonl.gz"));
        using StreamReader lines = new(new GZipStream(file, CompressionMode.Decompress));
        List<double> q = [];
        while (lines.ReadLine() is { } line)
        {
            using JsonDocument trial = JsonDocument.Parse(line);
            if (trial.RootElement.GetProperty("set").GetString() != set || trial.RootElement.GetProperty("seed").GetUInt64() % 2 == 1 != odd) continue;
            JsonElement fit = trial.RootElement.GetProperty("fits").EnumerateArray().Single(fit => fit.GetProperty("algorithm").GetString() == "pandel_mpe-shower");
            q.Add(2 * (fit.GetProperty("llh_at_truth").GetDouble() - fit.GetProperty("llh").GetDouble()));
        }

        return [.. q.Order()];
    }
}
