using SkyDriver.Sky;

namespace SkyDriver.Scan.Tests;

public sealed class ResultMirrorTests
{
    [Fact]
    public void MirroredInDeclination_EveryValue_MovesToTheOtherSideOfTheEquator()
    {
        long[] index = [0, 5, 100, 383, 400, 767];
        double[] llh = [1, 2, 3, 4, double.NaN, 6], other = [10, 20, 30, 40, 50, 60];
        SkyScanResult result = new([new NsideResult(8, 0, index, [llh, other, other], null)]);
        SkyScanResult mirrored = result.MirroredInDeclination();
        NsideResult only = Assert.Single(mirrored.Nsides);
        Assert.Equal([.. only.Index.ToArray().Order()], only.Index.ToArray());
        foreach ((long ipix, double value) in index.Zip(llh))
        {
            SkyPoint centre = new Pixel(8, ipix).Centre;
            SkyPoint opposite = SkyPoint.FromRadians(centre.RightAscension, -centre.Declination);
            Assert.Equal(value, only.LlhOf(Pixel.At(8, opposite).Ipix));
        }

        Assert.Empty(result.DifferencesFrom(mirrored.MirroredInDeclination()));
    }
}
