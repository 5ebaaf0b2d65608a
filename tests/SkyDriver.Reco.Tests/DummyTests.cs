using SkyDriver.IceCube;
using SkyDriver.Reco.Dummy;

namespace SkyDriver.Reco.Tests;

public sealed class DummyTests
{
    private static readonly Vertex Start = new(1, 2, 3, 4, double.NaN);

    [Fact]
    public void Fit_SameSeed_SameAnswerFromAnyInstance()
    {
        var seed = new VariationSeed(8, 17, 3, 0.4, 1.2, Start, null);
        Assert.Equal(Create("dummy").Fit(seed), Create("dummy").Fit(seed));
        Assert.NotEqual(Create("dummy").Fit(seed).Llh, Create("dummy", new RecoOptions { Seed = 1 }).Fit(seed).Llh);
        Assert.NotEqual(Create("dummy").Fit(seed).Llh, Create("dummy").Fit(seed with { Posvar = 4 }).Llh);
    }

    [Fact]
    public void Fit_Anywhere_KeepsTheSeedsVertexAndHasNoEnergies()
    {
        RecoFit fit = Create("dummy").Fit(new VariationSeed(8, 17, 0, 0.4, 1.2, Start, null));
        Assert.Equal((1.0, 2.0, 3.0, 4.0), (fit.X, fit.Y, fit.Z, fit.Time));
        Assert.True(double.IsNaN(fit.EnergyInside) && double.IsNaN(fit.EnergyTotal) && double.IsNaN(fit.Energy));
        Assert.Null(fit.Failure);
    }

    [Fact]
    public void Smooth_OverTheSphere_HasOneMinimumAndOneShallowerDip()
    {
        double minimum = DummyReconstruction.Smooth(DummyReconstruction.MinimumZenith, DummyReconstruction.MinimumAzimuth);
        double dip = DummyReconstruction.Smooth(DummyReconstruction.DipZenith, DummyReconstruction.DipAzimuth);
        Assert.Equal(DummyReconstruction.Floor, minimum, 1e-9);
        Assert.InRange(dip - minimum, 15, 25);
        Assert.Equal(2, LocalMinima(200, 400));
    }

    [Fact]
    public void Noise_BetweenNeighboursOfTheFinestPixels_DoesNotHideTheMinimum()
    {
        const double pixel = 2e-3; // rad, nside 512
        double step = DummyReconstruction.Smooth(DummyReconstruction.MinimumZenith + pixel, DummyReconstruction.MinimumAzimuth) - DummyReconstruction.Floor;
        Assert.True(step > DummyReconstruction.NoiseAmplitude, $"one pixel off costs {step}");
    }

    [Fact]
    public void Fit_CancelledDuringItsDelay_Stops()
    {
        using var stop = new CancellationTokenSource();
        IReconstruction slow = Create("dummy", new RecoOptions { DummyDelay = TimeSpan.FromHours(1) });
        stop.CancelAfter(TimeSpan.FromMilliseconds(20));
        Assert.Throws<OperationCanceledException>(() => slow.Fit(new VariationSeed(1, 0, 0, 1, 1, Start, null), stop.Token));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void CrashDummy_Probability_IsTheShareThatFailsHalfInEitherWay(double probability)
    {
        const int draws = 6144;
        var crash = new CrashDummyReconstruction(new RecoOptions { CrashProbability = probability, Seed = 7 });
        var fates = Enumerable.Range(0, draws).Select(ipix => crash.FateOf(Pixel(ipix))).CountBy(fate => fate).ToDictionary();

        // The standard deviation of each count is below 40.
        Assert.Equal(draws * (1 - probability), fates.GetValueOrDefault(CrashDummyReconstruction.Fate.Survives), 200.0 * (probability is 0.5 ? 1 : 0));
        Assert.Equal(draws * probability / 2, fates.GetValueOrDefault(CrashDummyReconstruction.Fate.Throws), 200.0);
        Assert.Equal(draws * probability / 2, fates.GetValueOrDefault(CrashDummyReconstruction.Fate.Hangs), 200.0);
    }

    [Fact]
    public void CrashDummy_EachFate_DoesWhatItSays()
    {
        var options = new RecoOptions { CrashProbability = 0.5, Seed = 7 };
        var crash = new CrashDummyReconstruction(options);
        VariationSeed First(CrashDummyReconstruction.Fate fate) => Enumerable.Range(0, 100).Select(Pixel).First(seed => crash.FateOf(seed) == fate);

        VariationSeed survivor = First(CrashDummyReconstruction.Fate.Survives);
        Assert.Equal(Create("dummy", options).Fit(survivor), crash.Fit(survivor));
        Assert.Throws<InvalidOperationException>(() => crash.Fit(First(CrashDummyReconstruction.Fate.Throws)));
        using var stop = new CancellationTokenSource();
        stop.CancelAfter(TimeSpan.FromMilliseconds(20));
        Assert.Throws<OperationCanceledException>(() => crash.Fit(First(CrashDummyReconstruction.Fate.Hangs), stop.Token));
    }

    private static VariationSeed Pixel(int ipix) => new(8, ipix, 0, 1, 1, Start, null);

    private static int LocalMinima(int rings, int steps)
    {
        double At(int i, int j) => DummyReconstruction.Smooth(Math.PI * (i + 0.5) / rings, 2 * Math.PI * ((j + steps) % steps) / steps);
        int found = 0;
        for (int i = 1; i < rings - 1; i++)
        {
            for (int j = 0; j < steps; j++)
            {
                double here = At(i, j);
                bool lowest = true;
                for (int di = -1; di <= 1; di++)
                {
                    for (int dj = -1; dj <= 1; dj++)
                        lowest &= (di, dj) == (0, 0) || here < At(i + di, j + dj);
                }

                found += lowest ? 1 : 0;
            }
        }

        return found;
    }

    private static IReconstruction Create(string name, RecoOptions? options = null)
    {
        Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
        return algorithm.Create(null, options ?? new RecoOptions());
    }
}
