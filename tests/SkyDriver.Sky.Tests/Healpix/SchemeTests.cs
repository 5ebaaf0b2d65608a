namespace SkyDriver.Sky.Tests;

/// <summary>Properties of both numberings at all thirty orders.</summary>
public sealed class SchemeTests
{
    public static TheoryData<int> Nsides => Samples.Nsides;

    [Theory]
    [MemberData(nameof(Nsides))]
    public void Centre_OfEveryScheme_LeadsBackToThePixel(int nside)
    {
        foreach (long ipix in Samples.AllOrSome(nside, 500))
        {
            long nest = Healpix.RingToNest(nside, ipix);
            Assert.InRange(nest, 0, Healpix.PixelCount(nside) - 1);
            Assert.Equal(ipix, Healpix.NestToRing(nside, nest));

            Healpix.PixelToAngle(nside, ipix, out double theta, out double phi);
            Assert.InRange(phi, 0, Math.BitDecrement(Angles.TwoPi));
            Assert.Equal(ipix, Healpix.AngleToPixel(nside, theta, phi));
            Assert.Equal(nest, Healpix.AngleToPixelNest(nside, theta, phi));
            Assert.Equal(ipix, Healpix.VectorToPixel(nside, Healpix.PixelToVector(nside, ipix)));

            Healpix.PixelToAngleNest(nside, nest, out double nestTheta, out double nestPhi);
            Assert.Equal((theta, phi), (nestTheta, nestPhi));
            Assert.Equal(nest, Healpix.VectorToPixelNest(nside, Healpix.PixelToVectorNest(nside, nest)));
        }
    }

    [Theory]
    [MemberData(nameof(Nsides))]
    public void VectorToPixel_AnyDirection_FindsAPixelThatReachesIt(int nside)
    {
        double farthest = Healpix.MaxPixelRadius(nside) * (1 + 1e-6) + 1e-15;
        foreach (var direction in Samples.Directions(500))
        {
            long ipix = Healpix.VectorToPixel(nside, direction);
            Assert.InRange(ipix, 0, Healpix.PixelCount(nside) - 1);
            Assert.InRange(Healpix.PixelToVector(nside, ipix).AngleTo(direction), 0, farthest);
            Assert.Equal(Healpix.RingToNest(nside, ipix), Healpix.VectorToPixelNest(nside, direction));
        }
    }

    // Where belt and caps meet, pixels have corners on exactly this height; the counts of border lines are rounded apart there.
    [Theory]
    [MemberData(nameof(Nsides))]
    public void VectorToPixel_CornerAtTheEdgeOfTheBelt_FindsOneOfThePixelsThatTouchIt(int nside)
    {
        double farthest = Healpix.MaxPixelRadius(nside) * (1 + 1e-6) + 1e-15;
        long corners = Math.Min(4L * nside, 4096), stride = 4L * nside / corners;
        for (long corner = 0; corner < corners; corner++)
        {
            double phi = corner * stride * (Math.PI / 2) / nside;
            foreach (double z in (ReadOnlySpan<double>)[2.0 / 3, -2.0 / 3])
            {
                double r = Math.Sqrt(1 - z * z);
                Vector3d direction = new(r * Math.Cos(phi), r * Math.Sin(phi), z);
                long ipix = Healpix.VectorToPixel(nside, direction);
                Assert.InRange(Healpix.PixelToVector(nside, ipix).AngleTo(direction), 0, farthest);
                Assert.Equal(Healpix.RingToNest(nside, ipix), Healpix.VectorToPixelNest(nside, direction));
            }
        }
    }

    [Fact]
    public void RingToNest_AllPixelsOfSmallSpheres_IsAPermutation()
    {
        for (int nside = 1; nside <= 64; nside *= 2)
        {
            var seen = new bool[Healpix.PixelCount(nside)];
            for (long ipix = 0; ipix < seen.Length; ipix++) seen[Healpix.RingToNest(nside, ipix)] = true;
            Assert.DoesNotContain(false, seen);
        }
    }

    [Fact]
    public void PixelToAngle_FirstRingOfTheFinestSphere_KeepsAllDigits()
    {
        // 1 - z = 2 sin²(θ/2) = 1/(3·nside²); θ is far below what acos(z) resolves.
        Healpix.PixelToAngle(Healpix.MaxNside, 0, out double theta, out _);
        Assert.Equal(1, theta / (Math.Sqrt(2.0 / 3) / Healpix.MaxNside), 1e-15);
        Assert.Equal(1, Math.Asin(Math.Sqrt(1 - Math.Pow(Healpix.PixelToVector(Healpix.MaxNside, 3).Z, 2))) + 1, 1e-7);
        var vector = Healpix.PixelToVector(Healpix.MaxNside, 2);
        Assert.Equal(1, Math.Sqrt(vector.X * vector.X + vector.Y * vector.Y) / theta, 1e-15);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1e-300, 0)]
    [InlineData(1e-10, 0)]
    public void AngleToPixel_NearThePoles_IsInTheOutermostRing(double colatitude, long expected)
    {
        long last = Healpix.PixelCount(Healpix.MaxNside) - 1;
        Assert.Equal(expected, Healpix.AngleToPixel(Healpix.MaxNside, colatitude, 0.3));
        Assert.Equal(expected + 3, Healpix.AngleToPixel(Healpix.MaxNside, colatitude, -0.3));
        Assert.InRange(Healpix.AngleToPixel(Healpix.MaxNside, Math.PI - colatitude, 0.3), last - 3, last);
    }

    [Theory]
    [InlineData(-1e-20)]
    [InlineData(Math.PI * 2)]
    [InlineData(-Math.PI * 2)]
    [InlineData(1e6)]
    [InlineData(-1e6)]
    public void AngleToPixel_LongitudeOutsideOneTurn_IsTheSameDirection(double phi)
    {
        foreach (double theta in new[] { 0.1, 0.7, 1.5, 2.0, 3.1 })
        {
            long expected = Healpix.VectorToPixel(64, Vector3d.FromAngles(theta, phi + 1e-9));
            Assert.Equal(expected, Healpix.AngleToPixel(64, theta, phi + 1e-9));
            Assert.InRange(Healpix.AngleToPixel(64, theta, phi), 0, Healpix.PixelCount(64) - 1);
        }
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 2)]
    [InlineData(8, 64)]
    public void Children_AllPixels_ShareOutTheFinerSphere(int nside, int childNside)
    {
        int ratio = childNside / nside;
        var children = new long[ratio * ratio];
        var owner = new long[Healpix.PixelCount(childNside)];
        Array.Fill(owner, -1);
        for (long ipix = 0; ipix < Healpix.PixelCount(nside); ipix++)
        {
            Healpix.Children(nside, ipix, childNside, children);
            foreach (long child in children)
            {
                Assert.Equal(-1, owner[child]);
                owner[child] = ipix;
                Assert.Equal(ipix, Healpix.Parent(childNside, child, nside));
                Assert.Equal(ipix, Healpix.VectorToPixel(nside, Healpix.PixelToVector(childNside, child)));
            }
        }

        Assert.DoesNotContain(-1, owner);
    }

    [Fact]
    public void ChildrenNest_OfAnyPixel_AreOneRunOfNumbers()
    {
        var children = new long[64];
        foreach (long ipix in Samples.Pixels(1 << 20, 50))
        {
            Healpix.Children(1 << 20, ipix, 1 << 23, children);
            long nest = Healpix.RingToNest(1 << 20, ipix), first = Healpix.FirstChildNest(1 << 20, nest, 1 << 23);
            for (int i = 0; i < 64; i++)
            {
                Assert.Equal(first + i, Healpix.RingToNest(1 << 23, children[i]));
                Assert.Equal(nest, Healpix.ParentNest(1 << 23, first + i, 1 << 20));
            }
        }
    }
}
