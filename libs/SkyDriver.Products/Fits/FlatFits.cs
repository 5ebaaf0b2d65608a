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
        double[] sums = new double[Healpix.PixelCount(nside)];
        ProbabilityMap map = products.Probability;
        for (int i = 0; i < map.Cells.Count; i++)
        {
            SkyCell cell = map.Cells[i];
            if (cell.Nside >= nside)
            {
                sums[Healpix.ParentNest(cell.Nside, cell.Nest, nside)] += map.Densities[i] * cell.Area;
                continue;
            }

            long count = Healpix.FirstChildNest(cell.Nside, 1, nside);
            sums.AsSpan((int)(cell.Nest * count), (int)count).Fill(map.Densities[i] * Healpix.PixelArea(nside));
        }

        return Write(products, nside, nested, FitsName.Probability, "pix-1", "probability of the pixel", nest => sums[nest]);
    }

    /// <summary>2ΔlnL of the finest scanned pixel that holds each pixel, as it was fitted; nothing is interpolated.</summary>
    public static byte[] WriteLikelihood(ScanProducts products, bool nested)
    {
        int nside = Nside(products.Map);
        double[] values = products.Map.PixelValues(nside);
        foreach (ref double value in values.AsSpan())
        {
            if (double.IsNaN(value)) value = Unseen;
        }

        return Write(products, nside, nested, FitsName.TwoDeltaLlh, "", "2 ln(Lmax/L); UNSEEN: no fit", nest => values[nest]);
    }

    private static int Nside(SkyMap map) => Math.Min(map.FinestNside, LargestNside);

    private static byte[] Write(ScanProducts products, int nside, bool nested, string column, string unit, string comment, Func<long, double> value)
    {
        using FitsWriter file = new(header => MapCards.AddAll(header, products));
        int count = (int)Healpix.PixelCount(nside);
        FitsColumn values = FitsColumn.OfNumber(column, unit, comment, row => value(nested ? row : Healpix.RingToNest(nside, row)));
        file.AddTable("SKYMAP", count, [values], header =>
        {
            header.Add("PIXTYPE", "HEALPIX", "").Add("ORDERING", nested ? "NESTED" : "RING", "order of the rows").Add("COORDSYS", "C", "equatorial, ICRS")
                .Add("NSIDE", nside, "").Add("FIRSTPIX", 0, "").Add("LASTPIX", count - 1, "").Add("INDXSCHM", "IMPLICIT", "row number is pixel number")
                .Add("OBJECT", "FULLSKY", "").Add("BAD_DATA", Unseen, "no value");
            MapCards.AddAll(header, products);
        });
        return file.Finish();
    }
}
