using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SkyDriver.Products.Drawing;

/// <summary>Pixels in rows from the top, four bytes each: red, green, blue, opacity (not premultiplied).</summary>
public sealed class Bitmap(int width, int height)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>Length 4 · width · height; starts fully transparent.</summary>
    public byte[] Rgba { get; } = new byte[checked(4 * width * height)];

    public void Set(int x, int y, Rgb colour)
    {
        int at = 4 * ((y * Width) + x);
        (Rgba[at], Rgba[at + 1], Rgba[at + 2], Rgba[at + 3]) = (colour.R, colour.G, colour.B, 255);
    }

    /// <summary>An opaque colour as it stands in a <see cref="Row"/>.</summary>
    internal static uint Packed(Rgb colour) => MemoryMarshal.Read<uint>([colour.R, colour.G, colour.B, 255]);

    /// <summary>Whole pixels.</summary>
    internal Span<uint> Row(int y) => MemoryMarshal.Cast<byte, uint>(Rgba.AsSpan(4 * y * Width, 4 * Width));

    /// <param name="coverage">0 leaves the pixel, 1 replaces it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Blend(int x, int y, Rgb colour, double coverage)
    {
        if (coverage == 1)
        {
            Set(x, y, colour);
            return;
        }

        Span<byte> pixel = Rgba.AsSpan(4 * ((y * Width) + x), 4);
        double below = pixel[3] / 255.0 * (1 - coverage), sum = coverage + below;
        if (sum <= 0) return;
        pixel[0] = Mixed(colour.R, pixel[0], coverage, below, sum);
        pixel[1] = Mixed(colour.G, pixel[1], coverage, below, sum);
        pixel[2] = Mixed(colour.B, pixel[2], coverage, below, sum);
        pixel[3] = (byte)Math.Round(255 * Math.Min(1, sum));
    }

    /// <summary>Lays pixels of another picture's row over this one.</summary>
    /// <param name="first">Column of the first pixel.</param>
    /// <param name="sources">For each pixel its column in the other picture.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void BlendRow(int first, int y, Bitmap other, ReadOnlySpan<int> sources, int sourceY)
    {
        ReadOnlySpan<uint> from = other.Row(sourceY);
        Span<uint> to = Row(y);
        uint opaque = Packed(default);
        for (int i = 0; i < sources.Length; i++)
        {
            uint pixel = from[sources[i]];
            if ((pixel & opaque) == opaque)
            {
                to[first + i] = pixel;
                continue;
            }

            ReadOnlySpan<byte> part = other.Rgba.AsSpan(4 * ((sourceY * other.Width) + sources[i]), 4);
            if (part[3] > 0) Blend(first + i, y, new(part[0], part[1], part[2]), part[3] / 255.0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Mixed(byte over, byte under, double coverage, double below, double sum) => (byte)Math.Round(((over * coverage) + (under * below)) / sum);
}
