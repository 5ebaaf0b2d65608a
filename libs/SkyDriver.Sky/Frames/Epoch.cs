using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Time arguments of the series, from an MJD in UTC.</summary>
/// <remarks>
/// UT1 and TT are taken equal to UTC. The first is the convention of the detector's software (true Earth orientation
/// differs by up to 13.5"); the second moves precession, nutation and aberration by less than 0.001".
/// </remarks>
internal static class Epoch
{
    private const double J2000 = 51544.5;

    /// <summary>Julian centuries since J2000.</summary>
    public static double Centuries(double mjd) => (mjd - J2000) / 36525;

    /// <summary>Greenwich apparent sidereal time, radians, from the nutation in longitude and the mean obliquity.</summary>
    /// <remarks>Earth rotation angle of IAU 2000 and sidereal polynomial of IAU 2006 (IERS Conventions 2010, chapter 5), with
    /// the two largest complementary terms of the equation of the equinoxes.</remarks>
    public static double SiderealTime(double mjd, in Nutation nutation)
    {
        double t = Centuries(mjd), days = mjd - J2000;
        double turns = days - Math.Floor(days) + 0.7790572732640 + 0.00273781191135448 * days;
        double drift = 0.014506 + (4612.156534 + (1.3915817 + (-0.00000044 - 0.000029956 * t) * t) * t) * t;
        double equinoxes = nutation.Longitude * Elementary.Cos(nutation.MeanObliquity)
            + Angles.Arcsecond * (0.00264 * Elementary.Sin(nutation.Node) + 0.000063 * Elementary.Sin(2 * nutation.Node));
        return Angles.TwoPi * (turns - Math.Floor(turns)) + drift * Angles.Arcsecond + equinoxes;
    }
}
