namespace SkyDriver.Sky.Tests;

public sealed class BulkTests
{
    private const int Nside = 512;

    private readonly long[] _pixels = [.. Samples.Pixels(Nside, 1000)];

    [Fact]
    public void SpanOverloads_ManyPixels_EqualTheScalarOnes()
    {
        int count = _pixels.Length;
        double[] theta = new double[count], phi = new double[count];
        long[] found = new long[count], nest = new long[count], eight = new long[8 * count];
        var vectors = new Vector3d[count];
        Healpix.PixelToAngle(Nside, _pixels, theta, phi);
        Healpix.AngleToPixel(Nside, theta, phi, found);
        Assert.Equal(_pixels, found);
        Healpix.PixelToVector(Nside, _pixels, vectors);
        Healpix.VectorToPixel(Nside, vectors, found);
        Assert.Equal(_pixels, found);
        Healpix.RingToNest(Nside, _pixels, nest);
        Healpix.NestToRing(Nside, nest, nest);
        Assert.Equal(_pixels, nest);
        Healpix.Neighbours(Nside, _pixels, eight);
        var one = new long[8];
        Healpix.Neighbours(Nside, _pixels[^1], one);
        Assert.Equal(one, eight[^8..]);
    }

    [Fact]
    public void SpanOverloads_DifferentLengths_NameTheSpan()
    {
        var fault = Assert.Throws<ArgumentException>(() => Healpix.RingToNest(Nside, _pixels, new long[3]));
        Assert.Contains($"nest.Length is 3; give {_pixels.Length}", fault.Message);
    }

    [Fact]
    public void EveryKernel_InALoop_AllocatesNothing()
    {
        var eight = new long[8];
        var weights = new double[4];
        var corners = new Vector3d[4];
        var disc = new List<long>(1000);
        var transform = new LocalSkyTransform(58000);
        RunAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        RunAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void RunAll()
        {
            foreach (long ipix in _pixels)
            {
                Healpix.PixelToAngle(Nside, ipix, out double theta, out double phi);
                Healpix.AngleToPixel(Nside, theta, phi);
                Healpix.RingToNest(Nside, Healpix.VectorToPixel(Nside, Healpix.PixelToVector(Nside, ipix)));
                Healpix.Neighbours(Nside, ipix, eight);
                Healpix.Interpolate(Nside, theta, phi, eight.AsSpan(0, 4), weights);
                Healpix.Boundaries(Nside, ipix, corners);
                Healpix.Children(Nside, ipix, 2 * Nside, eight.AsSpan(0, 4));
                disc.Clear();
                Healpix.Disc(Nside, corners[0], 0.01, disc, inclusive: ipix % 2 == 0);
                transform.ToEquatorial(transform.ToLocal(new Pixel(Nside, ipix).Centre));
            }
        }
    }
}
