using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SkyDriver.IceCube.Archive;

/// <summary>Writes one object as <see cref="ArchiveReader"/> reads it: preamble at a class's first occurrence, ids counted up.</summary>
internal sealed class ArchiveWriter
{
    private const ulong CanonicalNaN = 0x7FF8000000000000;   // .NET's own NaN has the sign bit set

    private readonly ArrayBufferWriter<byte> output = new();
    private int seen;
    private uint objects;

    public ArchiveWriter(string className, byte version)
    {
        Bytes([0, 1, 2, 0]);
        Text(className);
        Bytes([1, version]);
        U32(objects++);
    }

    public byte[] ToArray() => output.WrittenSpan.ToArray();

    /// <summary>Preamble of an object held by value, in the newest version.</summary>
    public ArchiveWriter Enter(ArchiveClass which)
    {
        ClassTraits traits = ClassTraits.Of(which);
        if ((seen & (1 << (int)which)) == 0) Bytes([traits.Tracked ? (byte)1 : (byte)0, traits.Newest]);
        seen |= 1 << (int)which;
        return traits.Tracked ? U32(objects++) : this;
    }

    public ArchiveWriter U8(byte value) => Bytes([value]);

    public ArchiveWriter U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(2), value);
        return Advance(2);
    }

    public ArchiveWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(4), value);
        return Advance(4);
    }

    public ArchiveWriter I32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        return Advance(4);
    }

    public ArchiveWriter U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(8), value);
        return Advance(8);
    }

    public ArchiveWriter F32(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(output.GetSpan(4), value);
        return Advance(4);
    }

    public ArchiveWriter F64(double value) =>
        U64(double.IsNaN(value) ? CanonicalNaN : BitConverter.DoubleToUInt64Bits(value));

    public ArchiveWriter Text(string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        return U32((uint)text.Length).Bytes(text);
    }

    public ArchiveWriter Bytes(ReadOnlySpan<byte> value)
    {
        output.Write(value);
        return this;
    }

    private ArchiveWriter Advance(int count)
    {
        output.Advance(count);
        return this;
    }
}
