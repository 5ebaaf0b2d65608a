using SkyDriver.Sky;

namespace SkyDriver.Scan.Tests;

public sealed class PixelChoiceTests
{
    [Fact]
    public void Disc_GoldenRows_SamePixels()
    {
        foreach (var row in GoldenUnits.Section("discs").GetProperty("rows").EnumerateArray())
        {
            int nside = row[0].GetInt32();
            var found = new List<long>();
            PixelChoice.Disc(
                nside, Healpix.PixelToVector(row[1].GetInt32(), row[2].GetInt64()), Math.Sqrt(row[3].GetInt32() * Healpix.PixelArea(nside) / Math.PI), found);
            Assert.Equal(row[4].EnumerateArray().Select(pixel => pixel.GetInt64()).Order(), found);
        }
    }

    [Fact]
    public void Refine_GoldenMaps_SamePixels()
    {
        foreach (var row in GoldenUnits.Section("refinements").EnumerateArray())
        {
            var table = new PixelTable(row.GetProperty("nside").GetInt32(), 1);
            var saved = row.GetProperty("pixels_in_save_order").EnumerateArray().Select(p => (Ipix: p[0].GetInt64(), Llh: GoldenCase.Number(p[1]))).ToList();
            table.Append([.. saved.Select(p => p.Ipix).Order()], 0);
            int n = 0;
            foreach (var (ipix, llh) in saved) table.Accept(table.Find(ipix), 0, new PixelFit(llh, 0, 0, 0, 0, 0, 0, 0), ++n);
            var minimum = row.GetProperty("global_min_ignoring_nan");
            var chosen = PixelChoice.Refine(
                table, row.GetProperty("extension").GetInt32(), row.GetProperty("trigger").GetDouble(), new Pixel(minimum[0].GetInt32(), minimum[1].GetInt64()));
            Assert.Equal(row.GetProperty("refine_ignoring_nan").EnumerateArray().Select(p => p.GetInt64()).Order(), chosen);
        }
    }

    [Fact]
    public void Choose_GoldenPointings_SamePixels()
    {
        foreach (var row in GoldenUnits.Section("around_coordinate").GetProperty("rows").EnumerateArray())
        {
            var plan = TestPlans.Plan($"{row[0].GetInt32()}:0") with
            {
                Pointing = SkyPoint.FromRadians(row[1].GetDouble(), row[2].GetDouble()),
                PointingRadius = double.DegreesToRadians(row[3].GetDouble()),
            };
            var chosen = new RoundChooser(plan, [new PixelTable(row[0].GetInt32(), 1)]).Choose(-1, null);
            Assert.Equal(row[4].EnumerateArray().Select(p => p.GetInt64()).Order(), chosen![0]);
        }
    }

    [Fact]
    public void Refine_EverythingIsNan_ChoosesNothing()
    {
        var table = new PixelTable(1, 1);
        table.Append([.. Enumerable.Range(0, 12).Select(i => (long)i)], 0);
        for (int row = 0; row < 12; row++) table.Accept(row, 0, PixelFit.Failed, row + 1);
        Assert.Empty(PixelChoice.Refine(table, 12, ScanPlan.UsualNeighbourTrigger, null));
    }

    [Fact]
    public void Find_ManyPixelsOverManyRounds_FindsEachAndNoOther()
    {
        const int nside = 512;
        var table = new PixelTable(nside, 1);
        var random = new Random(5);
        var known = new Dictionary<long, int>();
        for (int round = 0; round < 40; round++)
        {
            var pixels = Enumerable.Range(0, 500).Select(_ => random.NextInt64(Healpix.PixelCount(nside))).Where(p => !known.ContainsKey(p)).Distinct().Order().ToList();
            foreach (long pixel in pixels) known[pixel] = known.Count;
            table.Append(pixels, 0);
        }

        Assert.All(known, entry => Assert.Equal(entry.Value, table.Find(entry.Key)));
        for (int i = 0; i < 10_000; i++)
        {
            long pixel = random.NextInt64(Healpix.PixelCount(nside));
            Assert.Equal(known.GetValueOrDefault(pixel, -1), table.Find(pixel));
        }
    }
}
