namespace SkyDriver.Sky.Tests;

/// <summary>Rows made with healpy 1.16.1 query_disc: inclusive sets agree exactly too, though the README asks for less.</summary>
public sealed class DiscGoldenTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Disc_GoldenRows_Agree(bool inclusive)
    {
        foreach (var row in GoldenTable.Healpix("query_disc.json").Rows.Where(r => r.Bool("inclusive") == inclusive))
        {
            var pixels = new List<long>();
            var runs = new List<PixelRun>();
            if (row.Bool("nest")) Healpix.DiscNest(row.Nside, row.Vector(), row.Double("radius"), pixels, inclusive, row.Int("fact"));
            else
            {
                Healpix.Disc(row.Nside, row.Vector(), row.Double("radius"), pixels, inclusive, row.Int("fact"));
                Healpix.DiscRuns(row.Nside, row.Vector(), row.Double("radius"), runs, inclusive, row.Int("fact"));
            }

            var expected = row.Lists("runs").Select(r => new PixelRun((long)r[0], (long)r[1])).ToList();
            Assert.Equal(expected, Runs(pixels));
            Assert.Equal(row.Int("count"), pixels.Count);
            if (!row.Bool("nest")) Assert.Equal(expected, runs);
        }
    }

    private static List<PixelRun> Runs(List<long> pixels)
    {
        var runs = new List<PixelRun>();
        var sink = new RunSink(runs);
        foreach (long pixel in pixels) sink.Add(pixel, pixel);
        return runs;
    }
}
