using SkyDriver.Products.Drawing;

namespace SkyDriver.Products.Tests.Drawing;

/// <summary>The painter, which touches only what an area covers, against the rule in its plain form.</summary>
public sealed class AreaPainterTests
{
    private const int Width = 61, Height = 47, SubRows = 4;

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(5, 4, 0.6)]
    [InlineData(40, 10, 0.3)]
    [InlineData(400, 5, 1)]
    public void Fill_AnyPolygons_CoversAsTheRuleSays(int polygons, int corners, double opacity)
    {
        var random = new Random(polygons);
        // Over the rim on all sides, and on whole and half numbers, where edges meet rows and one another.
        Point[][] areas = [.. Enumerable.Range(0, polygons).Select(_ => Enumerable.Range(0, corners).Select(_ => new Point(Coordinate(Width), Coordinate(Height))).ToArray())];
        Bitmap painted = White(), expected = White();
        AreaPainter painter = new(painted);
        for (int i = 0; i < 3; i++)
        {
            Rgb colour = new((byte)(90 * i), 20, 200);
            painter.Fill(areas[(i * polygons / 3)..], colour, opacity);
            Fill(expected, areas[(i * polygons / 3)..], colour, opacity);
        }

        Assert.Equal(expected.Rgba, painted.Rgba);

        double Coordinate(int size) => random.Next(3) == 0 ? random.Next(-10, (2 * size) + 10) / 2.0 : (random.NextDouble() * (size + 20)) - 10;
    }

    [Fact]
    public void BlendRow_OpaqueClearAndBetween_IsPixelByPixel()
    {
        Bitmap over = new(50, 1), painted = new(80, 1), expected = new(80, 1);
        new Random(3).NextBytes(over.Rgba);
        new Random(4).NextBytes(painted.Rgba);
        for (int x = 0; x < 50; x++) over.Rgba[(4 * x) + 3] = (byte)(x % 3 == 0 ? 255 : x % 3 == 1 ? 0 : 5 * x);
        painted.Rgba.CopyTo(expected.Rgba, 0);
        int[] sources = [.. Enumerable.Range(0, 70).Select(x => x * 50 / 70)];
        painted.BlendRow(7, 0, over, sources, 0);
        for (int x = 0; x < sources.Length; x++)
        {
            ReadOnlySpan<byte> pixel = over.Rgba.AsSpan(4 * sources[x], 4);
            if (pixel[3] > 0) Blend(expected, 7 + x, 0, new(pixel[0], pixel[1], pixel[2]), pixel[3] / 255.0);
        }

        Assert.Equal(expected.Rgba, painted.Rgba);
    }

    private static Bitmap White()
    {
        Bitmap bitmap = new(Width, Height);
        bitmap.Rgba.AsSpan().Fill(255);
        return bitmap;
    }

    private static void Fill(Bitmap bitmap, Point[][] polygons, Rgb colour, double opacity)
    {
        for (int y = 0; y < Height; y++)
        {
            double[] coverage = new double[Width + 1];
            for (int sub = 0; sub < SubRows; sub++)
            {
                (double X, int Winding)[] crossings = [.. polygons.SelectMany(polygon => Crossings(polygon, y + ((sub + 0.5) / SubRows))).OrderBy(c => c.X)];
                int winding = 0;
                for (int i = 0; i + 1 < crossings.Length; i++)
                {
                    winding += crossings[i].Winding;
                    double from = Math.Clamp(crossings[i].X, 0, Width), to = Math.Clamp(crossings[i + 1].X, 0, Width);
                    int first = (int)from, last = (int)to;
                    if (winding == 0) continue;
                    if (first == last)
                    {
                        coverage[first] += to - from;
                        continue;
                    }

                    coverage[first] += first + 1 - from;
                    for (int x = first + 1; x < last; x++) coverage[x] += 1;
                    coverage[last] += to - last;
                }
            }

            for (int x = 0; x < Width; x++)
            {
                if (coverage[x] > 0) Blend(bitmap, x, y, colour, Math.Min(1, coverage[x] / SubRows) * opacity);
            }
        }
    }

    private static IEnumerable<(double X, int Winding)> Crossings(Point[] polygon, double at)
    {
        for (int i = 0; i < polygon.Length; i++)
        {
            Point a = polygon[i], b = polygon[(i + 1) % polygon.Length];
            int winding = a.Y < b.Y ? 1 : -1;
            if (winding < 0) (a, b) = (b, a);
            if (at >= a.Y && at < b.Y) yield return (a.X + ((at - a.Y) * ((b.X - a.X) / (b.Y - a.Y))), winding);
        }
    }

    private static void Blend(Bitmap bitmap, int x, int y, Rgb colour, double coverage)
    {
        Span<byte> pixel = bitmap.Rgba.AsSpan(4 * ((y * bitmap.Width) + x), 4);
        double below = pixel[3] / 255.0 * (1 - coverage), sum = coverage + below;
        if (sum <= 0) return;
        byte[] over = [colour.R, colour.G, colour.B];
        for (int i = 0; i < 3; i++) pixel[i] = (byte)Math.Round(((over[i] * coverage) + (pixel[i] * below)) / sum);
        pixel[3] = (byte)Math.Round(255 * Math.Min(1, sum));
    }
}
