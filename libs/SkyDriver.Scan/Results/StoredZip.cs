using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SkyDriver.Scan;

/// <summary>Writes a zip archive without compression and without dates, laid out byte for byte as numpy's writer lays it out.</summary>
/// <remarks>PKWARE APPNOTE 6.3. Each local header carries a ZIP64 field although the sizes fit, because numpy asks for it.</remarks>
internal sealed class StoredZip(IBufferWriter<byte> target)
{
    private const ushort Version = 20, FirstDay1980 = 0x21, Zip64Field = 1, Zip64FieldBytes = 16;
    private const uint UnixReadWrite = 0x01800000;
    private readonly List<(string Name, uint Checksum, uint Length, uint Offset)> _members = [];
    private long _position;

    public void Add(string name, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        uint checksum = Crc32.Of(head, body);
        uint length = checked((uint)(head.Length + (long)body.Length));
        _members.Add((name, checksum, length, checked((uint)_position)));
        target.GetSpan(checked((int)length + 2 * Zip64FieldBytes + 64));       // so that a growing buffer grows once
        WriteUInt32(0x04034b50);
        WriteCommon(checksum, length, name, Zip64FieldBytes + 4);
        Write(Encoding.ASCII.GetBytes(name));
        WriteUInt16(Zip64Field);
        WriteUInt16(Zip64FieldBytes);
        WriteUInt64(length);
        WriteUInt64(length);
        Write(head);
        Write(body);
    }

    public void Finish()
    {
        uint start = checked((uint)_position);
        foreach (var (name, checksum, length, offset) in _members)
        {
            WriteUInt32(0x02014b50);
            WriteUInt16(Version | 3 << 8);           // made on Unix
            WriteCommon(checksum, length, name, 0);
            WriteUInt16(0);                          // no comment
            WriteUInt32(0);                          // disk 0, binary
            WriteUInt32(UnixReadWrite);
            WriteUInt32(offset);
            Write(Encoding.ASCII.GetBytes(name));
        }

        uint size = checked((uint)(_position - start));
        WriteUInt32(0x06054b50);
        WriteUInt32(0);
        WriteUInt16((ushort)_members.Count);
        WriteUInt16((ushort)_members.Count);
        WriteUInt32(size);
        WriteUInt32(start);
        WriteUInt16(0);
    }

    private void WriteCommon(uint checksum, uint length, string name, int extra)
    {
        WriteUInt16(Version);
        WriteUInt16(0);                              // no flags
        WriteUInt16(0);                              // stored
        WriteUInt16(0);
        WriteUInt16(FirstDay1980);
        WriteUInt32(checksum);
        WriteUInt32(length);
        WriteUInt32(length);
        WriteUInt16((ushort)name.Length);
        WriteUInt16((ushort)extra);
    }

    private void WriteUInt16(int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target.GetSpan(2), (ushort)value);
        Advance(2);
    }

    private void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target.GetSpan(4), value);
        Advance(4);
    }

    private void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target.GetSpan(8), value);
        Advance(8);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        target.Write(bytes);
        _position += bytes.Length;
    }

    private void Advance(int bytes)
    {
        target.Advance(bytes);
        _position += bytes;
    }
}
