using System.Numerics;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Products.Fits;

/// <summary>Names of tables and columns that writer and reader share.</summary>
internal static class FitsName
{
    public const string Probability = "PROB", TwoDeltaLlh = "2DLLH", Scan = "SCAN", Nside = "NSIDE", Ipix = "IPIX";

    public static string[] Values { get; } = ["LLH", "E_IN", "E_TOT", "X", "Y", "Z", "T"];
}

/// <summary>The multi-order map: cells of several sizes named by UNIQ with their probability per steradian; and, in a second table, the
/// scanned pixels themselves, so that the file alone is enough to make every other product.</summary>
internal static class MultiOrderFits
{
    private static readonly (string Unit, string Comment)[] Values =
    [
        ("", "-ln L"), ("GeV", "lost inside the detector"), ("GeV", "lost in all"), ("m", "vertex"), ("m", "vertex"), ("m", "vertex"), ("ns", "vertex"),
    ];

    public static byte[] Write(ScanProducts products, SkyScanResult result)
    {
        ProbabilityMap map = products.Probability;
        using FitsWriter file = new(header => MapCards.AddAll(header, products));
        // Readers look UNIQ up by bisection, or merge it with other maps: ascending order serves both.
        int[] rows = [.. Enumerable.Range(0, map.Cells.Count).OrderBy(i => map.Cells[i].Uniq)];
        double[] densities = [.. map.Densities];
        file.AddTable("SKYMAP", rows.Length,
        [
            FitsColumn.OfWhole("UNIQ", "4 nside^2 + nested pixel", row => map.Cells[rows[row]].Uniq),
            FitsColumn.OfNumber("PROBDENSITY", "sr-1", "probability density", row => densities[rows[row]]),
        ], header =>
        {
            header.Add("PIXTYPE", "HEALPIX", "").Add("ORDERING", "NUNIQ", "cells of several sizes").Add("COORDSYS", "C", "equatorial, ICRS")
                .Add("MOCORDER", BitOperations.Log2((uint)map.Cells.Max(c => c.Nside)), "order of the smallest cells").Add("INDXSCHM", "EXPLICIT", "cells are named by UNIQ")
                .Add("OBJECT", "FULLSKY", "cells are disjoint and cover the sphere");
            MapCards.AddAll(header, products);
        });
        AddScan(file, result);
        return file.Finish();
    }

    private static void AddScan(FitsWriter file, SkyScanResult result)
    {
        (NsideResult Nside, int Row)[] rows = [.. result.Nsides.SelectMany(nside => Enumerable.Range(0, nside.Count).Select(row => (nside, row)))];
        int columns = result.Nsides.Min(nside => nside.Columns.Count);
        file.AddTable(FitsName.Scan, rows.Length,
        [
            FitsColumn.OfWhole(FitsName.Nside, "", row => rows[row].Nside.Nside),
            FitsColumn.OfWhole(FitsName.Ipix, "ring order", row => rows[row].Nside.Index.Span[rows[row].Row]),
            .. Enumerable.Range(0, columns).Select(column => FitsColumn.OfNumber(FitsName.Values[column], Values[column].Unit, Values[column].Comment, row => rows[row].Nside.Columns[column].Span[rows[row].Row])),
        ], header => MapCards.AddEvent(header, result.Metadata));
    }
}
