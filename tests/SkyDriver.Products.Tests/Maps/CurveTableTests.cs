using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Maps;

public sealed class CurveTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void PixelValue_AnyDirectionAndBorders_IsThatOfThePlainForm(int sizes)
    {
        List<MapPixel> pixels = PlainMap.Patchwork(sizes);
        (SkyMap map, PlainMap plain) = (new(pixels), new(pixels));
        foreach (Vector3d direction in PlainMap.Directions(20_000))
        {
            double expected = plain.PixelValue(direction, out bool isScanned);
            Assert.Equal((expected, isScanned), (map.PixelValue(direction, out bool scanned), scanned));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Value_AnyDirectionAndBorders_IsThatOfThePlainForm(int sizes)
    {
        List<MapPixel> pixels = PlainMap.Patchwork(sizes);
        (SkyMap map, PlainMap plain) = (new(pixels), new(pixels));
        foreach (Vector3d direction in PlainMap.Directions(20_000)) Assert.Equal(plain.Value(direction), map.Value(direction));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(Healpix.MaxNside)]
    public void Find_EveryPlace_LiesInTheStretchOfItsFinestPixel(int finest)
    {
        var random = new Random(finest);
        (int Nside, long Nest)[] pixels = [.. Enumerable.Range(0, 400)
            .Select(i => Math.Min(finest, 1 << random.Next(30)))
            .Select(nside => (nside, random.NextInt64(Healpix.PixelCount(nside)))).Distinct()];
        CurveTable table = new(finest, pixels);
        foreach ((int nside, long nest) in pixels)
        {
            long first = Healpix.FirstChildNest(nside, nest, finest), end = Healpix.FirstChildNest(nside, nest + 1, finest);
            foreach (long place in new[] { first - 1, first, random.NextInt64(first, end), end - 1, end })
            {
                if (place < 0 || place >= Healpix.PixelCount(finest)) continue;
                int stretch = table.Find(place), owner = Array.IndexOf(pixels, pixels.Where(p => Healpix.ParentNest(finest, place, p.Nside) == p.Nest).DefaultIfEmpty((-1, -1)).MaxBy(p => p.Item1));
                Assert.True(table.Holds(stretch, place));
                Assert.Equal(owner, table.OwnerOf(stretch));
                int shift = table.CellShift(stretch, place);
                Assert.Equal(stretch, table.Find(place >> shift << shift));
                Assert.Equal(stretch, table.Find((((place >> shift) + 1) << shift) - 1));
            }
        }
    }

    [Fact]
    public void PixelValues_NumbersOfAnyKind_AreFoundAndOthersAreNot()
    {
        foreach (int count in new[] { 0, 1, 2, 3, 1000, 4096 })
        {
            (long Number, double Value)[] pixels = [.. Enumerable.Range(0, count).Select(i => (i % 2 == 0 ? i : (long)i << 40, 0.5 * i))];
            PixelValues values = new(pixels);
            Assert.All(pixels, pixel => Assert.True(values.TryGet(pixel.Number, out double value) && value == pixel.Value));
            Assert.All(Enumerable.Range(0, 5000).Select(i => ((long)i << 40) + 1), number => Assert.False(values.TryGet(number, out _)));
        }

        Assert.Contains("Pixel 7 comes twice", Assert.Throws<ArgumentException>(() => new PixelValues([(7, 1), (8, 2), (7, 3)])).Message);
    }
}
