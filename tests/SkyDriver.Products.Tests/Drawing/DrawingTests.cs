using System.Buffers.Binary;
using System.IO.Compression;
using System.Xml.Linq;
using SkyDriver.Products.Drawing;

namespace SkyDriver.Products.Tests.Drawing;

public sealed class DrawingTests
{
    private static readonly Rgb Red = new(255, 0, 0);

    [Fact]
    public void Png_OfABitmap_HasItsSizeAndPixels()
    {
        var bitmap = new Bitmap(3, 2);
        bitmap.Set(2, 1, new Rgb(10, 20, 30));
        byte[] png = PngWriter.Write(bitmap);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        Assert.Equal(3, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        Assert.Equal(2, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
        byte[] rows = Inflate(png);
        Assert.Equal(2 * 13, rows.Length);      // a filter byte and three pixels a row
        Assert.Equal([10, 20, 30, 255], rows[^4..]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(101)]
    public void Png_OfAnyWidth_UnpacksToTheSamePixels(int width)
    {
        var bitmap = new Bitmap(width, 5);
        new Random(width).NextBytes(bitmap.Rgba);
        byte[] rows = Inflate(PngWriter.Write(bitmap));
        for (int y = 0; y < 5; y++) Assert.Equal(bitmap.Rgba[(4 * width * y)..(4 * width * (y + 1))], rows[((((4 * width) + 1) * y) + 1)..(((4 * width) + 1) * (y + 1))]);
    }

    [Fact]
    public void Raster_OfAFilledSquare_CoversExactlyItsPixels()
    {
        var scene = new Scene(10, 10);
        scene.Rectangle(2, 3, 4.5, 5, fill: Red);
        Bitmap bitmap = Rasterizer.Draw(scene, 1);
        Assert.Equal(Red, At(bitmap, 2, 3));
        Assert.Equal(Red, At(bitmap, 5, 7));
        Assert.Equal(Rgb.White, At(bitmap, 1, 3));
        Assert.Equal(Rgb.White, At(bitmap, 5, 8));
        Assert.Equal(new Rgb(255, 128, 128), At(bitmap, 6, 5));     // half covered
    }

    [Fact]
    public void Raster_OfCrossingStrokes_IsSolidWhereTheyMeet()
    {
        var scene = new Scene(21, 21);
        scene.Path([new(0, 10.5), new(21, 10.5), new(10.5, 0), new(10.5, 21)], stroke: Red, strokeWidth: 3);
        Assert.Equal(Red, At(Rasterizer.Draw(scene, 1), 10, 10));
    }

    [Fact]
    public void Raster_AnyGlyph_LeavesInk()
    {
        foreach (char c in "AZaz09°−Δ≤²σ%")
        {
            var scene = new Scene(40, 40);
            scene.Text(new(10, 30), c.ToString(), 24);
            Bitmap bitmap = Rasterizer.Draw(scene, 1);
            Assert.Contains(Enumerable.Range(0, 1600), i => bitmap.Rgba[4 * i] < 128);
        }
    }

    [Fact]
    public void Svg_OfAnyText_IsWellFormedAndKeepsTheWords()
    {
        var scene = new Scene(100, 50);
        scene.Text(new(1, 2), "a < b & \"c\"", 12);
        scene.Path([new(0, 0), new(10, 10)], stroke: Red, dash: [2, 1]);
        XElement root = XElement.Parse(SvgWriter.Write(scene, "t < u"));
        Assert.Contains(root.Descendants(), e => e.Name.LocalName == "text" && e.Value == "a < b & \"c\"");
        Assert.Equal("t < u", root.Elements().First().Value);
    }

    private static Rgb At(Bitmap bitmap, int x, int y)
    {
        int at = 4 * ((y * bitmap.Width) + x);
        return new(bitmap.Rgba[at], bitmap.Rgba[at + 1], bitmap.Rgba[at + 2]);
    }

    private static byte[] Inflate(byte[] png)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        byte[] bytes = rows.ToArray();
        // Undo the differences to the row above.
        int stride = 1 + (4 * BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        for (int i = stride; i < bytes.Length; i++)
        {
            if (i % stride != 0) bytes[i] = unchecked((byte)(bytes[i] + (i - stride < stride && (i - stride) % stride == 0 ? 0 : bytes[i - stride])));
        }

        return bytes;
    }
}
