using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Pandel;

public sealed class TrackLikelihoodTests
{
    [Fact]
    public void Value_GoldenRows_AgreeByBothPaths()
    {
        using JsonDocument golden = SharedEvents.Open("golden/pandel/track_likelihood.json");
        var rows = golden.RootElement.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(24, rows.Count);
        foreach (JsonElement row in rows)
        {
            IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(row[0].GetString()!);
            var (sigma, cap) = Settings(row[1].GetString()!);
            var frame = new TrackFrame(row[2].GetDouble(), row[3].GetDouble());
            double[] x = Parameters(frame, row[4].GetDouble(), row[5].GetDouble(), row[6].GetDouble(), row[7].GetDouble());
            double expected = row[8].GetDouble();
            Assert.Equal(expected, ExactTrackLikelihood.Evaluate(hits, frame, x[0], x[1], x[2], sigma, cap), 1e-7);

            var likelihood = new TrackLikelihood(hits, new TrackModel(sigma, cap));
            likelihood.PointAt(frame);
            Assert.Equal(expected, likelihood.Value(x), 1e-4 * hits.Count);
        }
    }

    [Theory]
    [InlineData("pandel_spe", 1)]
    [InlineData("pandel_spe", 6)]
    [InlineData("pandel_mpe", 7)]
    [InlineData("pandel_mpe", 8)]
    [InlineData("pandel_mpe", 9)]
    public void ValueAndGradient_AnyNumberOfModules_AgreesWithValueExactPathAndDifferences(string algorithm, int modules)
    {
        var (sigma, cap) = Settings(algorithm);
        ModuleHits[] hits = Synthetic(modules);
        var frame = new TrackFrame(1.1, 0.7);
        var likelihood = new TrackLikelihood(hits, new TrackModel(sigma, cap));
        likelihood.PointAt(frame);
        double[] x = [12, -7, 900], gradient = new double[3];
        double value = likelihood.ValueAndGradient(x, gradient);
        Assert.Equal(likelihood.Value(x), value);
        Assert.Equal(ExactTrackLikelihood.Evaluate(hits, frame, x[0], x[1], x[2], sigma, cap), value, 1e-4 * modules);
        for (int k = 0; k < 3; k++)
        {
            Assert.Equal(CentralDifference(likelihood, x, k), gradient[k], 1e-6 * Math.Max(1, Math.Abs(gradient[k])));
            Assert.NotEqual(0, gradient[k]);
        }
    }

    [Fact]
    public void ValueAndGradient_AtTheRealEvent_AgreesWithDifferences()
    {
        var likelihood = new TrackLikelihood(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe);
        var frame = new TrackFrame(1.572272, 4.876751);
        likelihood.PointAt(frame);
        double[] x = Parameters(frame, -290, -50, -180, 11325), gradient = new double[3];
        likelihood.ValueAndGradient(x, gradient);
        for (int k = 0; k < 3; k++) Assert.Equal(CentralDifference(likelihood, x, k), gradient[k], 1e-5 * Math.Max(1, Math.Abs(gradient[k])));
    }

    [Fact]
    public void ValueAndGradient_FarFromTheTruth_IsTheNoiseFloorAndFlat()
    {
        var likelihood = new TrackLikelihood(Synthetic(8), TrackModel.Mpe);
        likelihood.PointAt(new TrackFrame(1.1, 0.7));
        double[] gradient = new double[3];
        double floor = -8 * Math.Log(FirstPulse.NoiseDensity);
        Assert.Equal(floor, likelihood.ValueAndGradient([0, 0, 1e6], gradient), 1e-3);
        Assert.All(gradient, slope => Assert.Equal(0, slope, 1e-6));
    }

    [Fact]
    public void PointAt_VerticalTracks_HasAFrame()
    {
        foreach (double zenith in new[] { 0, Math.PI })
        {
            ModuleHits[] hits = Synthetic(6);
            var frame = new TrackFrame(zenith, 0.3);
            var likelihood = new TrackLikelihood(hits, TrackModel.Spe);
            likelihood.PointAt(frame);
            Assert.Equal(ExactTrackLikelihood.Evaluate(hits, frame, 3, 4, 100, 15, 1), likelihood.Value([3, 4, 100]), 1e-3);
        }
    }

    [Theory]
    [InlineData(0.4, 5.1)]
    [InlineData(2.7, 1.0)]
    public void TrackFrame_AnyDirection_IsRightHandedAndPointsAway(double zenith, double azimuth)
    {
        var f = new TrackFrame(zenith, azimuth);
        Assert.Equal(-Math.Cos(zenith), f.Pz, 1e-15);
        Assert.Equal(-Math.Sin(zenith) * Math.Cos(azimuth), f.Px, 1e-15);
        Assert.Equal(0, f.First(f.Px, f.Py), 1e-15);
        Assert.Equal(0, f.Second(f.Px, f.Py, f.Pz), 1e-15);
        Assert.Equal(f.Py * 0 - f.Pz * f.E1Y, f.E2X, 1e-15);
        var (x, y, z) = f.Point(1, 2, 3);
        Assert.Equal((1.0, 2.0, 3.0), (Math.Round(f.First(x, y), 12), Math.Round(f.Second(x, y, z), 12), Math.Round(f.Along(x, y, z), 12)));
    }

    [Fact]
    public void Kernels_PerEvaluation_AllocateNothing()
    {
        var likelihood = new TrackLikelihood(Synthetic(60), TrackModel.Mpe);
        likelihood.PointAt(new TrackFrame(1.1, 0.7));
        double[] x = [1, 2, 3], gradient = new double[3];
        double sum = likelihood.Value(x) + likelihood.ValueAndGradient(x, gradient);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) sum += likelihood.Value(x) + likelihood.ValueAndGradient(x, gradient);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(double.IsFinite(sum));
    }

    /// <summary>Jitter (ns) and charge cap of an algorithm.</summary>
    internal static (double Sigma, double ChargeCap) Settings(string algorithm) => algorithm == "pandel_mpe" ? (4, double.PositiveInfinity) : (15, 1);

    internal static double[] Parameters(TrackFrame frame, double x, double y, double z, double time) =>
        [frame.First(x, y), frame.Second(x, y, z), BulkIce.SpeedOfLight * time - frame.Along(x, y, z)];

    private static double CentralDifference(TrackLikelihood likelihood, double[] x, int k)
    {
        const double step = 1e-4;
        double[] up = [.. x], down = [.. x];
        up[k] += step;
        down[k] -= step;
        return (likelihood.Value(up) - likelihood.Value(down)) / (2 * step);
    }

    /// <summary>Modules around the origin, with first light between 30 ns before and 400 ns after the direct light of a track near s = 900 m.</summary>
    private static ModuleHits[] Synthetic(int count)
    {
        var random = new Random(count);
        var frame = new TrackFrame(1.1, 0.7);
        var hits = new ModuleHits[count];
        for (int i = 0; i < count; i++)
        {
            double x = random.NextDouble() * 300 - 150, y = random.NextDouble() * 300 - 150, z = random.NextDouble() * 300 - 150;
            double d = Math.Sqrt(Math.Pow(frame.First(x, y), 2) + Math.Pow(frame.Second(x, y, z), 2) + 1);
            double direct = (frame.Along(x, y, z) + BulkIce.CherenkovDelay * d + 900) / BulkIce.SpeedOfLight;
            hits[i] = new ModuleHits(1, i + 1, x, y, z, direct - 30 + 430 * random.NextDouble(), 0.3 + 20 * random.NextDouble());
        }

        return hits;
    }
}
