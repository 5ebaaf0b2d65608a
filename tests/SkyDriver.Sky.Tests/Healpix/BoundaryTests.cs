namespace SkyDriver.Sky.Tests;

public sealed class BoundaryTests
{
    public static TheoryData<int> Nsides => Samples.Nsides;

    [Theory]
    [MemberData(nameof(Nsides))]
    public void Boundaries_DrawnInALittle_LieInThePixel(int nside)
    {
        var outline = new Vector3d[4 * 7];
        foreach (long ipix in Samples.Pixels(nside, 100))
        {
            Healpix.Boundaries(nside, ipix, outline);
            var centre = Healpix.PixelToVector(nside, ipix);
            foreach (var point in outline)
            {
                Assert.Equal(1, point.Length, 1e-14);
                Assert.InRange(point.AngleTo(centre), 0, Healpix.MaxPixelRadius(nside) + 1e-15);
                Assert.Equal(ipix, Healpix.VectorToPixel(nside, point + 0.01 * (centre - point)));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(Healpix.MaxNside)]
    public void Boundaries_MoreSteps_PassThroughTheSameCorners(int nside)
    {
        var corners = new Vector3d[4];
        var outline = new Vector3d[4 * 5];
        foreach (long ipix in Samples.Pixels(nside, 20))
        {
            Healpix.Boundaries(nside, ipix, corners);
            Healpix.BoundariesNest(nside, Healpix.RingToNest(nside, ipix), outline);
            for (int i = 0; i < 4; i++) Assert.InRange(corners[i].AngleTo(outline[5 * i]), 0, 1e-15);
        }
    }

    [Fact]
    public void MaxPixelRadius_OverAllCorners_IsReachedAndNotPassed()
    {
        var corners = new Vector3d[4];
        for (int nside = 1; nside <= 32; nside *= 2)
        {
            double largest = 0;
            for (long ipix = 0; ipix < Healpix.PixelCount(nside); ipix++)
            {
                Healpix.Boundaries(nside, ipix, corners);
                var centre = Healpix.PixelToVector(nside, ipix);
                largest = Math.Max(largest, corners.Max(c => c.AngleTo(centre)));
            }

            Assert.Equal(Healpix.MaxPixelRadius(nside), largest, 1e-14);
        }
    }
}
