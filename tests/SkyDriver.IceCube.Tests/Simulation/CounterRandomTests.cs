using SkyDriver.IceCube.Simulation;

namespace SkyDriver.IceCube.Tests.Simulation;

/// <summary>First two moments of each law, within five standard errors of a fixed sample.</summary>
public class CounterRandomTests
{
    private const int Draws = 40_000;

    [Theory]
    [InlineData(0.07)]
    [InlineData(0.9)]
    [InlineData(3.5)]
    public void Gamma_AnyShape_HasMeanAndVarianceOfTheShape(double shape)
    {
        var random = new CounterRandom(11, 1);
        AssertMoments([.. Enumerable.Range(0, Draws).Select(_ => random.Gamma(shape))], shape, shape, kurtosis: 3 + 6 / shape);
    }

    [Theory]
    [InlineData(0.009)]
    [InlineData(4)]
    [InlineData(75)]
    [InlineData(5000)]
    public void Poisson_AnyMean_HasMeanAndVarianceAlike(double mean)
    {
        var random = new CounterRandom(12, 1);
        AssertMoments([.. Enumerable.Range(0, Draws).Select(_ => (double)random.Poisson(mean))], mean, mean, kurtosis: 3 + 1 / mean);
    }

    [Fact]
    public void Normal_Sample_HasUnitVariance()
    {
        var random = new CounterRandom(13, 1);
        AssertMoments([.. Enumerable.Range(0, Draws).Select(_ => random.Normal())], 0, 1, kurtosis: 3);
    }

    [Fact]
    public void Uniform_Sample_FillsTheInterval()
    {
        var random = new CounterRandom(14, 1);
        AssertMoments([.. Enumerable.Range(0, Draws).Select(_ => random.Uniform())], 0.5, 1.0 / 12, kurtosis: 1.8);
    }

    [Fact]
    public void Streams_OfOneSeed_AreUncorrelated()
    {
        var (a, b) = (new CounterRandom(15, 1), new CounterRandom(15, 2));
        double sum = 0;
        for (int i = 0; i < Draws; i++) sum += (a.Uniform() - 0.5) * (b.Uniform() - 0.5);
        Assert.Equal(0, sum / Draws * 12, 5 / Math.Sqrt(Draws));
    }

    private static void AssertMoments(double[] sample, double mean, double variance, double kurtosis)
    {
        double actual = sample.Average(), spread = sample.Average(x => (x - actual) * (x - actual));
        Assert.Equal(mean, actual, 5 * Math.Sqrt(variance / Draws));
        Assert.Equal(variance, spread, 5 * variance * Math.Sqrt((kurtosis - 1) / Draws));
    }
}
