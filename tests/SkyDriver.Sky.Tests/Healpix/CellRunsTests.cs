namespace SkyDriver.Sky.Tests;

public sealed class CellRunsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 8)]
    [InlineData(2, 2)]
    [InlineData(4, 64)]
    [InlineData(8, 16)]
    [InlineData(16, 16)]
    public void FillCell_EveryCell_CoversItsPixelsAndNoOthers(int cellNside, int nside)
    {
        long[] filled = new long[Healpix.PixelCount(nside)];
        for (long nest = 0; nest < Healpix.PixelCount(cellNside); nest++)
        {
            long[] alone = new long[filled.Length];
            Healpix.FillCell(alone, nside, cellNside, nest, 1);
            Assert.Equal(Healpix.FirstChildNest(cellNside, 1, nside), alone.Sum());
            Healpix.FillCell(filled, nside, cellNside, nest, nest);
        }

        Assert.Equal([.. Enumerable.Range(0, filled.Length).Select(ipix => Healpix.ParentNest(nside, Healpix.RingToNest(nside, ipix), cellNside))], filled);
    }

    [Fact]
    public void FillCell_AsFineAsAMapCanBe_MarksTheOnePixel()
    {
        // A map of nside 1024 and single pixels of it, around the poles, the turn of right ascension and the caps' borders.
        const int Nside = 1024;
        byte[] map = new byte[Healpix.PixelCount(Nside)];
        foreach (long ipix in Samples.Pixels(Nside, 2000))
        {
            Healpix.FillCell<byte>(map, Nside, Nside, Healpix.RingToNest(Nside, ipix), 1);
            Assert.Equal(1, map[ipix]);
            map[ipix] = 0;
        }

        Assert.DoesNotContain((byte)1, map);
    }
}
