using System.Buffers;

namespace SkyDriver.Scan.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Distribution_RandomDurations_AgreesWithSorting(int seed)
    {
        var random = new Random(seed);
        for (int n = 1; n < 60; n++)
        {
            double[] values = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() * random.Next(1, 40))];
            var parts = new[] { new Distribution(), new Distribution() };
            var all = new Distribution();
            for (int i = 0; i < n; i++) parts[i % 2].Add(values[i]);
            foreach (Distribution part in parts) all.Add(part);
            Array.Sort(values);
            double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
            Assert.Equal(Math.Floor(median), Math.Floor(all.Median()));
            Assert.Equal(values.Average(), all.Mean, 1e-9);
            Assert.Equal((values[0], values[^1]), (all.Smallest, all.Largest));
        }
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(-5, 0)]
    [InlineData(double.PositiveInfinity, 1e9)]
    [InlineData(1e300, 1e9)]
    public void Distribution_ImpossibleDuration_IsBounded(double seconds, double expected)
    {
        var distribution = new Distribution();
        distribution.Add(seconds);
        Assert.Equal(expected, distribution.Largest);
    }

    [Fact]
    public void TimeCounts_FewMoments_AreExact()
    {
        var counts = new TimeCounts();
        int[] moments = [.. Enumerable.Range(0, 100).Select(i => counts.Moment(10 * i))];
        foreach (int moment in moments.Where(m => m % 3 == 0)) counts.Add(moment);
        counts.Add(moments[99]);
        Assert.Equal(0, counts.FromOldest(0));
        Assert.Equal(30, counts.FromOldest(1));
        Assert.Equal(990, counts.FromNewest(1));
        Assert.Equal(960, counts.FromNewest(2));
        Assert.True(double.IsNaN(counts.FromOldest(35)) && double.IsNaN(counts.FromNewest(35)));
    }

    [Fact]
    public void TimeCounts_ManyMoments_KeepOrderInBoundedMemory()
    {
        const int moments = 400_000;
        var counts = new TimeCounts();
        for (int i = 0; i < moments; i++) counts.Add(counts.Moment(i));
        foreach (int n in new[] { 0, 1000, 123_456, moments - 1 })
        {
            Assert.Equal(n, counts.FromOldest(n), 16.0);
            Assert.Equal(moments - 1 - n, counts.FromNewest(n), 16.0);
        }

        var buffer = new ArrayBufferWriter<byte>();
        counts.Save(new StateWriter(buffer));
        Assert.True(buffer.WrittenCount <= 16 * 65_536 + 12);
    }

    [Theory]
    [InlineData(null, 768L, 4, 4)]
    [InlineData(0.25, 10_000L, 4, 4)]
    [InlineData(0.001, 100_000L, 4, 256)]
    [InlineData(0.0, 100_000L, 4, 256)]
    [InlineData(30.0, 10_000L, 4, 1)]
    [InlineData(0.01, 160L, 8, 10)]
    [InlineData(0.01, 3L, 8, 1)]
    [InlineData(0.01, 0L, 0, 1)]
    public void Next_SpeedAndRest_GiveTheBatch(double? secondsPerReco, long queued, int slots, int expected) =>
        Assert.Equal(expected, BatchSizing.Next(secondsPerReco, queued, slots));
}
