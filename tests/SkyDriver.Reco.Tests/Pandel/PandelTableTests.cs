using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Pandel;

public sealed class PandelTableTests
{
    [Theory]
    [InlineData(4.0)]
    [InlineData(15.0)]
    public void For_RandomPoints_StaysWithinItsErrorBounds(double sigma)
    {
        // Bounds of the 96 x 320 table: largest error of ln f 1e-4, rms 1e-5, largest error of ln S 2e-5.
        var table = PandelTable.For(sigma);
        var random = new Random(20240);
        double worstDensity = 0, worstSurvival = 0, squares = 0;
        const int points = 5000;
        for (int i = 0; i < points; i++)
        {
            double xi = 0.068 * Math.Pow(30 / 0.068, random.NextDouble());
            double x = Math.Asinh(-3) + random.NextDouble() * (Math.Asinh(6000 / (2 * sigma)) - Math.Asinh(-3)), t = 2 * sigma * Math.Sinh(x);
            PandelPoint exact = ConvolutedPandel.Evaluate(xi, t, sigma);
            double density = Read(table, xi, x, 0), survival = Read(table, xi, x, 1) - density;
            worstDensity = Math.Max(worstDensity, Math.Abs(density - exact.LnDensity));
            worstSurvival = Math.Max(worstSurvival, Math.Abs(survival - exact.LnSurvival));
            squares += (density - exact.LnDensity) * (density - exact.LnDensity);
        }

        Assert.True(worstDensity < 1e-4, $"ln f is off by {worstDensity}");
        Assert.True(worstSurvival < 2e-5, $"ln S is off by {worstSurvival}");
        Assert.True(Math.Sqrt(squares / points) < 1e-5, $"rms of ln f {Math.Sqrt(squares / points)}");
    }

    /// <summary>With RECO_WRITE_TABLES=1 the stored tables are written anew; then build once more.</summary>
    [Theory]
    [InlineData(4.0)]
    [InlineData(15.0)]
    public void For_JitterOfAFit_ReadsWhatWouldBeComputedBitForBit(double sigma)
    {
        Assert.Contains(sigma, new[] { TrackModel.Mpe.Sigma, TrackModel.Spe.Sigma });
        var computed = PandelTable.Compute(sigma);
        byte[] expected = [.. MemoryMarshal.AsBytes(computed.Density.AsSpan()), .. MemoryMarshal.AsBytes(computed.Survival.AsSpan())];
        if (Environment.GetEnvironmentVariable("RECO_WRITE_TABLES") == "1")
            File.WriteAllBytes(Path.Combine(TestPaths.Repository, "libs", "SkyDriver.Reco", "Pandel", "Tables", PandelTable.ResourceName(sigma)), expected);

        using Stream? stored = typeof(PandelTable).Assembly.GetManifestResourceStream(PandelTable.ResourceName(sigma));
        Assert.Equal(expected.Length, stored?.Length);
        var table = PandelTable.For(sigma);
        Assert.True(expected.AsSpan().SequenceEqual([.. MemoryMarshal.AsBytes(table.Density.AsSpan()), .. MemoryMarshal.AsBytes(table.Survival.AsSpan())]));
        Assert.Equal((computed.LeastU, computed.ShapeScale, computed.LeastX, computed.TimeScale), (table.LeastU, table.ShapeScale, table.LeastX, table.TimeScale));
    }

    [Fact]
    public void For_OtherJitter_IsComputed()
    {
        using Stream? none = typeof(PandelTable).Assembly.GetManifestResourceStream(PandelTable.ResourceName(9));
        Assert.Null(none);
        Assert.Equal(PandelTable.Compute(9).Density, PandelTable.For(9).Density);
    }

    [Fact]
    public void For_SameJitterFromManyThreads_IsBuiltOnce()
    {
        var tables = new PandelTable[8];
        Parallel.For(0, tables.Length, i => tables[i] = PandelTable.For(4));
        Assert.All(tables, table => Assert.Same(tables[0], table));
    }

    [Fact]
    public void ValueAndSlopes_EveryLane_AgreesWithTheValueAndItsDifferences()
    {
        var table = PandelTable.For(4);
        Vector256<double> shape = Vector256.Create(0.0, 17.3, 60.99, 95), time = Vector256.Create(319, 0.001, 150.5, 77.0), others = Vector256.Create(0, 1, 2.5, 40);
        Vector256<double> value = SplineLookup.ValueAndSlopes(table, shape, time, others, out Vector256<double> byShape, out Vector256<double> byTime);
        Assert.Equal(SplineLookup.Value(table, shape, time, others), value);
        for (int lane = 0; lane < 4; lane++)
        {
            double At(double ds, double dt) => SplineLookup.Value(
                table, Vector256.Create(shape[lane] + ds), Vector256.Create(time[lane] + dt), Vector256.Create(others[lane]))[0];
            Assert.Equal(value[lane], At(0, 0), 1e-12 * Math.Abs(value[lane]));

            // One-sided towards the inside: the first and last lanes sit on the border.
            double inS = shape[lane] > 48 ? -1e-6 : 1e-6, inT = time[lane] > 160 ? -1e-6 : 1e-6;
            Assert.Equal((At(inS, 0) - At(0, 0)) / inS, byShape[lane], 1e-4 * Math.Max(1, Math.Abs(byShape[lane])));
            Assert.Equal((At(0, inT) - At(0, 0)) / inT, byTime[lane], 1e-4 * Math.Max(1, Math.Abs(byTime[lane])));
        }
    }

    private static double Read(PandelTable table, double xi, double x, double others) => SplineLookup.Value(
        table, Vector256.Create((Math.Log(xi) - table.LeastU) * table.ShapeScale), Vector256.Create((x - table.LeastX) * table.TimeScale), Vector256.Create(others))[0];
}
