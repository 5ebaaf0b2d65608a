namespace SkyDriver.Sky.Tests;

public sealed class DiscTests
{
    private static readonly double[] Radii = [1e-3, 0.05, 0.3, 1.0, Math.PI / 2, 2.5, 3.1];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public void Disc_AgainstAScanOfTheSphere_Agrees(int nside)
    {
        var centres = Enumerable.Range(0, (int)Healpix.PixelCount(nside)).Select(p => Healpix.PixelToVector(nside, p)).ToArray();
        foreach (var direction in Samples.Directions(30))
        {
            foreach (double radius in Radii)
            {
                var disc = Query(nside, direction, radius).ToHashSet();
                for (long ipix = 0; ipix < centres.Length; ipix++)
                {
                    double off = centres[ipix].AngleTo(direction) - radius;
                    if (Math.Abs(off) > 1e-14) Assert.Equal(off < 0, disc.Contains(ipix));
                }
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(32)]
    [InlineData(64)]
    public void Disc_AndTheDiscAroundTheAntipode_ShareOutTheSphere(int nside)
    {
        foreach (var direction in Samples.Directions(5, seed: nside))
        {
            foreach (double radius in Radii)
            {
                // The nudge keeps a centre that lies exactly on the border out of neither disc and in one.
                var disc = Query(nside, direction, radius);
                var rest = Query(nside, -direction, Math.PI - radius + 1e-13);
                var covered = new bool[Healpix.PixelCount(nside)];
                foreach (long ipix in disc) covered[ipix] = true;
                foreach (long ipix in rest) covered[ipix] = true;
                Assert.Equal(-1, Array.IndexOf(covered, false));
                Assert.InRange(disc.Count + rest.Count, covered.Length, covered.Length + 8);
            }
        }
    }

    [Theory]
    [InlineData(1 << 10)]
    [InlineData(1 << 20)]
    [InlineData(Healpix.MaxNside)]
    public void Disc_OfAFewPixels_IsTheConnectedPatchAroundTheCentre(int nside)
    {
        double radius = 5 * Healpix.Resolution(nside);
        foreach (var direction in Samples.Directions(30))
        {
            var expected = Patch(nside, direction, radius);
            Assert.Equal(expected, Query(nside, direction, radius));
            Assert.InRange(expected.Count, 60, 100);                        // 25π = 78.5
        }
    }

    [Theory]
    [InlineData(8, 0.0)]
    [InlineData(8, 0.2)]
    [InlineData(64, 0.03)]
    [InlineData(64, 1.4)]
    [InlineData(1 << 12, 1e-3)]
    [InlineData(Healpix.MaxNside, 4e-9)]
    public void DiscInclusive_PointsOfTheDisc_LieInItsPixels(int nside, double radius)
    {
        var generator = new Random(nside);
        foreach (var direction in Samples.Directions(20, seed: 7).Select(d => d.Normalized()))
        {
            var across = direction.Cross(Math.Abs(direction.Z) < 0.9 ? new(0, 0, 1) : new(1, 0, 0)).Normalized();
            var along = direction.Cross(across);
            var disc = Query(nside, direction, radius, inclusive: true).ToHashSet();
            for (int i = 0; i < 300; i++)
            {
                // A third of the points on the rim, where pixels are only just touched.
                double distance = radius * (i % 3 == 0 ? 1 - 1e-9 : Math.Sqrt(generator.NextDouble()));
                var (sin, cos) = Math.SinCos(Angles.TwoPi * generator.NextDouble());
                var point = Math.Cos(distance) * direction + Math.Sin(distance) * (cos * across + sin * along);
                Assert.Contains(Healpix.VectorToPixel(nside, point), disc);
            }
        }
    }

    [Fact]
    public void DiscInclusive_LargerFact_DropsPixelsButNeverCentresInside()
    {
        foreach (var direction in Samples.Directions(30))
        {
            var exact = Query(64, direction, 0.1);
            var coarse = Query(64, direction, 0.1, inclusive: true, fact: 1);
            var fine = Query(64, direction, 0.1, inclusive: true, fact: 16);
            Assert.Subset(coarse.ToHashSet(), fine.ToHashSet());
            Assert.Subset(fine.ToHashSet(), exact.ToHashSet());
            Assert.True(fine.Count < coarse.Count);
            Assert.All(fine, p => Assert.True(Healpix.PixelToVector(64, p).AngleTo(direction) <= 0.1 + Healpix.MaxPixelRadius(64)));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    public void Disc_WithoutAnInside_HoldsNoCentre(double radius)
    {
        foreach (var direction in Samples.Directions(3)) Assert.Empty(Query(16, direction, radius));
    }

    [Fact]
    public void Disc_ZeroRadiusOnACentre_HoldsThePixelOnlyWhenInclusive()
    {
        foreach (long ipix in Samples.Pixels(1 << 16, 50))
        {
            var centre = Healpix.PixelToVector(1 << 16, ipix);
            Assert.Empty(Query(1 << 16, centre, 0));
            Assert.Equal([ipix], Query(1 << 16, centre, 0, inclusive: true));
        }
    }

    [Theory]
    [InlineData(Math.PI)]
    [InlineData(10.0)]
    public void Disc_OfTheWholeSky_IsEveryPixelAndOneRun(double radius)
    {
        var runs = new List<PixelRun>();
        Healpix.DiscRuns(Healpix.MaxNside, new(1, 2, 3), radius, runs);
        Assert.Equal([new PixelRun(0, Healpix.PixelCount(Healpix.MaxNside) - 1)], runs);
        Assert.Equal(3072, Query(16, new(1, 2, 3), radius).Count);
    }

    [Fact]
    public void Disc_TooLargeForAList_SaysToAskForRuns()
    {
        var result = new List<long>();
        var fault = Assert.Throws<InvalidOperationException>(() => Healpix.Disc(Healpix.MaxNside, new(0, 0, 1), 4, result));
        Assert.Contains("ask for runs", fault.Message);
        Assert.Empty(result);
    }

    [Fact]
    public void Disc_IntoAUsedList_Appends()
    {
        var result = new List<long> { -5 };
        Healpix.DiscNest(8, new(0, 0, 1), 0.2, result);
        Assert.Equal(-5, result[0]);
        Assert.Equal(Query(8, new(0, 0, 1), 0.2).Select(p => Healpix.RingToNest(8, p)).Order(), result.Skip(1));
    }

    private static List<long> Query(int nside, Vector3d centre, double radius, bool inclusive = false, int fact = 4)
    {
        var result = new List<long>();
        Healpix.Disc(nside, centre, radius, result, inclusive, fact);
        for (int i = 1; i < result.Count; i++)
        {
            if (result[i - 1] >= result[i]) Assert.Fail($"{result[i - 1]} before {result[i]}: not ascending");
        }

        return result;
    }

    /// <summary>Grows from the centre's pixel over neighbours, far enough to see pixels just outside.</summary>
    private static List<long> Patch(int nside, Vector3d centre, double radius)
    {
        var seen = new HashSet<long> { Healpix.VectorToPixel(nside, centre) };
        var open = new Queue<long>(seen);
        var eight = new long[8];
        while (open.TryDequeue(out long ipix))
        {
            if (Distance(ipix) > radius + 2 * Healpix.MaxPixelRadius(nside)) continue;
            Healpix.Neighbours(nside, ipix, eight);
            foreach (long next in eight.Where(p => p >= 0 && seen.Add(p))) open.Enqueue(next);
        }

        return [.. seen.Where(p => Distance(p) < radius).Order()];

        double Distance(long ipix) => Healpix.PixelToVector(nside, ipix).AngleTo(centre);
    }
}
