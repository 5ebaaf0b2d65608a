namespace SkyDriver.Sky.Tests;

/// <summary>Interpolation and regrading rows made with healpy 1.16.1.</summary>
public sealed class MapGoldenTests
{
    [Fact]
    public void Interpolate_GoldenRows_AgreeInBothSchemes()
    {
        var pixels = new long[4];
        var weights = new double[4];
        foreach (var row in GoldenTable.Healpix("interp.json").Rows)
        {
            Healpix.Interpolate(row.Nside, row.Double("theta"), row.Double("phi"), pixels, weights);
            Assert.Equal(row.Longs("ring4"), pixels);
            var expected = row.Doubles("weights");
            for (int i = 0; i < 4; i++) Assert.Equal(expected[i], weights[i], 1e-11);

            Healpix.InterpolateNest(row.Nside, row.Double("theta"), row.Double("phi"), pixels, weights);
            Assert.Equal(row.Longs("nest4"), pixels);
        }
    }

    [Fact]
    public void Regrade_GoldenMaps_Agree()
    {
        foreach (var row in GoldenTable.Healpix("ud_grade.json").Rows)
        {
            int from = row.Int("nside_in"), to = row.Int("nside_out");
            var expected = row.Doubles("map_out");
            var actual = new double[expected.Length];
            Healpix.Regrade(row.Doubles("map_in"), from, actual, to);
            AssertSame(expected, actual);

            Healpix.RegradeNest(Nested(row.Doubles("map_in"), from), from, actual, to);
            AssertSame(Nested(expected, to), actual);
        }
    }

    private static double[] Nested(double[] ring, int nside) =>
        [.. ring.Select((_, nest) => ring[Healpix.NestToRing(nside, nest)])];

    private static void AssertSame(double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-12);
    }
}
