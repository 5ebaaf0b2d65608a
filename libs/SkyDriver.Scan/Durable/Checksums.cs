using System.Numerics;
using System.Runtime.InteropServices;

namespace SkyDriver.Scan;

/// <summary>CRC-32C, which processors compute themselves; the result does not depend on how the bytes were cut.</summary>
internal static class Checksums
{
    public const uint Start = uint.MaxValue;

    public static uint Of(ReadOnlySpan<byte> bytes) => Continue(Start, bytes);

    public static uint Continue(uint checksum, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) checksum = BitOperations.Crc32C(checksum, word);
        foreach (byte one in bytes[(words.Length * 8)..]) checksum = BitOperations.Crc32C(checksum, one);
        return checksum;
    }
}
