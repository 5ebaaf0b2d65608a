namespace SkyDriver.IceCube.Archive;

/// <summary>Bits, least significant of each byte first; the last <paramref name="Padding"/> (0 to 7) mean nothing.</summary>
internal readonly record struct BitMask(byte[] Bytes, byte Padding)
{
    public int Length => Bytes.Length * 8 - Padding;

    public bool this[int bit] => (Bytes[bit >> 3] >> (bit & 7) & 1) != 0;

    public static BitMask From(IReadOnlyList<bool> bits)
    {
        byte[] bytes = new byte[(bits.Count + 7) / 8];
        for (int i = 0; i < bits.Count; i++)
            if (bits[i]) bytes[i >> 3] |= (byte)(1 << (i & 7));
        return new BitMask(bytes, (byte)(bytes.Length * 8 - bits.Count));
    }
}

/// <summary>A selection from another pulse series: one bit per module of the source, and one mask of pulse bits per set bit.</summary>
internal sealed record PulseMask(string Source, BitMask Modules, BitMask[] Pulses);

/// <summary><c>I3RecoPulseSeriesMapMask</c>.</summary>
internal static class PulseMaskCodec
{
    private const int SmallestMask = 3;

    public static PulseMask Read(ref ArchiveReader reader)
    {
        string source = reader.Fields.Name(Limits.KeyBytes, "name of the masked series");
        BitMask modules = ReadBits(ref reader);
        reader.Enter(ArchiveClass.BitMaskVector);
        var pulses = new BitMask[reader.Fields.Count(SmallestMask, Limits.Pulses, "pulse masks")];
        for (int i = 0; i < pulses.Length; i++) pulses[i] = ReadBits(ref reader);
        return new PulseMask(source, modules, pulses);
    }

    public static void Write(ArchiveWriter writer, PulseMask mask)
    {
        writer.Text(mask.Source);
        WriteBits(writer, mask.Modules);
        writer.Enter(ArchiveClass.BitMaskVector).U32((uint)mask.Pulses.Length);
        foreach (BitMask pulses in mask.Pulses) WriteBits(writer, pulses);
    }

    private static BitMask ReadBits(ref ArchiveReader reader)
    {
        reader.Enter(ArchiveClass.BitMask);
        int length = reader.Fields.U16();
        byte padding = reader.Fields.U8();
        if (padding > 7 || padding > length * 8) throw reader.Fields.Fault($"{padding} padding bits in a mask of {length} bytes", 1);
        return new BitMask(reader.Fields.Take(length).ToArray(), padding);
    }

    private static void WriteBits(ArchiveWriter writer, BitMask mask) =>
        writer.Enter(ArchiveClass.BitMask).U16((ushort)mask.Bytes.Length).U8(mask.Padding).Bytes(mask.Bytes);
}
