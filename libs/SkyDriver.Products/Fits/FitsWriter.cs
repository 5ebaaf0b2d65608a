using System.Buffers.Binary;
using System.IO.Compression;

namespace SkyDriver.Products.Fits;

/// <summary>A column of a table with one number a row, eight bytes long.</summary>
/// <param name="Unit">As FITS spells it; empty for pure numbers.</param>
/// <param name="Whole">Row to value of a 64-bit integer column; null for a column of doubles, which <paramref name="Number"/> gives.</param>
internal sealed record FitsColumn(string Name, string Unit, string Comment, Func<int, long>? Whole = null, Func<int, double>? Number = null)
{
    public static FitsColumn OfWhole(string name, string comment, Func<int, long> value) => new(name, "", comment, Whole: value);

    public static FitsColumn OfNumber(string name, string unit, string comment, Func<int, double> value) => new(name, unit, comment, Number: value);
}

/// <summary>Writes a FITS file of binary tables, packed with gzip. The same input gives the same bytes.</summary>
internal sealed class FitsWriter : IDisposable
{
    private const int RowsAtOnce = 4096;
    private readonly MemoryStream _file = new();
    private readonly GZipStream _target;

    /// <param name="describe">Adds what stands in the primary header beside what must.</param>
    public FitsWriter(Action<FitsHeader> describe)
    {
        _target = new(_file, CompressionLevel.Optimal);
        FitsHeader primary = new FitsHeader().Add("SIMPLE", true, "FITS standard 4.0").Add("BITPIX", 8, "no data in this unit").Add("NAXIS", 0, "").Add("EXTEND", true, "tables follow");
        describe(primary);
        _target.Write(primary.ToBytes());
    }

    /// <summary>A table of rows that are made one by one.</summary>
    public void AddTable(string name, int rows, IReadOnlyList<FitsColumn> columns, Action<FitsHeader> describe)
    {
        WriteHeader(name, rows, columns, describe);
        WriteRows(rows, columns);
        Pad(8L * rows * columns.Count);
    }

    /// <summary>A table of one column of doubles, whose rows are at hand as they stand in the file.</summary>
    public void AddTable(string name, FitsColumn column, ReadOnlySpan<byte> rows, Action<FitsHeader> describe)
    {
        WriteHeader(name, rows.Length / sizeof(double), [column], describe);
        // In blocks as the other form writes them: how bytes are packed depends on the pieces in which they come.
        const int Block = RowsAtOnce * sizeof(double);
        for (int at = 0; at < rows.Length; at += Block) _target.Write(rows.Slice(at, Math.Min(Block, rows.Length - at)));
        Pad(rows.Length);
    }

    /// <summary>The whole file, packed.</summary>
    public byte[] Finish()
    {
        _target.Dispose();
        return _file.ToArray();
    }

    public void Dispose()
    {
        _target.Dispose();
        _file.Dispose();
    }

    private void WriteHeader(string name, int rows, IReadOnlyList<FitsColumn> columns, Action<FitsHeader> describe)
    {
        FitsHeader header = new FitsHeader().Add("XTENSION", "BINTABLE", "binary table").Add("BITPIX", 8, "bytes").Add("NAXIS", 2, "rows and columns")
            .Add("NAXIS1", 8 * columns.Count, "bytes a row").Add("NAXIS2", rows, "rows").Add("PCOUNT", 0, "").Add("GCOUNT", 1, "").Add("TFIELDS", columns.Count, "columns");
        for (int i = 0; i < columns.Count; i++)
        {
            string n = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            header.Add("TTYPE" + n, columns[i].Name, columns[i].Comment).Add("TFORM" + n, columns[i].Whole is null ? "1D" : "1K", columns[i].Whole is null ? "64-bit float" : "64-bit integer");
            if (columns[i].Unit.Length > 0) header.Add("TUNIT" + n, columns[i].Unit, "");
        }

        header.Add("EXTNAME", name, "");
        describe(header);
        _target.Write(header.ToBytes());
    }

    private void WriteRows(int rows, IReadOnlyList<FitsColumn> columns)
    {
        byte[] block = new byte[RowsAtOnce * 8 * columns.Count];
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, rows - first), at = 0;
            for (int row = first; row < first + count; row++)
            {
                foreach (FitsColumn column in columns)
                {
                    if (column.Whole is { } whole) BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(at), whole(row));
                    else BinaryPrimitives.WriteDoubleBigEndian(block.AsSpan(at), column.Number!(row));
                    at += 8;
                }
            }

            _target.Write(block, 0, at);
        }
    }

    private void Pad(long written)
    {
        long past = written % FitsHeader.BlockLength;
        if (past > 0) _target.Write(new byte[FitsHeader.BlockLength - past]);
    }
}
