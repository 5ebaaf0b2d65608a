using System.Runtime.InteropServices;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Products.Tests.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Plots;

/// <summary>Pictures painted in rows against each pixel asked for by itself.</summary>
public sealed class SkyPictureTests
{
    private static readonly Func<double, double> Position = value => value / 60;

    public static TheoryData<string> Skies => ["1", "2", "3", "plain", "north pole", "ra 0", "all but holes"];

    [Theory]
    [MemberData(nameof(Skies))]
    public void PaintParallel_RowsOfTheWholeSky_AreTheirPixels(string sky)
    {
        List<MapPixel> pixels = Pixels(sky);
        SkyMap map = new(pixels);
        PlainMap plain = new(pixels);
        SkyColours colours = new(map, Palette.Plasma, Position);
        Mollweide ellipse = new(50, 120, 240);
        for (int y = 0; y < 240; y++)
        {
            uint[] row = new uint[480];
            Mollweide.Row? line = ellipse.RowAt(y + 0.5);
            Range held = line!.Value.Of(-190, 1, row.Length);
            colours.PaintParallel(row.AsSpan()[held], new Parallel(line.Value, held.Start.Value));
            for (int x = 0; x < row.Length; x++) Assert.Equal(ellipse.Invert(-190 + (x + 0.5), y + 0.5) is { } direction ? Colour(plain, direction) : 0, row[x]);
        }
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Paint_RowsOfAPatch_AreTheirPixels(string sky)
    {
        List<MapPixel> pixels = Pixels(sky);
        SkyMap map = new(pixels);
        PlainMap plain = new(pixels);
        SkyColours colours = new(map, Palette.Cividis, Position);
        foreach (Vector3d middle in new[] { map.BestDirection, new Vector3d(0, 0, 1), new Vector3d(1, 0, 0), new Vector3d(-1, 1e-3, -0.7454).Normalized() })
        {
            Zenithal plane = new(middle);
            uint[] row = new uint[301];
            for (int y = -40; y <= 40; y++)
            {
                colours.Paint(row, new Straight(plane, 0.01 * y));
                for (int x = 0; x < row.Length; x++) Assert.Equal(Colour(plain, plane.Invert(0.003 * (x - 150), 0.01 * y), Palette.Cividis), row[x]);
            }
        }
    }

    private static List<MapPixel> Pixels(string sky) => sky.Length == 1 ? PlainMap.Patchwork(sky[0] - '0') : SyntheticSky.AwkwardPixels(sky);

    private static uint Colour(PlainMap map, in Vector3d direction, Palette? palette = null)
    {
        palette ??= Palette.Plasma;
        double value = map.PixelValue(direction, out bool scanned);
        Rgb colour = !scanned ? PlotParts.Unscanned : double.IsNaN(value) ? palette.Failed : palette.Ramp.At(Position(value));
        Bitmap one = new(1, 1);
        one.Set(0, 0, colour);
        return MemoryMarshal.Read<uint>(one.Rgba);
    }

    private readonly struct Parallel(Mollweide.Row line, int first) : ISkyRow
    {
        public Vector3d Direction(int x) => line.Direction(-190 + (first + x + 0.5));
    }

    private readonly struct Straight(Zenithal plane, double north) : ISkyRow
    {
        public Vector3d Direction(int x) => plane.Invert(0.003 * (x - 150), north);
    }
}
