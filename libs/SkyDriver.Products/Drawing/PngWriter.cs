using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace SkyDriver.Products.Drawing;

/// <summary>Portable Network Graphics, 8-bit RGBA (W3C PNG specification, third edition).</summary>
public static class PngWriter
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>Draws the scene and packs it.</summary>
    /// <param name="scale">Pixels per unit of the scene; 2 gives a picture fit for print at small size.</param>
    /// <param name="facts">Written into the file, not onto the picture. Plain characters.</param>
    public static byte[] Write(Scene scene, double scale = 1, IEnumerable<(string Name, string Value)>? facts = null) => Write(Rasterizer.Draw(scene, scale), facts);

    public static byte[] Write(Bitmap bitmap, IEnumerable<(string Name, string Value)>? facts = null)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, bitmap.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], bitmap.Height);
        header[8] = 8;      // bits a channel
        header[9] = 6;      // red, green, blue, opacity
        WriteChunk(file, "IHDR"u8, header);
        foreach ((string name, string value) in facts ?? []) WriteChunk(file, "tEXt"u8, Encoding.Latin1.GetBytes($"{name}\0{value}"));
        WriteChunk(file, "IDAT"u8, Deflate(bitmap));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Deflate(Bitmap bitmap)
    {
        int stride = 4 * bitmap.Width;
        byte[] row = new byte[stride + 1];
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            row[0] = 2;     // each row as its difference to the one above: flat areas become zeros
            for (int y = 0; y < bitmap.Height; y++)
            {
                ReadOnlySpan<byte> line = bitmap.Rgba.AsSpan(y * stride, stride);
                if (y == 0)
                {
                    line.CopyTo(row.AsSpan(1));
                }
                else
                {
                    ReadOnlySpan<byte> above = bitmap.Rgba.AsSpan((y - 1) * stride, stride);
                    Subtract(line, above, row.AsSpan(1));
                }

                zlib.Write(row);
            }
        }

        return packed.ToArray();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Subtract(ReadOnlySpan<byte> line, ReadOnlySpan<byte> above, Span<byte> difference)
    {
        int i = 0;
        for (; i <= line.Length - Vector<byte>.Count; i += Vector<byte>.Count) (new Vector<byte>(line[i..]) - new Vector<byte>(above[i..])).CopyTo(difference[i..]);
        for (; i < line.Length; i++) difference[i] = unchecked((byte)(line[i] - above[i]));
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(number);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }

        return table;
    }
}
