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
    internal void Blend(int x, int y, Rgb colour, double coverage)
    {
        int at = 4 * ((y * Width) + x);
        double below = Rgba[at + 3] / 255.0 * (1 - coverage), sum = coverage + below;
        if (sum <= 0) return;
        Rgba[at] = Mixed(colour.R, Rgba[at]);
        Rgba[at + 1] = Mixed(colour.G, Rgba[at + 1]);
        Rgba[at + 2] = Mixed(colour.B, Rgba[at + 2]);
        Rgba[at + 3] = (byte)Math.Round(255 * Math.Min(1, sum));

        byte Mixed(byte over, byte under) => (byte)Math.Round(((over * coverage) + (under * below)) / sum);
    }
}
