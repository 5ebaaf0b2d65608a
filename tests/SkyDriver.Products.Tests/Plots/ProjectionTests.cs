using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Plots;

public sealed class ProjectionTests
{
    [Fact]
    public void Mollweide_ThereAndBack_IsTheSameDirection()
    {
        Mollweide ellipse = new(400, 200, 300);
        for (long ipix = 0; ipix < Healpix.PixelCount(16); ipix++)
        {
            Vector3d direction = Healpix.PixelToVector(16, ipix);
            SkyPoint sky = SkyPoint.FromVector(direction);
            Point at = ellipse.Project(sky.RightAscension, sky.Declination);
            Assert.True(ellipse.Invert(at.X, at.Y)!.Value.AngleTo(direction) < 1e-6);
        }
    }

    [Fact]
    public void Mollweide_RightAscension_GrowsToTheLeft()
    {
        Mollweide ellipse = new(400, 200, 300);
        Assert.Equal(400, ellipse.Project(Math.PI, 0).X, 9);
        Assert.True(ellipse.Project(4, 0).X < ellipse.Project(2, 0).X);
        Assert.True(ellipse.Project(1, 1).Y < ellipse.Project(1, 0).Y);
        Assert.Null(ellipse.Invert(400 + 299, 200 + 140));
    }

    [Fact]
    public void Zenithal_ThereAndBack_KeepsDirectionAndSenses()
    {
        Vector3d middle = SkyPoint.FromDegrees(30, 70).ToVector();
        Zenithal plane = new(middle);
        for (long ipix = 0; ipix < Healpix.PixelCount(8); ipix++)
        {
            Vector3d direction = Healpix.PixelToVector(8, ipix);
            Point at = plane.Project(direction)!.Value;
            Assert.Equal(2 * Math.Sin(middle.AngleTo(direction) / 2), Math.Sqrt((at.X * at.X) + (at.Y * at.Y)), 9);
            Assert.True(plane.Invert(at.X, at.Y).AngleTo(direction) < 1e-7);
        }

        Assert.True(plane.Project(SkyPoint.FromDegrees(31, 70).ToVector())!.Value.X < 0, "east is to the left");
        Assert.True(plane.Project(SkyPoint.FromDegrees(30, 71).ToVector())!.Value.Y > 0, "north is up");
    }

    [Fact]
    public void IsoLines_OfACone_AreOneClosedCircle()
    {
        const int Size = 101;
        double[] values = new double[Size * Size];
        for (int i = 0; i < values.Length; i++) values[i] = Math.Sqrt(Math.Pow((i % Size) - 50, 2) + Math.Pow((i / Size) - 50, 2));
        Point[] circle = Assert.Single(IsoLines.Find(values, Size, 30.3));
        Assert.Equal(circle[0], circle[^1]);
        Assert.All(circle, p => Assert.Equal(30.3, Math.Sqrt(Math.Pow(p.X - 50, 2) + Math.Pow(p.Y - 50, 2)), 0.05));
    }

    [Fact]
    public void IsoLines_CutByTheFrame_AreOpen()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(i => (double)(i % 10))];
        Point[] line = Assert.Single(IsoLines.Find(values, 10, 4.5));
        Assert.NotEqual(line[0], line[^1]);
        Assert.All(line, p => Assert.Equal(4.5, p.X, 9));
    }
}
