using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Scan;

/// <summary>Reads what <see cref="StateWriter"/> wrote. A count is believed only as far as the bytes behind it reach.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly bool AtEnd => _rest.IsEmpty;

    public bool ReadBoolean() => ReadByte() != 0;

    public byte ReadByte() => Take(1)[0];

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public uint ReadUInt32() => unchecked((uint)ReadInt32());

    public ulong ReadUInt64() => unchecked((ulong)ReadInt64());

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public string ReadString() => Encoding.UTF8.GetString(Take(ReadCount(1)));

    /// <summary>A number of items that take at least so many bytes each.</summary>
    public int ReadCount(int bytesEach)
    {
        int count = ReadInt32();
        return count >= 0 && (long)count * bytesEach <= _rest.Length
            ? count
            : throw new LedgerDataException($"it announces {count} items of {bytesEach} bytes where {_rest.Length} bytes are left");
    }

    public ulong ReadVar()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = ReadByte();
            if (shift == 63 && next > 1) throw new LedgerDataException("a number in it has more than 64 bits");
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }

    public T[] ReadAll<T>(int count)
        where T : unmanaged
    {
        var bytes = Take((long)count * Marshal.SizeOf<T>());
        var values = new T[count];
        bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public ReadOnlySpan<byte> Take(long bytes)
    {
        if (bytes < 0 || bytes > _rest.Length) throw new LedgerDataException($"it ends {bytes - _rest.Length} bytes too early");
        var taken = _rest[..(int)bytes];
        _rest = _rest[(int)bytes..];
        return taken;
    }
}
