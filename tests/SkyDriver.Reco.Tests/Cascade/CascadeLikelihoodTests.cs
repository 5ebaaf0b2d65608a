using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Cascade;

public sealed class CascadeLikelihoodTests
{
    [Fact]
    public void Parts_GoldenRows_Agree()
    {
        using JsonDocument golden = SharedEvents.Open("golden/pandel/cascade_likelihood.json");
        JsonElement[] rows = [.. golden.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(4, rows.Length);
        foreach (JsonElement row in rows)
        {
            IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(row[0].GetString()!);
            double[] numbers = [.. Enumerable.Range(1, 9).Select(i => row[i].GetDouble())];
            var likelihood = new CascadeLikelihood(hits, TrackModel.Mpe);
            likelihood.PointAt(new TrackFrame(numbers[0], numbers[1]));
            double[] x = Parameters(numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]);
            Assert.Equal(numbers[7], ExactTimes(hits, new TrackFrame(numbers[0], numbers[1]), x), 1e-6);
            Assert.Equal(numbers[7], likelihood.Times(x), 1e-4 * hits.Count);
            Assert.Equal(numbers[8], likelihood.Charges(x), 1e-6);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ValueAndGradient_Anywhere_AgreesWithValueAndDifferences(int place)
    {
        var likelihood = new CascadeLikelihood(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe with { LayeredIce = place == 3 });
        likelihood.PointAt(new TrackFrame(2.4 - 0.7 * place, 2.7 + place));
        double[] x = Parameters(164 + 10 * place, -16 - 20 * place, 105 + 30 * place, 9733 - 40 * place, 36210 * (1 + place)), gradient = new double[5];
        double value = likelihood.ValueAndGradient(x, gradient);
        Assert.Equal(likelihood.Value(x), value, 1e-11 * value);
        for (int k = 0; k < x.Length; k++)
        {
            const double step = 1e-5;
            double[] up = [.. x], down = [.. x];
            up[k] += step;
            down[k] -= step;
            double slope = (likelihood.Value(up) - likelihood.Value(down)) / (2 * step);
            Assert.Equal(slope, gradient[k], 1e-5 * Math.Max(1, Math.Abs(slope)));
            Assert.NotEqual(0, gradient[k]);
        }
    }

    [Fact]
    public void TimesAndGradient_Anywhere_AgreesWithTimesAndDifferences()
    {
        var likelihood = new CascadeLikelihood(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe);
        likelihood.PointAt(new TrackFrame(2.4, 2.7));
        double[] x = Parameters(164, -16, 105, 9733, 36210), gradient = new double[4];
        Assert.Equal(likelihood.Times(x), likelihood.TimesAndGradient(x, gradient));
        for (int k = 0; k < gradient.Length; k++)
        {
            const double step = 1e-5;
            double[] up = [.. x], down = [.. x];
            up[k] += step;
            down[k] -= step;
            double slope = (likelihood.Times(up) - likelihood.Times(down)) / (2 * step);
            Assert.Equal(slope, gradient[k], 1e-5 * Math.Max(1, Math.Abs(slope)));
            Assert.NotEqual(0, gradient[k]);
        }
    }

    [Theory]
    [InlineData(1.0, 0.3, -0.2)]
    [InlineData(49.0, 0.7578, 0.9)]
    [InlineData(300.0, -1.0, 0.0)]
    public void ShowerYield_AnyGeometry_IsTheSimulatorsFormula(double r, double cosine, double eta)
    {
        double expected = BulkIce.PointYield(r) * BulkIce.ShowerEmission(cosine, r) * BulkIce.CathodeAcceptance(eta, r);
        var yield = ShowerYield.Evaluate<ValueOnly>(
            System.Runtime.Intrinsics.Vector256.Create(r), System.Runtime.Intrinsics.Vector256.Create(cosine), System.Runtime.Intrinsics.Vector256.Create(eta), out _, out _, out _);
        Assert.Equal(expected, yield[0], 1e-12 * expected);
        Assert.Equal(yield[0], yield[3]);
    }

    [Fact]
    public void ChargeLaw_OverAllCharges_IsAProbabilityWithTheStatedSpread()
    {
        const double mean = 6;
        double sum = 0, first = 0, second = 0;
        for (int q = 0; q < 400; q++)
        {
            double p = Math.Exp(ChargeLaw.Constant(q) + ChargeLaw.Ln(q, mean));
            (sum, first, second) = (sum + p, first + q * p, second + q * q * p);
        }

        Assert.Equal(1, sum, 1e-9);
        Assert.Equal(mean, first, 1e-9);
        Assert.Equal(mean + ChargeLaw.RelativeVariance * mean * mean, second - first * first, 1e-6);
    }

    [Fact]
    public void Kernels_PerEvaluation_AllocateNothing()
    {
        var likelihood = new CascadeLikelihood(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe);
        likelihood.PointAt(new TrackFrame(1.1, 0.7));
        double[] x = Parameters(164, -16, 105, 9733, 36210), gradient = new double[5];
        double sum = likelihood.Value(x) + likelihood.ValueAndGradient(x, gradient);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) sum += likelihood.Value(x) + likelihood.ValueAndGradient(x, gradient);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(double.IsFinite(sum));
    }

    internal static double[] Parameters(double x, double y, double z, double time, double energy) =>
        [x, y, z, BulkIce.SpeedOfLight * time, CascadeLikelihood.PerLnEnergy * Math.Log(energy)];

    /// <summary>The formulas written out, without tables and vectors.</summary>
    private static double ExactTimes(IReadOnlyList<ModuleHits> hits, TrackFrame frame, double[] x) => -hits.Sum(hit =>
    {
        double dx = hit.X - x[0], dy = hit.Y - x[1], dz = hit.Z - x[2], r = Math.Sqrt(dx * dx + dy * dy + dz * dz + 1);
        double cosine = frame.Along(dx, dy, dz) / r, effective = BulkIce.EffectiveOffset(dz / r) + BulkIce.EffectiveSlope * r + 5 * (1 - cosine);
        PandelPoint point = ConvolutedPandel.Evaluate(effective / BulkIce.ScatteringLength, hit.FirstTime - (x[3] + r * BulkIce.GroupIndex) / BulkIce.SpeedOfLight, 4);
        double photons = Math.Max(1, hit.Charge), ln = Math.Log(photons) + point.LnDensity + (photons - 1) * point.LnSurvival;
        return Math.Log(0.999 * Math.Exp(ln) + 0.001 / 6000);
    });
}
