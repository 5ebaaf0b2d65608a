using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace SkyDriver.Products.Fits;

/// <summary>A file is not one that this program can read. The message says where it goes wrong.</summary>
public sealed class FitsFormatException : Exception
{
    internal FitsFormatException(string fault, Exception? cause = null)
        : base($"Not a FITS map: {fault}.", cause)
    {
    }
}

/// <summary>One binary table: its cards and its bytes.</summary>
internal sealed class FitsTable(IReadOnlyDictionary<string, string> cards, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, (int Offset, char Type, int Repeat)> columns, int width)
{
    public bool Has(string column) => columns.ContainsKey(column);

    public string? Card(string keyword) => cards.GetValueOrDefault(keyword);

    /// <summary>Numbers of a column, one row after the other; a cell may hold several.</summary>
    public IEnumerable<double> Numbers(string column)
    {
        (int offset, char type, int repeat) = columns[column];
        for (int row = 0; row < data.Length; row += width)
        {
            for (int i = 0; i < repeat; i++)
            {
                ReadOnlySpan<byte> cell = data.Span[(row + offset)..];
                yield return type switch
                {
                    'D' => BinaryPrimitives.ReadDoubleBigEndian(cell[(8 * i)..]),
                    'E' => BinaryPrimitives.ReadSingleBigEndian(cell[(4 * i)..]),
                    'J' => BinaryPrimitives.ReadInt32BigEndian(cell[(4 * i)..]),
                    _ => BinaryPrimitives.ReadInt64BigEndian(cell[(8 * i)..]),
                };
            }
        }
    }
}

/// <summary>Reads binary tables with columns of numbers, packed with gzip or not. Other content is passed over.</summary>
internal static class FitsReader
{
    private const long MostBytes = 1L << 30;        // unpacked: ten times the largest map that this program writes
    private const int MostCards = 36 * 100;

    public static bool Looks(ReadOnlySpan<byte> content) => content.StartsWith("SIMPLE  ="u8) || content.StartsWith(new byte[] { 0x1F, 0x8B });

    /// <exception cref="FitsFormatException">It is no FITS file, or one that contradicts itself.</exception>
    public static List<FitsTable> Read(byte[] content)
    {
        ReadOnlyMemory<byte> rest = content.AsSpan().StartsWith(new byte[] { 0x1F, 0x8B }) ? Unpack(content) : content;
        if (!rest.Span.StartsWith("SIMPLE  ="u8)) throw new FitsFormatException("it does not begin with SIMPLE");
        List<FitsTable> tables = [];
        while (rest.Length >= FitsHeader.BlockLength)
        {
            Dictionary<string, string> cards = ReadCards(ref rest);
            long bytes = DataBytes(cards), padded = (bytes + FitsHeader.BlockLength - 1) / FitsHeader.BlockLength * FitsHeader.BlockLength;
            if (bytes > rest.Length) throw new FitsFormatException($"it announces {bytes} bytes of data where {rest.Length} are left");
            if (cards.GetValueOrDefault("XTENSION") == "BINTABLE") tables.Add(ReadTable(cards, rest[..(int)bytes]));
            rest = rest[(int)Math.Min(padded, rest.Length)..];
        }

        return tables;
    }

    private static byte[] Unpack(byte[] content)
    {
        try
        {
            using GZipStream gzip = new(new MemoryStream(content), CompressionMode.Decompress);
            using MemoryStream copy = new();
            byte[] block = new byte[1 << 16];
            for (int n; (n = gzip.Read(block)) > 0; copy.Write(block, 0, n))
            {
                if (copy.Length + n > MostBytes) throw new FitsFormatException($"it unpacks to more than {MostBytes} bytes");
            }

            return copy.ToArray();
        }
        catch (InvalidDataException fault)
        {
            throw new FitsFormatException("its packing is damaged", fault);
        }
    }

    private static Dictionary<string, string> ReadCards(ref ReadOnlyMemory<byte> rest)
    {
        Dictionary<string, string> cards = [];
        for (int i = 0; i < MostCards && (i + 1) * FitsHeader.CardLength <= rest.Length; i++)
        {
            string card = Encoding.Latin1.GetString(rest.Span.Slice(i * FitsHeader.CardLength, FitsHeader.CardLength));
            if (card.StartsWith("END     ", StringComparison.Ordinal))
            {
                int length = ((i + 36) / 36) * FitsHeader.BlockLength;
                rest = rest[Math.Min(length, rest.Length)..];
                return cards;
            }

            int equals = card.StartsWith("HIERARCH ", StringComparison.Ordinal) ? card.IndexOf('=') : card[8] == '=' ? 8 : -1;
            if (equals > 0) cards[card[(card.StartsWith("HIERARCH ", StringComparison.Ordinal) ? 9 : 0)..equals].Trim()] = Value(card[(equals + 1)..]);
        }

        throw new FitsFormatException("a header has no END");
    }

    private static string Value(string field)
    {
        string text = field.TrimStart();
        if (!text.StartsWith('\'')) return text.Split('/')[0].Trim();
        int end = 1;
        while (end < text.Length && (text[end] != '\'' || (end + 1 < text.Length && text[end + 1] == '\''))) end += text[end] == '\'' ? 2 : 1;
        return text[1..Math.Min(end, text.Length)].Replace("''", "'").TrimEnd();
    }

    private static long DataBytes(Dictionary<string, string> cards)
    {
        long axes = Whole(cards, "NAXIS", 0, 999), bytes = axes == 0 ? 0 : Math.Abs(Whole(cards, "BITPIX", -64, 64)) / 8;
        for (long i = 1; i <= axes && bytes <= MostBytes; i++) bytes *= Whole(cards, $"NAXIS{i}", 0, int.MaxValue);
        if (bytes > MostBytes) throw new FitsFormatException($"it announces more than {MostBytes} bytes of data");
        return bytes + (cards.ContainsKey("PCOUNT") ? Whole(cards, "PCOUNT", 0, MostBytes) : 0);
    }

    private static FitsTable ReadTable(Dictionary<string, string> cards, ReadOnlyMemory<byte> data)
    {
        int width = (int)Whole(cards, "NAXIS1", 1, 1 << 24), rows = (int)Whole(cards, "NAXIS2", 0, int.MaxValue), offset = 0;
        Dictionary<string, (int, char, int)> columns = [];
        for (long i = 1; i <= Whole(cards, "TFIELDS", 0, 999); i++)
        {
            string form = cards.GetValueOrDefault($"TFORM{i}") ?? throw new FitsFormatException($"column {i} has no TFORM");
            string count = string.Concat(form.TakeWhile(char.IsAsciiDigit));
            int repeat = count.Length == 0 ? 1 : int.TryParse(count, out int told) && told <= width ? told : throw new FitsFormatException($"column {i} has the form {form}");
            char type = form.Length > count.Length ? form[count.Length] : '?';
            if (type is 'D' or 'E' or 'J' or 'K') columns[(cards.GetValueOrDefault($"TTYPE{i}") ?? $"COLUMN{i}").ToUpperInvariant()] = (offset, type, repeat);
            offset += repeat * type switch { 'D' or 'K' or 'C' or 'P' => 8, 'E' or 'J' => 4, 'I' => 2, 'M' or 'Q' => 16, 'A' or 'B' or 'L' => 1, _ => throw new FitsFormatException($"column {i} has the form {form}, which is not read here") };
        }

        return offset == width ? new(cards, data[..checked(width * rows)], columns, width) : throw new FitsFormatException($"its columns take {offset} bytes a row where {width} are announced");
    }

    private static long Whole(Dictionary<string, string> cards, string keyword, long least, long most) =>
        long.TryParse(cards.GetValueOrDefault(keyword), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? value : throw new FitsFormatException($"{keyword} is '{cards.GetValueOrDefault(keyword)}', not a whole number from {least} to {most}");
}
