using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using SkyDriver.IceCube.Archive;

namespace SkyDriver.IceCube.Frames;

/// <summary>A frame as bytes, file format version 6: tag, version, stream, slots, checksum.</summary>
internal static class FrameCodec
{
    private const uint Version = 6;
    private const int PreambleLength = 10, ChecksumLength = 4, SmallestSlot = 15;
    private static ReadOnlySpan<byte> Tag => "[i3]"u8;

    public static Frame Read(ReadOnlyMemory<byte> blob, char letter)
    {
        string layer = $"frame {letter}";
        if (blob.Length > Limits.InflatedBytes) throw new EventFormatException(layer, 0, $"{blob.Length} bytes are more than the {Limits.InflatedBytes} allowed");
        var bytes = new ByteReader(blob.Span, layer);
        if (!bytes.Take(Tag.Length).SequenceEqual(Tag)) throw bytes.Fault("the blob does not start with [i3]", Tag.Length);
        if (bytes.U32() is not Version and var version) throw bytes.Fault($"frame format version {version} is not read, only {Version} is", 4);
        if (bytes.U8() != 0 || bytes.U8() != 0) throw bytes.Fault("the stream object is not of version 0", 2);
        if (bytes.U8() is var stream && stream != letter) throw bytes.Fault($"the blob is of stream '{(char)stream}', the message says '{letter}'", 1);
        CheckSum(blob.Span, layer);
        var slots = new Slot[bytes.Count(SmallestSlot, Limits.Slots, "slots")];
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = ReadSlot(ref bytes, blob, letter);
            if (!keys.Add(slots[i].Key)) throw bytes.Fault($"key {slots[i].Key} occurs twice", slots[i].Buffer.Length);
        }

        bytes.Take(ChecksumLength);
        bytes.ExpectEnd();
        return new Frame(letter, slots);
    }

    /// <summary>Slots are written in byte order of their keys.</summary>
    public static byte[] Write(char stream, IEnumerable<(string Key, string TypeName, byte[] Buffer)> slots)
    {
        var sorted = slots.OrderBy(slot => slot.Key, StringComparer.Ordinal).ToArray();
        var output = new ArrayBufferWriter<byte>();
        output.Write(Tag);
        WriteU32(output, Version);
        ReadOnlySpan<byte> streamObject = [0, 0, (byte)stream];
        output.Write(streamObject);
        WriteU32(output, (uint)sorted.Length);
        foreach ((string key, string typeName, byte[] buffer) in sorted)
        {
            WriteBlock(output, Encoding.ASCII.GetBytes(key));
            WriteBlock(output, Encoding.ASCII.GetBytes(typeName));
            WriteBlock(output, buffer);
        }

        WriteU32(output, Crc32C(output.WrittenSpan[PreambleLength..]));
        return output.WrittenSpan.ToArray();
    }

    /// <summary>CRC-32C (Castagnoli, reflected) from 0 and without the usual final inversion.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    /// <summary>The sum is over the stream letter and all that follows it, which the fields' order makes one span.</summary>
    private static void CheckSum(ReadOnlySpan<byte> blob, string layer)
    {
        int end = blob.Length - ChecksumLength;
        if (end <= PreambleLength) throw new EventFormatException(layer, blob.Length, "the blob ends before its checksum");
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(blob[end..]), computed = Crc32C(blob[PreambleLength..end]);
        if (stored != computed) throw new EventFormatException(layer, end, $"the checksum is {computed:X8}, the blob says {stored:X8}");
    }

    private static Slot ReadSlot(ref ByteReader bytes, ReadOnlyMemory<byte> blob, char stream)
    {
        string key = bytes.Name(Limits.KeyBytes, "key"), typeName = bytes.Name(Limits.TypeNameBytes, "type name");
        int length = bytes.LengthPrefixed(Limits.InflatedBytes, key).Length;
        if (length == 0) throw bytes.Fault($"object {key} is empty");
        ReadOnlyMemory<byte> buffer = blob[(bytes.Position - length)..bytes.Position];
        ArchiveReader.Open(buffer.Span, Slot.LayerOf(stream, key), out string className, out byte version);
        return new Slot(stream, key, typeName, className, version, buffer);
    }

    private static void WriteBlock(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> block)
    {
        WriteU32(output, (uint)block.Length);
        output.Write(block);
    }

    private static void WriteU32(ArrayBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), value);
        output.Advance(sizeof(uint));
    }
}
