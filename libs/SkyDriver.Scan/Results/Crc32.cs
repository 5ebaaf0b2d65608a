using System.Buffers.Binary;

namespace SkyDriver.Scan;

/// <summary>The checksum of zip archives (ISO 3309, reflected polynomial 0xEDB88320), eight bytes at a time.</summary>
/// <remarks>Kounavis and Berry 2005, "A systematic approach to building high performance software-based CRC generators".</remarks>
internal static class Crc32
{
    private const int Slices = 8;
    private static readonly uint[] Tables = MakeTables();

    public static uint Of(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body) => ~Continue(Continue(uint.MaxValue, head), body);

    private static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] tables = Tables;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = 0;
            for (int slice = Slices - 1; slice >= 0; slice--, word >>= 8) crc ^= tables[(slice << 8) | (int)(word & 0xFF)];
        }

        foreach (byte b in bytes) crc = tables[(int)((crc ^ b) & 0xFF)] ^ crc >> 8;
        return crc;
    }

    private static uint[] MakeTables()
    {
        var tables = new uint[Slices << 8];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++) tables[i] = tables[tables[i - 256] & 0xFF] ^ tables[i - 256] >> 8;
        return tables;
    }
}
