using SkyDriver.Products.Drawing;
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
}
