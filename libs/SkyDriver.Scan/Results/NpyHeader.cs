using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SkyDriver.Scan;

/// <summary>The head of a numpy array file: fields of the records and their number.</summary>
/// <remarks>NEP 1 of numpy: magic, version, length, then a Python dictionary as text, padded so that the data begin at a multiple of 64.</remarks>
internal static partial class NpyHeader
{
    private const int Alignment = 64, Prefix = 10, RoomForCount = 21, LongestHead = 1 << 16;
    private static readonly byte[] Signature = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    public static byte[] Write(IEnumerable<(string Name, string Type)> fields, int count)
    {
        string rows = count.ToString(CultureInfo.InvariantCulture);
        string text = $"{{'descr': [{string.Join(", ", fields.Select(field => $"('{field.Name}', '{field.Type}')"))}], 'fortran_order': False, 'shape': ({rows},), }}";
        text += new string(' ', RoomForCount - rows.Length);        // so that a file can grow in place
        int length = (Prefix + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] head = new byte[length];
        Signature.CopyTo(head, 0);
        BitConverter.TryWriteBytes(head.AsSpan(8), (ushort)(length - Prefix));
        Encoding.ASCII.GetBytes(text.PadRight(length - Prefix - 1) + "\n", head.AsSpan(Prefix));
        return head;
    }

    /// <summary>Reads the head of a file of records; the data begin at <paramref name="dataAt"/>.</summary>
    /// <exception cref="ResultFormatException">It is none, or of a kind that results do not have.</exception>
    public static List<(string Name, string Type)> Read(ReadOnlySpan<byte> file, string member, out int count, out int dataAt)
    {
        if (file.Length < Prefix || !file[..6].SequenceEqual(Signature.AsSpan(0, 6))) throw new ResultFormatException($"'{member}' is not a numpy array");
        bool isLong = file[6] >= 2;
        if (file[6] is < 1 or > 3 || (isLong && file.Length < 12)) throw new ResultFormatException($"'{member}' has numpy format {file[6]}; 1 to 3 are known");
        long length = isLong ? BitConverter.ToUInt32(file[8..12]) : BitConverter.ToUInt16(file[8..10]);
        dataAt = isLong ? 12 : Prefix;
        if (length > LongestHead || dataAt + length > file.Length) throw new ResultFormatException($"the head of '{member}' is cut off or too long");
        string text = Encoding.UTF8.GetString(file.Slice(dataAt, (int)length));
        dataAt += (int)length;
        if (text.Contains("'fortran_order': True", StringComparison.Ordinal)) throw new ResultFormatException($"'{member}' is in Fortran order");
        Match shape = Shape().Match(text);
        if (!shape.Success || !int.TryParse(shape.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out count))
            throw new ResultFormatException($"'{member}' is not a list of records");
        return [.. Field().Matches(text).Select(field => (field.Groups[1].Value, field.Groups[2].Value))];
    }

    // Both are linear as they stand: no two parts that may take the same characters follow each other. A non-backtracking engine is built anew by each program, 80 ms.
    [GeneratedRegex(@"'shape'\s*:\s*\(\s*(\d{1,10})\s*(?:,\s*)?\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"\(\s*'([^']*)'\s*,\s*'([^']*)'\s*\)")]
    private static partial Regex Field();
}
