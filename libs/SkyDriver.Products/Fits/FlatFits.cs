using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Fits;

/// <summary>Flat HEALPix files: one value for each pixel of one nside, as healpy and most tools read them.</summary>
internal static class FlatFits
{
    /// <summary>HEALPix's own mark for "no value".</summary>
    public const double Unseen = -1.6375e30;

    /// <summary>Flat files grow with the square of nside; above this the map is given at this nside.</summary>
    public const int LargestNside = 1024;

    /// <summary>Probability of each pixel; sums to one.</summary>
    public static byte[] WriteProbability(ScanProducts products, bool nested)
    {
        int nside = Nside(products.Map);
        FlatMap flat = new(nside, nested, 0);
        ProbabilityMap map = products.Probability;
        double sum = 0;
        for (int i = 0; i < map.Cells.Count; i++)
        {
            SkyCell cell = map.Cells[i];
            if (cell.Nside < nside)
            {
                flat.Fill(cell.Nside, cell.Nest, map.Densities[i] * Healpix.PixelArea(nside));
                continue;
            }

            // Cells come along the nested curve, so those of one pixel come together.
            long pixel = Healpix.ParentNest(cell.Nside, cell.Nest, nside);
            sum += map.Densities[i] * cell.Area;
            if (i + 1 < map.Cells.Count && map.Cells[i + 1] is var next && next.Nside >= nside && Healpix.ParentNest(next.Nside, next.Nest, nside) == pixel) continue;
            flat.Fill(nside, pixel, sum);
            sum = 0;
        }

        return Write(products, nside, nested, FitsName.Probability, "pix-1", "probability of the pixel", flat);
    }

    /// <summary>2ΔlnL of the finest scanned pixel that holds each pixel, as it was fitted; nothing is interpolated.</summary>
    public static byte[] WriteLikelihood(ScanProducts products, bool nested)
    {
        int nside = Nside(products.Map);
        FlatMap flat = new(nside, nested, Unseen);
        foreach ((int cellNside, long nest, double value) in products.Map.PixelCells(nside)) flat.Fill(cellNside, nest, double.IsNaN(value) ? Unseen : value);
        return Write(products, nside, nested, FitsName.TwoDeltaLlh, "", "2 ln(Lmax/L); UNSEEN: no fit", flat);
    }

    private static int Nside(SkyMap map) => Math.Min(map.FinestNside, LargestNside);

    private static byte[] Write(ScanProducts products, int nside, bool nested, string column, string unit, string comment, FlatMap flat)
    {
        using FitsWriter file = new(header => MapCards.AddAll(header, products));
        int count = (int)Healpix.PixelCount(nside);
        file.AddTable("SKYMAP", new FitsColumn(column, unit, comment), flat.Rows, header =>
        {
            header.Add("PIXTYPE", "HEALPIX", "").Add("ORDERING", nested ? "NESTED" : "RING", "order of the rows").Add("COORDSYS", "C", "equatorial, ICRS")
                .Add("NSIDE", nside, "").Add("FIRSTPIX", 0, "").Add("LASTPIX", count - 1, "").Add("INDXSCHM", "IMPLICIT", "row number is pixel number")
                .Add("OBJECT", "FULLSKY", "").Add("BAD_DATA", Unseen, "no value");
            MapCards.AddAll(header, products);
        });
        return file.Finish();
    }
}
