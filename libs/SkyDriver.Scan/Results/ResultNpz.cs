using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Scan;

public sealed partial class SkyScanResult
{
    private const string HeaderMember = "header";

    /// <summary>Bytes a member of an archive may unpack to: more than the largest map this program makes.</summary>
    private const long MostMemberBytes = 64L * ScanPlan.MostPixels + (1 << 16);

    private static readonly ulong NanBits = 0x7FF8_0000_0000_0000;      // the NaN that numpy writes; .NET's has the sign set

    /// <summary>Writes the .npz form, byte for byte as numpy would.</summary>
    /// <exception cref="InvalidOperationException">The result is empty or carries no event.</exception>
    public void WriteNpz(IBufferWriter<byte> target)
    {
        RequireFileMetadata();
        var zip = new StoredZip(target);
        AddHeader(zip);
        foreach (NsideResult nside in Nsides)
        {
            var fields = PixelColumns.Of(nside.Version)!.Select(name => (name, name == PixelColumns.Index ? "<i8" : "<f8"));
            zip.Add($"nside-{nside.Nside}.npy", NpyHeader.Write(fields, nside.Count), Records(nside));
        }

        zip.Finish();
    }

    public byte[] ToNpz()
    {
        var buffer = new ArrayBufferWriter<byte>();
        WriteNpz(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the .npz form, with or without header, compressed or not.</summary>
    /// <param name="npz">A stream that can seek.</param>
    /// <exception cref="ResultFormatException">It is not one.</exception>
    public static SkyScanResult FromNpz(Stream npz)
    {
        try
        {
            using var archive = new ZipArchive(npz, ZipArchiveMode.Read, leaveOpen: true);
            var metadata = archive.GetEntry(HeaderMember + ".npy") is { } entry ? ReadHeader(Unpack(entry)) : [];
            var nsides = new List<NsideResult>();
            foreach (ZipArchiveEntry member in archive.Entries)
            {
                string name = Path.GetFileNameWithoutExtension(member.FullName);
                if (name == HeaderMember) continue;
                if (!TryNside(name, out int nside)) throw new ResultFormatException($"'{member.FullName}' is not 'nside-' and a power of two");
                if (nsides.Any(known => known.Nside == nside)) throw new ResultFormatException($"'{name}' comes twice");
                nsides.Add(ReadMember(name, nside, Unpack(member), metadata.GetValueOrDefault(nside)));
            }

            return new(nsides);
        }
        catch (InvalidDataException e)
        {
            throw new ResultFormatException($"the archive is damaged ({e.Message.TrimEnd('.')})", e);
        }
    }

    private void AddHeader(StoredZip zip)
    {
        int letters = Math.Max(1, Encoding.UTF32.GetByteCount(Nsides[0].Metadata!.Event.EventType) / 4);
        (string, string)[] fields =
        [
            ("nside", "<i8"), ("complete", "|b1"), ("run_id", "<i8"), ("event_id", "<i8"), ("event_type", $"<U{letters}"),
            ("mjd", "<f8"), ("is_real_event", "|b1"), ("version", "<i8"),
        ];
        using var rows = new MemoryStream();
        using var writer = new BinaryWriter(rows);
        foreach (NsideResult nside in Nsides)
        {
            var (complete, ev) = nside.Metadata ?? throw new InvalidOperationException("The result does not say which event it is of.");
            byte[] type = new byte[4 * letters];
            byte[] text = Encoding.UTF32.GetBytes(ev.EventType);
            text.AsSpan(0, Math.Min(text.Length, type.Length)).CopyTo(type);
            writer.Write((long)nside.Nside);
            writer.Write(complete);
            writer.Write(ev.RunId);
            writer.Write(ev.EventId);
            writer.Write(type);
            writer.Write(ev.Mjd);
            writer.Write(ev.IsRealEvent);
            writer.Write((long)ev.Version);
        }

        writer.Flush();
        zip.Add(HeaderMember + ".npy", NpyHeader.Write(fields, Nsides.Count), rows.ToArray());
    }

    private static byte[] Records(NsideResult nside)
    {
        int width = nside.Columns.Count + 1;
        var records = new byte[(long)nside.Count * width * 8];
        var cells = MemoryMarshal.Cast<byte, ulong>(records.AsSpan());
        for (int row = 0; row < nside.Count; row++) cells[row * width] = (ulong)nside.Index.Span[row];
        for (int column = 1; column < width; column++)
        {
            var values = nside.Columns[column - 1].Span;
            for (int row = 0; row < values.Length; row++)
                cells[row * width + column] = double.IsFinite(values[row]) ? BitConverter.DoubleToUInt64Bits(values[row]) : NanBits;
        }

        return records;
    }

    /// <summary>Unpacks no more than results can have, whatever the archive says about itself.</summary>
    private static byte[] Unpack(ZipArchiveEntry entry)
    {
        if (entry.Length > MostMemberBytes) throw new ResultFormatException($"'{entry.FullName}' is {entry.Length} bytes long");
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        byte[] block = new byte[1 << 16];
        for (int n; (n = stream.Read(block)) > 0; copy.Write(block, 0, n))
        {
            if (copy.Length + n > MostMemberBytes) throw new ResultFormatException($"'{entry.FullName}' unpacks to more than {MostMemberBytes} bytes");
        }

        return copy.ToArray();
    }

    private static NsideResult ReadMember(string name, int nside, byte[] file, ResultMetadata? metadata)
    {
        var fields = NpyHeader.Read(file, name, out int count, out int dataAt);
        int version = PixelColumns.VersionOf([.. fields.Select(field => field.Name)])
            ?? throw new ResultFormatException($"'{name}' has the columns {string.Join(' ', fields.Select(field => field.Name))}, which no version has");
        if (fields[0].Type != "<i8" || fields.Skip(1).Any(field => field.Type != "<f8")) throw new ResultFormatException($"'{name}' has columns of other types than <i8 and <f8");
        int expected = metadata?.Event.Version ?? 0;
        if (version != expected) throw new ResultFormatException($"the columns of '{name}' are not those of version {expected}");
        if ((long)count * fields.Count * 8 != file.Length - dataAt) throw new ResultFormatException($"'{name}' does not hold the {count} rows it announces");
        var index = new List<long>(count);
        var values = new List<double>(count * (fields.Count - 1));
        for (var rest = file.AsSpan(dataAt); rest.Length > 0; rest = rest[(8 * fields.Count)..])
        {
            index.Add(BinaryPrimitives.ReadInt64LittleEndian(rest));
            for (int column = 1; column < fields.Count; column++)
            {
                double value = BinaryPrimitives.ReadDoubleLittleEndian(rest[(8 * column)..]);
                values.Add(double.IsFinite(value) ? value : double.NaN);
            }
        }

        return Assemble(name, nside, version, index, values, metadata);
    }

    private static Dictionary<int, ResultMetadata> ReadHeader(byte[] file)
    {
        var fields = NpyHeader.Read(file, HeaderMember, out int count, out int dataAt);
        var offsets = new Dictionary<string, (int At, string Type)>();
        int width = 0;
        foreach (var (name, type) in fields)
        {
            offsets[name] = (width, type);
            width += Width(type);
        }

        if ((long)count * width != file.Length - dataAt || width == 0) throw new ResultFormatException($"the header does not hold the {count} rows it announces");
        var rows = new Dictionary<int, ResultMetadata>();
        for (int row = 0; row < count; row++)
        {
            var fieldsOfRow = new HeaderRow(file, dataAt + row * width, offsets);
            var ev = new EventMetadata(
                fieldsOfRow.Whole("run_id"), fieldsOfRow.Whole("event_id"), fieldsOfRow.Text("event_type"), fieldsOfRow.Number("mjd"),
                fieldsOfRow.Flag("is_real_event"), (int)Math.Clamp(fieldsOfRow.Whole("version", 0), 0, int.MaxValue));
            rows[(int)Math.Clamp(fieldsOfRow.Whole("nside"), 0, int.MaxValue)] = new(fieldsOfRow.Flag("complete"), ev);
        }

        return rows;
    }

    private static int Width(string type) => type switch
    {
        "<i8" or "<f8" => 8,
        "|b1" => 1,
        ['<', 'U', .. var letters] when int.TryParse(letters, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n <= 1000 => 4 * n,
        _ => throw new ResultFormatException($"the header has a field of type {type}"),
    };

    private readonly struct HeaderRow(byte[] file, int start, Dictionary<string, (int At, string Type)> fields)
    {
        public long Whole(string name, long? otherwise = null) =>
            Find(name, "<i8", otherwise is not null) is { } at ? BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at)) : otherwise!.Value;

        public double Number(string name) => BinaryPrimitives.ReadDoubleLittleEndian(file.AsSpan(Find(name, "<f8", false)!.Value));

        public bool Flag(string name) => file[Find(name, "|b1", false)!.Value] != 0;

        public string Text(string name)
        {
            int at = Find(name, "<U", false)!.Value;
            return Encoding.UTF32.GetString(file, at, Width(fields[name].Type)).TrimEnd('\0');
        }

        private int? Find(string name, string type, bool optional) =>
            fields.TryGetValue(name, out var field)
                ? field.Type.StartsWith(type, StringComparison.Ordinal) ? start + field.At : throw new ResultFormatException($"'{name}' in the header is of type {field.Type}")
                : optional ? null : throw new ResultFormatException($"the header has no '{name}'");
    }
}
