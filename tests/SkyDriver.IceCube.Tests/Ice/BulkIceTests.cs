using SkyDriver.IceCube.Ice;

namespace SkyDriver.IceCube.Tests.Ice;

public class BulkIceTests
{
    [Theory]   // printed to 15 digits in the project's reconstruction design, 6.1; the 10 m point value is 3.5e-12 off the formula there
    [InlineData(10, 0.0231580219471671, 6.66091468738771e-4, 5e-12)]
    [InlineData(50, 0.00234708396650747, 2.24887083226492e-5, 1e-13)]
    [InlineData(150, 6.36012932018408e-5, 3.60288204145105e-7, 1e-13)]
    public void Yields_GoldenDistances_Agree(double distance, double line, double point, double relative)
    {
        Assert.Equal(line, BulkIce.LineYield(distance), line * 1e-13);
        Assert.Equal(point, BulkIce.PointYield(distance), point * relative);
    }

    [Fact]   // same design, section 2.1 (15 digits) and 6.1 (6 digits)
    public void Constants_DerivedOnes_AgreeWithPrintedValues()
    {
        Assert.Equal(0.757862826828344, BulkIce.CosCherenkov, 1e-15);
        Assert.Equal(BulkIce.SinCherenkov, Math.Sqrt(1 - BulkIce.CosCherenkov * BulkIce.CosCherenkov), 1e-15);
        Assert.Equal(0.917327398903193, BulkIce.CherenkovDelay, 1e-14);
        Assert.Equal(0.00405074502280538, BulkIce.PandelRate, 1e-16);
        Assert.Equal(15.5917, BulkIce.DiffusionLength, 5e-5);
        Assert.Equal(32.9818, BulkIce.PropagationLength, 5e-5);
        Assert.Equal(11.0242, BulkIce.LineLength, 5e-5);
    }

    [Fact]
    public void Yields_BelowOneMetre_AreThoseOfOneMetre()
    {
        Assert.Equal(BulkIce.LineYield(1), BulkIce.LineYield(0));
        Assert.Equal(BulkIce.PointYield(1), BulkIce.PointYield(0.2));
    }

    [Fact]   // 0.0803765911 is the profile's mean over the sphere, so that near and far light add up to the same total
    public void ShowerEmission_AnyDistance_AveragesToOneOverTheSphere()
    {
        foreach (double r in new[] { 1.0, 40, 300 })
        {
            const int steps = 200_000;
            double sum = 0;
            for (int i = 0; i < steps; i++) sum += BulkIce.ShowerEmission(-1 + (2.0 * i + 1) / steps, r);
            Assert.Equal(1, sum / steps, 1e-3);
        }
    }

    [Theory]   // rows of scattering_relative.csv, a midpoint, and the ends held beyond the table
    [InlineData(-600, 0.790)]
    [InlineData(-100, 3.751)]
    [InlineData(5, 0.736)]
    [InlineData(600, 2.814)]
    [InlineData(-1e6, 0.790)]
    [InlineData(1e6, 2.814)]
    public void RelativeScattering_TableHeights_Interpolates(double z, double expected) =>
        Assert.Equal(expected, BulkIce.RelativeScattering(z), 1e-12);

    [Fact]
    public void EffectiveOffset_CathodeFacingLight_IsSmallest()
    {
        Assert.Equal(3.8, BulkIce.EffectiveOffset(1), 1e-12);
        Assert.Equal(11.6, BulkIce.EffectiveOffset(-1), 1e-12);
    }
}
