namespace SkyDriver.Products.Drawing;

/// <summary>Paints a <see cref="Scene"/> into pixels: lines and letters as areas.</summary>
internal static class Rasterizer
{
    private const int Corners = 10;     // of the disc at a joint

    private static readonly (double Sin, double Cos)[] Disc = [.. Enumerable.Range(0, Corners).Select(k => Math.SinCos(2 * Math.PI * k / Corners))];

    public static Bitmap Draw(Scene scene, double scale)
    {
        var bitmap = new Bitmap((int)Math.Ceiling(scene.Width * scale), (int)Math.Ceiling(scene.Height * scale));
        bitmap.Rgba.AsSpan().Fill(255);
        AreaPainter areas = new(bitmap);
        foreach (Scene.Shape shape in scene.Shapes)
        {
            switch (shape)
            {
                case Scene.PathShape path: Draw(areas, path, scale); break;
                case Scene.TextShape text: Draw(areas, text, scale); break;
                case Scene.ImageShape image: Draw(bitmap, image, scale); break;
            }
        }

        return bitmap;
    }

    private static void Draw(AreaPainter areas, Scene.PathShape path, double scale)
    {
        Point[] points = [.. path.Points.Select(p => new Point(p.X * scale, p.Y * scale))];
        if (path.Fill is { } fill) areas.Fill([points], fill, path.Opacity);
        if (path.Stroke is not { } stroke) return;
        IEnumerable<Point[]> pieces = path.Dash.Length == 0 ? [path.Closed ? [.. points, points[0]] : points]
            : Dashes(path.Closed ? [.. points, points[0]] : points, [.. path.Dash.Select(d => d * scale)]);
        areas.Fill([.. pieces.SelectMany(piece => Outline(piece, path.StrokeWidth * scale / 2))], stroke, path.Opacity);
    }

    private static void Draw(AreaPainter areas, Scene.TextShape text, double scale)
    {
        double size = text.Size * scale, width = StrokeFont.Width(text.Text) * size;
        double start = text.Anchor switch { Anchor.Start => 0, Anchor.Middle => -width / 2, _ => -width };
        var (sin, cos) = Math.SinCos(-text.Degrees * Math.PI / 180);
        double half = size * (text.Bold ? 0.062 : 0.042);
        List<Point[]> outlines = [], halo = [];
        foreach (Point[] line in StrokeFont.Lines(text.Text))
        {
            Point[] placed = new Point[line.Length];
            for (int i = 0; i < line.Length; i++)
            {
                double x = start + (line[i].X * size), y = -line[i].Y * size;
                placed[i] = new((text.At.X * scale) + (x * cos) - (y * sin), (text.At.Y * scale) + (x * sin) + (y * cos));
            }

            outlines.AddRange(Outline(placed, half));
            if (text.Halo) halo.AddRange(Outline(placed, half + (1.4 * scale)));
        }

        areas.Fill(halo, Rgb.White, 1);
        areas.Fill(outlines, text.Colour, 1);
    }

    private static void Draw(Bitmap bitmap, Scene.ImageShape image, double scale)
    {
        int left = (int)Math.Round(image.X * scale), top = (int)Math.Round(image.Y * scale);
        int width = (int)Math.Round(image.Width * scale), height = (int)Math.Round(image.Height * scale);
        int first = Math.Max(0, left), end = Math.Min(bitmap.Width, left + width);
        if (first >= end) return;
        int[] sources = [.. Enumerable.Range(first, end - first).Select(x => Math.Clamp((int)((x - left + 0.5) * image.Bitmap.Width / width), 0, image.Bitmap.Width - 1))];
        for (int y = Math.Max(0, top); y < Math.Min(bitmap.Height, top + height); y++)
        {
            int sourceY = Math.Clamp((int)((y - top + 0.5) * image.Bitmap.Height / height), 0, image.Bitmap.Height - 1);
            bitmap.BlendRow(first, y, image.Bitmap, sources, sourceY);
        }
    }

    /// <summary>A line as areas: one rectangle a piece and a small disc at each joint, all with the same winding.</summary>
    private static IEnumerable<Point[]> Outline(Point[] line, double half)
    {
        half = Math.Max(half, 0.3);
        for (int i = 0; i + 1 < line.Length; i++)
        {
            double dx = line[i + 1].X - line[i].X, dy = line[i + 1].Y - line[i].Y, length = Math.Sqrt((dx * dx) + (dy * dy));
            if (length < 1e-9) continue;
            double nx = -dy / length * half, ny = dx / length * half;
            yield return [new(line[i].X + nx, line[i].Y + ny), new(line[i].X - nx, line[i].Y - ny), new(line[i + 1].X - nx, line[i + 1].Y - ny), new(line[i + 1].X + nx, line[i + 1].Y + ny)];
        }

        if (half < 0.6) yield break;    // below that a joint cannot be seen
        foreach (Point joint in line)
        {
            Point[] disc = new Point[Corners];
            for (int k = 0; k < Corners; k++) disc[k] = new(joint.X + (half * Disc[k].Cos), joint.Y + (half * Disc[k].Sin));

            yield return disc;
        }
    }

    private static IEnumerable<Point[]> Dashes(Point[] line, double[] pattern)
    {
        var piece = new List<Point> { line[0] };
        int phase = 0;
        double left = pattern[0];
        for (int i = 0; i + 1 < line.Length; i++)
        {
            Point from = line[i], to = line[i + 1];
            double length = Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2)), walked = 0;
            while (length - walked > left)
            {
                walked += left;
                Point turn = new(from.X + ((to.X - from.X) * walked / length), from.Y + ((to.Y - from.Y) * walked / length));
                piece.Add(turn);
                if (phase % 2 == 0) yield return [.. piece];
                piece = [turn];
                left = pattern[++phase % pattern.Length];
            }

            left -= length - walked;
            piece.Add(to);
        }

        if (phase % 2 == 0 && piece.Count > 1) yield return [.. piece];
    }
}
