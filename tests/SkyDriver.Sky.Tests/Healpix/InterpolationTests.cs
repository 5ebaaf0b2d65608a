namespace SkyDriver.Sky.Tests;

public sealed class InterpolationTests
{
    public static TheoryData<int> Nsides => Samples.Nsides;

    [Theory]
    [MemberData(nameof(Nsides))]
    public void Interpolate_AnyPoint_WeightsSumToOneAndNoneIsNegative(int nside)
    {
        var pixels = new long[4];
        var weights = new double[4];
        foreach (var direction in Samples.Directions(200))
        {
            var (theta, phi) = direction.ToAngles();
            Healpix.Interpolate(nside, theta, phi, pixels, weights);
            Assert.Equal(1, weights.Sum(), 1e-12);
            Assert.All(weights, w => Assert.InRange(w, -1e-9, 1 + 1e-9));
            Assert.All(pixels, p => Assert.InRange(p, 0, Healpix.PixelCount(nside) - 1));
            Assert.Distinct(pixels);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(1 << 14)]
    public void Interpolate_AtACentre_IsThatPixel(int nside)
    {
        var pixels = new long[4];
        var weights = new double[4];
        foreach (long ipix in Samples.AllOrSome(nside, 100))
        {
            Healpix.PixelToAngle(nside, ipix, out double theta, out double phi);
            Healpix.Interpolate(nside, theta, phi, pixels, weights);
            double own = pixels.Zip(weights).Where(p => p.First == ipix).Sum(p => p.Second);
            Assert.Equal(1, own, 1e-8);
        }
    }

    [Fact]
    public void Interpolate_MapOfColatitude_ReturnsTheColatitude()
    {
        const int Nside = 32;
        var map = new double[Healpix.PixelCount(Nside)];
        for (long p = 0; p < map.Length; p++) Healpix.PixelToAngle(Nside, p, out map[p], out _);
        foreach (var direction in Samples.Directions(300))
        {
            var (theta, phi) = direction.ToAngles();
            if (theta > map[0] && theta < map[^1]) Assert.Equal(theta, Healpix.Interpolate(Nside, map, theta, phi), 1e-13);
            else Assert.InRange(Healpix.Interpolate(Nside, map, theta, phi), map[0] - 1e-15, map[^1] + 1e-15);
        }
    }

    [Fact]
    public void Regrade_UpThenDown_IsTheSameMap()
    {
        var map = Enumerable.Range(0, 12 * 16).Select(i => i == 7 ? double.NaN : Math.Sin(i)).ToArray();
        var fine = new double[12 * 64 * 64];
        var back = new double[map.Length];
        Healpix.Regrade(map, 4, fine, 64);
        Healpix.Regrade(fine, 64, back, 4);
        for (int i = 0; i < map.Length; i++) Assert.Equal(map[i], back[i], 1e-13);
    }

    [Fact]
    public void Regrade_WrongLength_SaysWhichAndWhatFits()
    {
        var fault = Assert.Throws<ArgumentException>(() => Healpix.Regrade(new double[100], 4, new double[12], 1));
        Assert.Contains("nside 4 has 192 values, not 100", fault.Message);
    }
}
