namespace SkyDriver.Sky.Tests;

/// <summary>The checked edges of the library: pixels, sky points, angles.</summary>
public sealed class ValueTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(12)]
    [InlineData(1 << 30)]
    public void PixelCreate_BadNside_SaysWhatFits(int nside)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => Pixel.Create(nside, 0));
        Assert.Contains($"nside {nside} must be a power of two from 1 to 536870912", fault.Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(768)]
    public void PixelCreate_BadNumber_SaysTheRange(long ipix)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => Pixel.Create(8, ipix));
        Assert.Contains($"Pixel {ipix} must be from 0 to 767 at nside 8", fault.Message);
    }

    [Fact]
    public void Pixel_LargestNumber_IsItsOwnCentre()
    {
        var pixel = Pixel.Create(Healpix.MaxNside, 12L * Healpix.MaxNside * Healpix.MaxNside - 1);
        Assert.Equal(29, pixel.Order);
        Assert.Equal(-Math.PI / 2, pixel.Centre.Declination, 1e-8);
        Assert.Equal(new Pixel(512, 1_000_000), Pixel.At(512, new Pixel(512, 1_000_000).Centre));
    }

    [Fact]
    public void PixelCompare_MixedSizes_OrdersByNsideThenNumber()
    {
        Pixel[] pixels = [new(64, 1), new(8, 700), new(8, 3)];
        Assert.Equal([new(8, 3), new(8, 700), new(64, 1)], pixels.Order());
    }

    [Theory]
    [InlineData(-0.1, 0.0, "Right ascension")]
    [InlineData(2 * Math.PI, 0.0, "Right ascension")]
    [InlineData(double.NaN, 0.0, "Right ascension")]
    [InlineData(1.0, 1.6, "Declination")]
    [InlineData(1.0, double.NaN, "Declination")]
    public void SkyPoint_OutsideTheSphere_NamesTheAngle(double ra, double dec, string named)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => SkyPoint.FromRadians(ra, dec));
        Assert.Contains(named, fault.Message);
    }

    [Fact]
    public void SkyPoint_BothAnglesBad_NamesBoth()
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => SkyPoint.FromRadians(-1, 2));
        Assert.Contains("Right ascension -1", fault.Message);
        Assert.Contains("Declination 2", fault.Message);
    }

    [Fact]
    public void SkyPoint_ThroughItsVector_IsTheSame()
    {
        foreach (var direction in Samples.Directions(200))
        {
            var point = SkyPoint.FromVector(direction);
            Assert.InRange(point.ToVector().AngleTo(direction), 0, 1e-15);
            Assert.InRange(SkyPoint.FromVector(point.ToVector()).AngleTo(point), 0, 1e-15);
        }
    }

    [Fact]
    public void SkyPoint_Degrees_WrapRightAscension()
    {
        var point = SkyPoint.FromDegrees(-90, -45);
        Assert.Equal(1.5 * Math.PI, point.RightAscension, 1e-15);
        Assert.Equal(-Math.PI / 4, point.Declination, 1e-15);
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(-1e-20, 0.0)]
    [InlineData(2 * Math.PI, 0.0)]
    [InlineData(-Math.PI, Math.PI)]
    [InlineData(7.0, 7 - 2 * Math.PI)]
    public void Wrap_AnyAngle_IsInOneTurn(double angle, double expected)
    {
        double wrapped = Angles.Wrap(angle);
        Assert.Equal(expected, wrapped, 1e-15);
        Assert.InRange(wrapped, 0, Math.BitDecrement(Angles.TwoPi));
    }

    [Theory]
    [InlineData(1e-12)]
    [InlineData(1.0)]
    [InlineData(Math.PI - 1e-12)]
    public void AngleTo_TinyAndNearlyOpposite_KeepsItsDigits(double angle)
    {
        Assert.Equal(1, new Vector3d(3, 0, 0).AngleTo(new(Math.Cos(angle), Math.Sin(angle), 0)) / angle, 1e-14);
    }
}
