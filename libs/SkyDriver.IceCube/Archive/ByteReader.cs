using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace SkyDriver.IceCube.Archive;

/// <summary>Little-endian fields of one layer, each checked against the bytes left; faults name the layer and the offset in it.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes, string layer, int position = 0)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; } = position;

    public readonly int Remaining => bytes.Length - Position;

    public byte U8() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public short I16() => BinaryPrimitives.ReadInt16LittleEndian(Take(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public float F32() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double F64() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public bool Bool() => U8() switch
    {
        0 => false,
        1 => true,
        byte other => throw Fault($"a truth value is {other}, not 0 or 1", 1),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Remaining) throw Fault($"{count} more bytes were announced, {Remaining} are left");
        ReadOnlySpan<byte> taken = bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    /// <summary>A u32 count of things that take at least <paramref name="elementSize"/> bytes each, so what is left bounds it.</summary>
    public int Count(int elementSize, int limit, string things)
    {
        uint count = U32();
        if (count == uint.MaxValue) throw Fault($"the number of {things} is announced as 64-bit", 4);
        if (count > limit) throw Fault($"{count} {things} are more than the {limit} allowed", 4);
        if ((long)count * elementSize > Remaining) throw Fault($"{count} {things} do not fit in the {Remaining} bytes left", 4);
        return (int)count;
    }

    public ReadOnlySpan<byte> LengthPrefixed(int limit, string what) => Take(Count(1, limit, $"bytes of {what}"));

    /// <summary>UTF-8 text behind its u32 length.</summary>
    public string Text(int limit, string what)
    {
        int start = Position;
        try
        {
            return StrictUtf8.GetString(LengthPrefixed(limit, what));
        }
        catch (DecoderFallbackException invalid)
        {
            throw new EventFormatException(layer, start, $"the {what} is not UTF-8", invalid);
        }
    }

    /// <summary>Printable ASCII behind its u32 length, at least one character.</summary>
    public string Name(int limit, string what)
    {
        int start = Position;
        ReadOnlySpan<byte> name = LengthPrefixed(limit, what);
        if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E))
            throw new EventFormatException(layer, start, $"the {what} is empty or not printable ASCII");
        return Encoding.ASCII.GetString(name);
    }

    public readonly void ExpectEnd()
    {
        if (Remaining != 0) throw Fault($"{Remaining} bytes are left over");
    }

    /// <param name="back">How many bytes before the current position the fault lies.</param>
    public readonly EventFormatException Fault(string what, int back = 0) => new(layer, Position - back, what);
}
