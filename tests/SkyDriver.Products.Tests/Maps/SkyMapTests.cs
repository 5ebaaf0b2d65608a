using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Maps;

public sealed class SkyMapTests
{
    [Fact]
    public void Best_TiesAndFailures_SmallestFittedPixelInAnyOrder()
    {
        MapPixel[] pixels = [new(8, 5, double.NaN), new(8, 9, 2), new(16, 3, 1), new(8, 7, 1), new(8, 4, 1)];
        foreach (MapPixel[] order in new[] { pixels, [.. pixels.Reverse()] })
        {
            SkyMap map = new(order);
            Assert.Equal(new MapPixel(8, 4, 1), map.Best);
            Assert.Equal(1, map.Failed);
            Assert.Equal(5, map.Pixels);
        }
    }

    [Fact]
    public void Constructor_NothingFitted_SaysSo() =>
        Assert.Contains("no pixel whose fit succeeded", Assert.Throws<ArgumentException>(() => new SkyMap([new MapPixel(8, 0, double.NaN)])).Message);

    [Fact]
    public void PixelValue_OverlappingSizes_FinestCounts()
    {
        Vector3d direction = Healpix.PixelToVector(64, 1000);
        long coarse = Healpix.VectorToPixel(8, direction);
        SkyMap map = new([new(8, coarse, 10), new(64, 1000, 4), new(8, coarse == 0 ? 1 : 0, 3)]);
        Assert.Equal(2, map.PixelValue(direction, out bool scanned), 12);
        Assert.True(scanned);
        map.PixelValue(-direction, out scanned);
        Assert.False(scanned);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void PixelCells_CoarserAndFinerThanTheMap_GiveTheValueAtEachMiddle(int nside)
    {
        // Holes, failed fits in every layer, and fine pixels of which some parents' middles touch one, two or four.
        List<MapPixel> pixels = [new(4, 9, double.NaN)];
        pixels.AddRange(Enumerable.Range(20, 100).Select(i => new MapPixel(4, i, 50 + (i % 7))));
        pixels.AddRange(Enumerable.Range(300, 500).Select(i => new MapPixel(16, i, i % 11 == 0 ? double.NaN : 30 + (i % 5))));
        pixels.AddRange(Enumerable.Range(1700, 900).Where(i => i % 3 > 0).Select(i => new MapPixel(32, i, i % 13 == 0 ? double.NaN : 10 + (i % 9))));
        SkyMap map = new(pixels);
        double[] expected = [.. Enumerable.Range(0, (int)Healpix.PixelCount(nside)).Select(nest => map.PixelValue(Healpix.PixelToVectorNest(nside, nest), out _))];
        double[] painted = new double[expected.Length];
        Array.Fill(painted, double.NaN);
        foreach ((int cellNside, long nest, double value) in map.PixelCells(nside))
        {
            int count = (int)Healpix.FirstChildNest(cellNside, 1, nside);
            painted.AsSpan((int)nest * count, count).Fill(value);
        }

        Assert.Equal(expected, painted);
    }

    [Fact]
    public void Value_BetweenCentres_FollowsTheSurface()
    {
        SkyMap map = new(SyntheticSky.Pixels());
        double atBest = SyntheticSky.Llh(map.BestDirection);
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            Vector3d direction = (SyntheticSky.Truth + (0.03 * new Vector3d(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5))).Normalized();
            // The pixel is 0.46°, the surface curves by 2 a square degree: interpolation errs by at most a few tenths.
            Assert.Equal(2 * (SyntheticSky.Llh(direction) - atBest), map.Value(direction), 0.35);
        }
    }

    [Fact]
    public void Cells_OfAnyMap_TileWhatWasScannedOnce()
    {
        // A full coarse sky, so everything is scanned: areas must add up to the sphere, whatever lies on top.
        List<MapPixel> pixels = SyntheticSky.Pixels();
        pixels.AddRange(Enumerable.Range(0, 40).Select(i => new MapPixel(512, 1_000_000 + (777 * i), 1200)));
        double area = new SkyMap(pixels).Cells().Sum(cell => Healpix.PixelArea(cell.Nside));
        Assert.Equal(4 * Math.PI, area, 1e-9);
    }
}
