namespace SkyDriver.Sky.Tests;

/// <summary>
/// Against the detector software's own chain (columns *_pal) and a full IAU 2006 chain (columns *_erfa); see the README
/// beside the golden data. The two differ from each other by a constant 0.05" in right ascension; ours follows the second.
/// </summary>
public sealed class LocalSkyGoldenTests
{
    private const double ReferenceLimit = 0.06 * Angles.Arcsecond;
    private const double FullChainLimit = 0.008 * Angles.Arcsecond;

    [Fact]
    public void ToEquatorial_GoldenRows_AgreeWithBothChains()
    {
        foreach (var row in GoldenTable.Astro("local_to_equatorial").Rows)
        {
            var point = IceCubeFrame.ToEquatorial(new(row.Double("zenith"), row.Double("azimuth")), row.Double("mjd"));
            double off = point.AngleTo(SkyPoint.FromRadians(row.Double("ra_pal"), row.Double("dec_pal")));
            Assert.True(off < ReferenceLimit, $"{off / Angles.Arcsecond:F4}\": {row}");
            off = point.AngleTo(SkyPoint.FromRadians(row.Double("ra_erfa"), row.Double("dec_erfa")));
            Assert.True(off < FullChainLimit || EndsInLeapSecond(row), $"{off / Angles.Arcsecond:F4}\": {row}");
        }
    }

    [Fact]
    public void ToLocal_GoldenRows_AgreeWithBothChains()
    {
        foreach (var row in GoldenTable.Astro("equatorial_to_local").Rows)
        {
            var point = SkyPoint.FromRadians(row.Double("ra"), row.Double("dec"));
            var actual = IceCubeFrame.ToLocal(point, row.Double("mjd"));
            Assert.InRange(actual.Azimuth, 0, Math.BitDecrement(Angles.TwoPi));
            double off = Separation(actual, new(row.Double("zenith_pal"), row.Double("azimuth_pal")));
            Assert.True(off < ReferenceLimit, $"{off / Angles.Arcsecond:F4}\": {row}");
            off = Separation(actual, new(row.Double("zenith_erfa"), row.Double("azimuth_erfa")));
            Assert.True(off < FullChainLimit || EndsInLeapSecond(row), $"{off / Angles.Arcsecond:F4}\": {row}");
        }
    }

    private static double Separation(LocalDirection a, LocalDirection b) => a.ToVector().AngleTo(b.ToVector());

    /// <summary>The full chain stretches a day with 86,401 seconds; the detector's software and ours do not.</summary>
    private static bool EndsInLeapSecond(GoldenTable.Row row) => Math.Floor(row.Double("mjd")) == 57753;
}
