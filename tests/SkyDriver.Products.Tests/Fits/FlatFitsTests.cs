using SkyDriver.Products.Fits;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Fits;

/// <summary>Every row of the flat files against the plain way to find its value, bit for bit.</summary>
public sealed class FlatFitsTests
{
    public static TheoryData<string, bool> Orders => new() { { "scan", false }, { "scan", true }, { "ra 0", false }, { "north pole", false }, { "partial", false }, { "partial", true }, { "finer than the file", false } };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Probability_EachRow_IsTheSumOfItsCells(string sky, bool nested)
    {
        ScanProducts products = new(SyntheticSky.Result(Pixels(sky)), new("dummy") { Levels = LevelSet.Wilks, Nested = nested });
        (int nside, double[] rows) = Read(FlatFits.WriteProbability(products, nested), FitsName.Probability);
        double[] sums = new double[rows.Length];
        ProbabilityMap map = products.Probability;
        for (int i = 0; i < map.Cells.Count; i++)
        {
            SkyCell cell = map.Cells[i];
            if (cell.Nside >= nside)
            {
                sums[Healpix.ParentNest(cell.Nside, cell.Nest, nside)] += map.Densities[i] * cell.Area;
                continue;
            }

            int count = (int)Healpix.FirstChildNest(cell.Nside, 1, nside);
            sums.AsSpan((int)cell.Nest * count, count).Fill(map.Densities[i] * Healpix.PixelArea(nside));
        }

        AssertSame(sums, rows, nside, nested);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Likelihood_EachRow_IsThePixelAtItsMiddle(string sky, bool nested)
    {
        ScanProducts products = new(SyntheticSky.Result(Pixels(sky)), new("dummy") { Levels = LevelSet.Wilks });
        (int nside, double[] rows) = Read(FlatFits.WriteLikelihood(products, nested), FitsName.TwoDeltaLlh);
        double[] values = new double[rows.Length];
        for (int nest = 0; nest < values.Length; nest++)
        {
            double value = products.Map.PixelValue(Healpix.PixelToVectorNest(nside, nest), out _);
            values[nest] = double.IsNaN(value) ? FlatFits.Unseen : value;
        }

        AssertSame(values, rows, nside, nested);
    }

    private static List<MapPixel> Pixels(string sky) => sky switch
    {
        "scan" => SyntheticSky.Pixels(fineNside: 64),
        // Open sky, failed fits coarse and fine, and fine pixels outside of coarse ones.
        "partial" => [.. Enumerable.Range(100, 300).Select(i => new MapPixel(8, i, i % 7 == 0 ? double.NaN : 1000 + (i % 50))), .. Enumerable.Range(20_000, 900).Select(i => new MapPixel(64, i, i % 5 == 0 ? double.NaN : 990 + (i % 30)))],
        "finer than the file" => SyntheticSky.Pixels(fineNside: 2048, fineRadiusDegrees: 0.2),
        _ => SyntheticSky.AwkwardPixels(sky),
    };

    private static (int Nside, double[] Rows) Read(byte[] file, string column)
    {
        double[] rows = [.. Assert.Single(FitsReader.Read(file), table => table.Has(column)).Numbers(column)];
        return ((int)Math.Sqrt(rows.Length / 12), rows);
    }

    private static void AssertSame(double[] byNest, double[] rows, int nside, bool nested)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            double expected = byNest[nested ? row : Healpix.RingToNest(nside, row)];
            if (BitConverter.DoubleToInt64Bits(expected) != BitConverter.DoubleToInt64Bits(rows[row])) Assert.Fail($"row {row}: {rows[row]:R}, not {expected:R}");
        }
    }
}
