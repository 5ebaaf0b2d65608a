using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SkyDriver.Scan;

/// <summary>Writes little-endian numbers and columns of them, and keeps a checksum of all it wrote.</summary>
internal sealed class StateWriter(IBufferWriter<byte> target)
{
    private const int ChunkBytes = 1 << 16;

    public uint Checksum { get; private set; } = Checksums.Start;

    public void Write(bool value) => Write((byte)(value ? 1 : 0));

    public void Write(byte value)
    {
        var span = target.GetSpan(1);
        span[0] = value;
        Done(span[..1]);
    }

    public void Write(int value)
    {
        var span = target.GetSpan(4)[..4];
        BinaryPrimitives.WriteInt32LittleEndian(span, value);
        Done(span);
    }

    public void Write(long value)
    {
        var span = target.GetSpan(8)[..8];
        BinaryPrimitives.WriteInt64LittleEndian(span, value);
        Done(span);
    }

    public void Write(uint value) => Write(unchecked((int)value));

    public void Write(ulong value) => Write(unchecked((long)value));

    public void Write(double value) => Write(BitConverter.DoubleToInt64Bits(value));

    public void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(bytes.Length);
        WriteAll<byte>(bytes);
    }

    /// <summary>Seven bits a byte, low ones first; for numbers that are mostly small.</summary>
    public void WriteVar(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Write((byte)(value & 0x7F | 0x80));
        Write((byte)value);
    }

    public void WriteAll<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        for (var bytes = MemoryMarshal.AsBytes(values); bytes.Length > 0;)
        {
            int n = Math.Min(bytes.Length, ChunkBytes);
            var span = target.GetSpan(n)[..n];
            bytes[..n].CopyTo(span);
            Done(span);
            bytes = bytes[n..];
        }
    }

    private void Done(ReadOnlySpan<byte> written)
    {
        Checksum = Checksums.Continue(Checksum, written);
        target.Advance(written.Length);
    }
}
