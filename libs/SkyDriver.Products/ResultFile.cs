using System.Globalization;
using SkyDriver.Products.Fits;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products;

/// <summary>A result read back from a file of any form that holds one.</summary>
/// <param name="Form">What the file is, in words.</param>
/// <param name="RecoAlgo">Where the file says it; result files of the reference do not.</param>
public sealed record ResultFile(SkyScanResult Result, string Form, string? RecoAlgo)
{
    /// <summary>Reads .npz, JSON, the multi-order FITS of this program, and flat FITS with 2ΔlnL, of this program or the reference.</summary>
    /// <exception cref="ResultFormatException">It is none of them.</exception>
    /// <exception cref="FitsFormatException">It is a FITS file without a result in it; the message says what to give instead.</exception>
    public static ResultFile Read(byte[] content)
    {
        if (content.AsSpan().StartsWith("PK"u8)) return new(SkyScanResult.FromNpz(new MemoryStream(content, writable: false)), "numpy archive (.npz)", null);
        return FitsReader.Looks(content) ? ReadFits(content) : new(SkyScanResult.FromJson(content), "JSON", null);
    }

    private static ResultFile ReadFits(byte[] content)
    {
        List<FitsTable> tables = FitsReader.Read(content);
        string? algorithm = tables.Select(t => t.Card("RECOALGO")).FirstOrDefault(name => !string.IsNullOrEmpty(name));
        try
        {
            if (tables.Find(t => t.Card("EXTNAME") == FitsName.Scan && t.Has(FitsName.Ipix)) is { } scan) return new(ReadScan(scan), "multi-order FITS with the scanned pixels", algorithm);
            if (tables.Find(t => t.Has(FitsName.TwoDeltaLlh)) is { } flat) return new(ReadFlat(flat), "flat FITS with 2ΔlnL", algorithm);
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException)
        {
            throw new FitsFormatException($"a table contradicts itself ({fault.Message})", fault);
        }

        throw new FitsFormatException("it holds probabilities without the likelihoods that they were made of; give the .npz, the JSON, the multi-order file or the flat file with 2DLLH of the same scan");
    }

    private static SkyScanResult ReadScan(FitsTable scan)
    {
        int[] nsides = [.. scan.Numbers(FitsName.Nside).Select(n => (int)n)];
        long[] ipix = [.. scan.Numbers(FitsName.Ipix).Select(n => (long)n)];
        double[][] values = [.. FitsName.Values.Where(scan.Has).Select(name => scan.Numbers(name).ToArray())];
        ResultMetadata? metadata = Metadata(scan);
        int version = values.Length == 3 ? 0 : 1;
        return new([.. nsides.Distinct().Select(nside =>
        {
            int[] rows = [.. Enumerable.Range(0, nsides.Length).Where(row => nsides[row] == nside)];
            return Checked(nside, version, Array.ConvertAll(rows, row => ipix[row]), [.. values.Select(column => Array.ConvertAll(rows, row => column[row]))], metadata);
        })]);
    }

    private static SkyScanResult ReadFlat(FitsTable flat)
    {
        double[] values = [.. flat.Numbers(FitsName.TwoDeltaLlh)];
        int nside = (int)Math.Round(Math.Sqrt(values.Length / 12.0));
        if (!Healpix.IsNside(nside) || Healpix.PixelCount(nside) != values.Length) throw new FitsFormatException($"{values.Length} pixels are not a whole sky");
        string ordering = flat.Card("ORDERING") ?? "RING";
        if (ordering is not ("RING" or "NESTED")) throw new FitsFormatException($"ORDERING is '{ordering}', neither RING nor NESTED");
        if ((flat.Card("COORDSYS") ?? "C") is not ("C" or "EQUATORIAL" or "ICRS")) throw new FitsFormatException($"COORDSYS is '{flat.Card("COORDSYS")}'; only equatorial maps (C) are read");
        long[] ipix = [.. Enumerable.Range(0, values.Length).Select(i => ordering == "RING" ? i : Healpix.NestToRing(nside, i)).Where((_, i) => values[i] > FlatFits.Unseen / 2)];
        Array.Sort(ipix);
        double[] llh = Array.ConvertAll(ipix, p => values[ordering == "RING" ? p : Healpix.RingToNest(nside, p)] / 2);
        double[] unknown = new double[llh.Length];      // zero is how results say that an energy was not estimated
        return new([Checked(nside, 0, ipix, [llh, unknown, unknown], Metadata(flat) is { } m ? m with { Event = m.Event with { Version = 0 } } : null)]);
    }

    private static NsideResult Checked(int nside, int version, long[] ipix, double[][] columns, ResultMetadata? metadata)
    {
        if (!Healpix.IsNside(nside)) throw new FitsFormatException($"nside {nside} is not a power of two");
        for (int row = 0; row < ipix.Length; row++)
        {
            if (ipix[row] < 0 || ipix[row] >= Healpix.PixelCount(nside) || (row > 0 && ipix[row] <= ipix[row - 1])) throw new FitsFormatException($"row {row} of nside {nside} has pixel {ipix[row]}; pixels must rise from 0 to {Healpix.PixelCount(nside) - 1}");
        }

        return new(nside, version, ipix, [.. columns.Select(c => new ReadOnlyMemory<double>(c))], metadata);
    }

    private static ResultMetadata? Metadata(FitsTable table)
    {
        if (!long.TryParse(table.Card("RUNID"), out long run) || !long.TryParse(table.Card("EVENTID"), out long number)) return null;
        double mjd = double.TryParse(table.Card("MJD-OBS"), NumberStyles.Float, CultureInfo.InvariantCulture, out double told) ? told : double.NaN;
        string type = table.Card("I3TYPE") is { } name and not "None" ? name : "";
        int version = int.TryParse(table.Card("PIXVERS"), out int known) ? known : 0;
        return new(table.Card("COMPLETE") != "F", new(run, number, type, mjd, table.Card("REALEVT") != "F", version));
    }
}
