using System.Text.Json;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Pandel;

public sealed class ConvolutedPandelTests
{
    [Fact]
    public void Evaluate_GoldenPoints_AgreeToTenAndTwelveDigits()
    {
        // 60-digit arithmetic, see the README beside the file.
        using JsonDocument golden = SharedEvents.Open("golden/pandel/convoluted_pandel.json");
        Assert.Equal(60, golden.RootElement.GetProperty("rows").GetArrayLength());
        foreach (JsonElement row in golden.RootElement.GetProperty("rows").EnumerateArray())
        {
            double xi = row[0].GetDouble() / BulkIce.ScatteringLength, lnDensity = row[4].GetDouble(), lnSurvival = row[7].GetDouble();
            PandelPoint point = ConvolutedPandel.Evaluate(xi, row[1].GetDouble(), row[2].GetDouble());
            Assert.True(Math.Abs(point.LnDensity - lnDensity) <= 1e-10, $"{row}: ln f {point.LnDensity:R}");
            Assert.True(Math.Abs(point.LnSurvival - lnSurvival) <= 1e-12 * Math.Max(1, Math.Abs(lnSurvival)), $"{row}: ln S {point.LnSurvival:R}");
        }
    }

    [Theory]
    [InlineData(0.07, 4)]
    [InlineData(0.7, 15)]
    [InlineData(1.0, 4)]
    [InlineData(8.0, 15)]
    public void Evaluate_AcrossItsRegimes_IsSmooth(double xi, double sigma)
    {
        // The seams: h = 0, and t = 11 σ. A central second difference shows a step 1e6 times smaller than the values.
        foreach (double seam in new[] { BulkIce.PandelRate * sigma * sigma, 11 * sigma })
        {
            double step = 1e-9 * sigma;
            PandelPoint below = ConvolutedPandel.Evaluate(xi, seam - step, sigma), above = ConvolutedPandel.Evaluate(xi, seam + step, sigma);
            Assert.Equal(below.LnDensity, above.LnDensity, 1e-8);
            Assert.Equal(below.LnSurvival, above.LnSurvival, 1e-8);
        }
    }

    [Theory]
    [InlineData(0.3, 4)]
    [InlineData(3.0, 15)]
    public void Evaluate_Density_IsTheSlopeOfTheSurvival(double xi, double sigma)
    {
        foreach (double t in new[] { -2 * sigma, 0, 3 * sigma, 10 * sigma, 40 * sigma, 1500 })
        {
            double step = 1e-3 * sigma;
            double late = Math.Exp(ConvolutedPandel.Evaluate(xi, t + step, sigma).LnSurvival), early = Math.Exp(ConvolutedPandel.Evaluate(xi, t - step, sigma).LnSurvival);
            double density = Math.Exp(ConvolutedPandel.Evaluate(xi, t, sigma).LnDensity);
            Assert.Equal(1, (early - late) / (2 * step) / density, 1e-5);
        }
    }

    [Theory]
    [InlineData(0.07, 1e-3)]
    [InlineData(0.07, 30)]
    [InlineData(1.0, 2.5)]
    [InlineData(20.0, 20.5)]
    [InlineData(30.0, 90.0)]
    public void LnUpper_AgreesWithAnIndependentImplementation(double a, double x)
    {
        double expected = Math.Log(MathNet.Numerics.SpecialFunctions.GammaUpperRegularized(a, x));
        Assert.Equal(expected, IncompleteGamma.LnUpper(a, x, MathNet.Numerics.SpecialFunctions.GammaLn(a)), 1e-12 * Math.Max(1, Math.Abs(expected)));
    }

    [Fact]
    public void GaussHermite_Points_IntegrateGaussianMoments()
    {
        // Moments of a unit Gaussian: (2k − 1)!!
        double[] moments = [1, 1, 3, 15, 105, 945];
        for (int k = 0; k < moments.Length; k++)
        {
            double sum = GaussHermite.Points.Zip(GaussHermite.LnWeights, (x, w) => Math.Exp(w) * Math.Pow(x, 2 * k)).Sum();
            Assert.Equal(1, sum / moments[k], 1e-13);
        }
    }
}
