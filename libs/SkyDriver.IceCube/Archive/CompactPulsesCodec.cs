namespace SkyDriver.IceCube.Archive;

/// <summary>The seven streams of the compact pulse record, as stored.</summary>
/// <param name="Stamps">Pulses and their overflow words.</param>
/// <param name="Headers">One per group of pulses.</param>
/// <param name="Widths">Four run-length streams: in-ice SLC, in-ice HLC, surface SLC, surface HLC.</param>
/// <param name="Extra">High charge bits of surface pulses.</param>
internal sealed record CompactPulses(ushort[] Stamps, ushort[] Headers, byte[][] Widths, byte[] Extra)
{
    public const int WidthStreams = 4;
}

/// <summary><c>I3SuperDST</c>, version 1.</summary>
internal static class CompactPulsesCodec
{
    private const int LargestPlainSize = 246, LengthMarker = 255;

    public static CompactPulses Read(ref ArchiveReader reader)
    {
        ushort[] stamps = ReadWords(ref reader, ArchiveClass.StampVector), headers = ReadWords(ref reader, ArchiveClass.HeaderVector);
        byte[][] widths = new byte[CompactPulses.WidthStreams][];
        for (int i = 0; i < widths.Length; i++) widths[i] = ReadBytes(ref reader);
        return new CompactPulses(stamps, headers, widths, ReadBytes(ref reader));
    }

    public static void Write(ArchiveWriter writer, CompactPulses record)
    {
        WriteWords(writer, ArchiveClass.StampVector, record.Stamps);
        WriteWords(writer, ArchiveClass.HeaderVector, record.Headers);
        foreach (byte[] bytes in (byte[][])[.. record.Widths, record.Extra])
        {
            writer.Enter(ArchiveClass.ByteVector);
            WriteSize(writer, bytes.Length);
            writer.Bytes(bytes);
        }
    }

    private static ushort[] ReadWords(ref ArchiveReader reader, ArchiveClass which)
    {
        reader.Enter(which);
        ushort[] words = new ushort[ReadSize(ref reader, sizeof(ushort))];
        for (int i = 0; i < words.Length; i++) words[i] = reader.Fields.U16();
        return words;
    }

    private static byte[] ReadBytes(ref ArchiveReader reader)
    {
        reader.Enter(ArchiveClass.ByteVector);
        return reader.Fields.Take(ReadSize(ref reader, 1)).ToArray();
    }

    private static void WriteWords(ArchiveWriter writer, ArchiveClass which, ushort[] words)
    {
        writer.Enter(which);
        WriteSize(writer, words.Length);
        foreach (ushort word in words) writer.U16(word);
    }

    /// <summary>One byte up to 246; above, 255 − n and then n little-endian bytes.</summary>
    private static int ReadSize(ref ArchiveReader reader, int elementSize)
    {
        reader.Enter(ArchiveClass.CompactSize);
        ref ByteReader fields = ref reader.Fields;
        ulong size = fields.U8();
        if (size > LargestPlainSize)
        {
            int bytes = LengthMarker - (int)size;
            if (bytes == 0) throw fields.Fault("a compact size of no bytes", 1);
            size = 0;
            ReadOnlySpan<byte> digits = fields.Take(bytes);
            for (int i = bytes - 1; i >= 0; i--) size = size << 8 | digits[i];
        }

        if (size > Limits.CompactRecords) throw fields.Fault($"{size} elements are more than the {Limits.CompactRecords} allowed");
        if ((long)size * elementSize > fields.Remaining) throw fields.Fault($"{size} elements do not fit in the {fields.Remaining} bytes left");
        return (int)size;
    }

    private static void WriteSize(ArchiveWriter writer, int size)
    {
        writer.Enter(ArchiveClass.CompactSize);
        if (size <= LargestPlainSize)
        {
            writer.U8((byte)size);
            return;
        }

        int bytes = (39 - int.LeadingZeroCount(size)) / 8;
        writer.U8((byte)(LengthMarker - bytes));
        for (int i = 0; i < bytes; i++) writer.U8((byte)(size >> 8 * i & 0xFF));
    }
}
