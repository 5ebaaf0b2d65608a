namespace SkyDriver.Sky.Tests;

public sealed class LocalSkyTransformTests
{
    [Theory]
    [InlineData(51544.5)]
    [InlineData(55694.99059)]
    [InlineData(60676.123456)]
    public void ToLocal_AndBack_IsTheSamePoint(double mjd)
    {
        var transform = new LocalSkyTransform(mjd);
        foreach (var direction in Samples.Directions(500))
        {
            var point = SkyPoint.FromVector(direction);
            // Deflection is undone with its value at the bent direction, so a second-order rest remains, larger near the Sun.
            Assert.InRange(transform.ToEquatorial(transform.ToLocal(point)).AngleTo(point) / Angles.Arcsecond, 0, 2e-5);
        }
    }

    [Fact]
    public void SpanOverloads_ManyDirections_EqualTheSingleConversions()
    {
        const double Mjd = 58000.25;
        var points = Samples.Directions(50).Select(d => SkyPoint.FromVector(d)).ToArray();
        var local = new LocalDirection[points.Length];
        var back = new SkyPoint[points.Length];
        var transform = new LocalSkyTransform(Mjd);
        transform.ToLocal(points, local);
        transform.ToEquatorial(local, back);
        for (int i = 0; i < points.Length; i++)
        {
            Assert.Equal(IceCubeFrame.ToLocal(points[i], Mjd), local[i]);
            Assert.Equal(IceCubeFrame.ToEquatorial(local[i], Mjd), back[i]);
        }

        Assert.Throws<ArgumentException>(() => transform.ToLocal(points, local.AsSpan(1)));
    }

    [Fact]
    public void ToEquatorial_OneSiderealDayLater_IsTheSamePointButForTheEarthsMotion()
    {
        LocalDirection direction = new(1.2, 2.3);
        var first = IceCubeFrame.ToEquatorial(direction, 58000);
        var later = IceCubeFrame.ToEquatorial(direction, 58000 + 1 / 1.00273781191135448);
        Assert.InRange(first.AngleTo(later) / Angles.Arcsecond, 0, 0.5);           // a day of aberration is 0.36"
    }

    [Fact]
    public void ToEquatorial_StraightUp_IsNearTheSouthCelestialPoleOfDate()
    {
        var point = IceCubeFrame.ToEquatorial(new(0, 0), 51544.5);
        Assert.InRange(Angles.ToDegrees(point.Declination), -90, -89.98);
    }

    [Theory]
    [InlineData(1.0, 0.46)]          // arcsec, 4.07 mas · cot(separation / 2)
    [InlineData(10.0, 0.0465)]
    [InlineData(90.0, 0.0041)]
    public void Deflection_BesideTheSun_FollowsTheCotangentLaw(double degrees, double expected)
    {
        const double Mjd = 58850;                                       // January: the Earth at perihelion
        var earth = new EarthMotion(Mjd);
        var sun = -earth.FromSun;
        var side = sun.Cross(new(0, 0, 1)).Normalized();
        var (sin, cos) = Math.SinCos(Angles.ToRadians(degrees));
        var star = cos * sun + sin * side;
        double moved = LocalSkyTransform.Deflect(star, earth, 1).AngleTo(star) / Angles.Arcsecond;
        Assert.Equal(1, moved / expected, 0.05);
    }

    [Fact]
    public void ToLocal_BehindTheSun_IsFinite()
    {
        var transform = new LocalSkyTransform(58850);
        var sun = SkyPoint.FromVector(-new EarthMotion(58850).FromSun);
        Assert.True(double.IsFinite(transform.ToLocal(sun).Zenith));
        Assert.InRange(transform.ToEquatorial(transform.ToLocal(sun)).AngleTo(sun), 0, Angles.Arcsecond);
    }

    [Fact]
    public void EarthMotion_OverAYear_HasTheKnownAberrationConstant()
    {
        // Of a Kepler orbit the mean square speed is that of the circle, the constant times √(1 - e²).
        double square = Enumerable.Range(0, 365).Average(day => Math.Pow(new EarthMotion(58000 + day).Velocity.Length, 2));
        double constant = Math.Sqrt(square / (1 - 0.0167 * 0.0167)) / Angles.Arcsecond;
        Assert.Equal(20.49552, constant, 0.001);                        // IAU 1976
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1.0)]
    [InlineData(2_458_000.5)]          // a Julian date in the wrong place
    public void Constructor_DateOutOfRange_NamesIt(double mjd)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => new LocalSkyTransform(mjd));
        Assert.Contains($"MJD {mjd}", fault.Message);
    }
}
