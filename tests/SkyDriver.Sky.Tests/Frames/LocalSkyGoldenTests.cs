namespace SkyDriver.Sky.Tests;

/// <summary>Against the detector software's own chain (columns *_pal); see the README beside the golden data.</summary>
public sealed class LocalSkyGoldenTests
{
    private const double Limit = 0.1 * Angles.Arcsecond;

    [Fact]
    public void ToEquatorial_GoldenRows_AgreeWithReference()
    {
        foreach (var row in GoldenTable.Astro("local_to_equatorial").Rows)
        {
            var point = IceCubeFrame.ToEquatorial(new(row.Double("zenith"), row.Double("azimuth")), row.Double("mjd"));
            double off = point.AngleTo(SkyPoint.FromRadians(row.Double("ra_pal"), row.Double("dec_pal")));
            Assert.True(off < Limit, $"{off / Angles.Arcsecond:F3}\": {row}");
        }
    }
}
