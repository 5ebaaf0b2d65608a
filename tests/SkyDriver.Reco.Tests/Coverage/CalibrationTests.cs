using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Coverage;

namespace SkyDriver.Reco.Tests.Coverage;

public sealed class CalibrationTests
{
    [Fact]
    public void Try_TruthsThatScaleWithQuality_FindsThatScaleAndHoldsWhatItSays()
    {
        // q is drawn from the law of a right model, times the eighth power of the quality; set C fits worse.
        List<CoverageTrial> trials = [.. Enumerable.Range(1, 2000).SelectMany(seed => new[] { Trial("B", seed, 6.4, 8), Trial("C", seed, 7.2, 8) })];
        IReadOnlyList<Calibration> ways = Calibration.Try(trials);
        Calibration best = ways[0], plain = ways.Single(way => way.Scale == LevelScale.One);
        Assert.InRange(best.Scale!.QualityPower, 6, 10);
        Assert.True(best.Misfit < plain.Misfit / 10);
        Assert.All(best.Checks, check =>
        {
            Assert.Equal(1000, check.Count);
            Assert.Equal(0.5, check.Inside50, 0.05);
            Assert.Equal(0.9, check.Inside90, 0.03);
        });
        Assert.Contains(plain.Checks, check => Math.Abs(check.Inside50 - 0.5) > 0.1);
    }

    [Fact]
    public void Try_TooFewEvents_SaysHowManyItTakes() =>
        Assert.Contains("Set B has 3 events", Assert.Throws<ArgumentException>(() => Calibration.Try([.. Enumerable.Range(1, 3).Select(seed => Trial("B", seed, 6.5, 0))])).Message);

    [Fact]
    public void Curve_OfARightModel_IsTheDiagonal()
    {
        List<CoverageTrial> trials = [.. Enumerable.Range(1, 4000).Select(seed => Trial("A", seed, 6.5, 0))];
        IReadOnlyList<(double Stated, double Measured)> curve = Calibration.Curve(trials, null, "A", "pandel_mpe");
        Assert.Equal(21, curve.Count);
        Assert.All(curve, point => Assert.Equal(point.Stated, point.Measured, 0.04));
    }

    [Fact]
    public void Rows_OfTrials_HaveTheirQuantiles()
    {
        CoverageRow row = Assert.Single(CoverageTable.Rows([.. Enumerable.Range(1, 4000).Select(seed => Trial("A", seed, 6.5, 0))]));
        Assert.Equal(("A", "pandel_mpe", 4000, 0), (row.Set, row.Algorithm, row.Count, row.Missed));
        Assert.Equal(1.386, row.Q50, 0.15);
        Assert.Equal(4.605, row.Q90, 0.3);
        Assert.Equal(0.5, row.InWilks50, 0.03);
        Assert.Equal(6.5, row.Quality, 1e-9);
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.9, 3.7)]
    [InlineData(1.0, 4.0)]
    public void Quantile_OfFourNumbers_LiesBetweenNeighbours(double share, double expected) =>
        Assert.Equal(expected, CoverageTable.Quantile([1, 2, 3, 4], share), 1e-12);

    [Fact]
    public void Scale_BeyondWhatWasSeen_Stays()
    {
        LevelScale scale = new(12, 0.5);
        Assert.Equal(1, scale.Of(650, 100, 1500), 1e-12);
        Assert.Equal(2, scale.Of(650, 100, 6000), 1e-12);
        Assert.Equal(LevelScale.Greatest, scale.Of(2000, 100, 1500));
        Assert.Equal(LevelScale.Least, scale.Of(300, 100, 1500));
    }

    [Fact]
    public void Run_TrackOfTheModelItself_GivesTheCommittedStudysNumbers()
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.A, 1));
        CoverageTrial trial = CoverageTrial.Run(EventReader.Read(EventWriter.Write(simulated, 1, 1, 60000)));
        Assert.Equal(("A", 1UL, 279), (trial.Set, trial.Seed, trial.Modules));
        CoverageFit mpe = trial.Fits[0], spe = trial.Fits[1];
        Assert.Equal((1775.0416, 1911.0037), (Math.Round(mpe.Llh, 4), Math.Round(spe.Llh, 4)));
        Assert.Equal((0.0935, 0.0253), (Math.Round(double.RadiansToDegrees(mpe.Psi), 4), Math.Round(double.RadiansToDegrees(spe.Psi), 4)));
        foreach (CoverageFit fit in trial.Fits)
        {
            Assert.True(fit.Q >= 0);
            Assert.True(fit.Major >= fit.Minor && fit.Minor > 0);
            // The ellipse's own idea of how unlikely the truth is: near the minimum the same as the likelihood's.
            double byEllipse = Math.Pow(fit.AlongMajor / fit.Major, 2) + Math.Pow(fit.AlongMinor / fit.Minor, 2);
            Assert.Equal(fit.Q, byEllipse, 0.5 + 0.35 * fit.Q);
            Assert.Equal(fit.Psi, Math.Sqrt(fit.AlongMajor * fit.AlongMajor + fit.AlongMinor * fit.AlongMinor), 1e-5);
        }
    }

    [Fact]
    public void CommittedStudy_ChosenScale_IsTheOneInTheProducts()
    {
        using JsonDocument study = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestPaths.Repository, "bench", "results", "coverage", "coverage.json")));
        JsonElement best = study.RootElement.GetProperty("calibrations")[0];
        Assert.Equal((12, 0.5), (best.GetProperty("scale").GetProperty("quality_power").GetDouble(), best.GetProperty("scale").GetProperty("charge_power").GetDouble()));
        Assert.All(best.GetProperty("checks").EnumerateArray().Where(check => check.GetProperty("set").GetString() is "B" or "C"), check =>
        {
            int count = check.GetProperty("count").GetInt32();
            Assert.Equal(0.5, check.GetProperty("inside50").GetDouble(), 2 * Math.Sqrt(0.25 / count));
            Assert.Equal(0.9, check.GetProperty("inside90").GetDouble(), 2 * Math.Sqrt(0.09 / count));
        });
    }

    /// <summary>A fit whose q is drawn from the law of two free parameters, blown up by a power of its quality.</summary>
    private static CoverageTrial Trial(string set, int seed, double quality, double power)
    {
        var random = new Random(seed * 2 + (set == "C" ? 1 : 0));
        const int modules = 100;
        double llh = modules * quality, q = -2 * Math.Log(1 - random.NextDouble()) * Math.Pow(quality / 6.5, power);
        return new CoverageTrial(set, (ulong)seed, modules, 1500, 1, 1, 1e4, [new CoverageFit("pandel_mpe", 1, 1, llh, llh, llh + q / 2, 0.01, 0.01, 0.01, 0.01, 0)]);
    }
}
