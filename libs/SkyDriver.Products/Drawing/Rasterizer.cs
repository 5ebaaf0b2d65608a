namespace SkyDriver.Products.Drawing;

/// <summary>Paints a <see cref="Scene"/> into pixels. Areas are covered by the non-zero winding rule with exact horizontal and
/// 4-fold vertical coverage, which is smooth enough for line art.</summary>
internal static class Rasterizer
{
    private const int SubRows = 4;

    public static Bitmap Draw(Scene scene, double scale)
    {
        var bitmap = new Bitmap((int)Math.Ceiling(scene.Width * scale), (int)Math.Ceiling(scene.Height * scale));
        bitmap.Rgba.AsSpan().Fill(255);
        foreach (Scene.Shape shape in scene.Shapes)
        {
            switch (shape)
            {
                case Scene.PathShape path: Draw(bitmap, path, scale); break;
                case Scene.TextShape text: Draw(bitmap, text, scale); break;
                case Scene.ImageShape image: Draw(bitmap, image, scale); break;
            }
        }

        return bitmap;
    }

    private static void Draw(Bitmap bitmap, Scene.PathShape path, double scale)
    {
        Point[] points = [.. path.Points.Select(p => new Point(p.X * scale, p.Y * scale))];
        if (path.Fill is { } fill) Fill(bitmap, [points], fill, path.Opacity);
        if (path.Stroke is not { } stroke) return;
        IEnumerable<Point[]> pieces = path.Dash.Length == 0 ? [path.Closed ? [.. points, points[0]] : points]
            : Dashes(path.Closed ? [.. points, points[0]] : points, [.. path.Dash.Select(d => d * scale)]);
        Fill(bitmap, [.. pieces.SelectMany(piece => Outline(piece, path.StrokeWidth * scale / 2))], stroke, path.Opacity);
    }

    private static void Draw(Bitmap bitmap, Scene.TextShape text, double scale)
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

        Fill(bitmap, halo, Rgb.White, 1);
        Fill(bitmap, outlines, text.Colour, 1);
    }

    private static void Draw(Bitmap bitmap, Scene.ImageShape image, double scale)
    {
        int left = (int)Math.Round(image.X * scale), top = (int)Math.Round(image.Y * scale);
        int width = (int)Math.Round(image.Width * scale), height = (int)Math.Round(image.Height * scale);
        for (int y = Math.Max(0, top); y < Math.Min(bitmap.Height, top + height); y++)
        {
            int sourceY = Math.Clamp((int)((y - top + 0.5) * image.Bitmap.Height / height), 0, image.Bitmap.Height - 1);
            for (int x = Math.Max(0, left); x < Math.Min(bitmap.Width, left + width); x++)
            {
                int sourceX = Math.Clamp((int)((x - left + 0.5) * image.Bitmap.Width / width), 0, image.Bitmap.Width - 1);
                ReadOnlySpan<byte> pixel = image.Bitmap.Rgba.AsSpan(4 * ((sourceY * image.Bitmap.Width) + sourceX), 4);
                if (pixel[3] > 0) bitmap.Blend(x, y, new(pixel[0], pixel[1], pixel[2]), pixel[3] / 255.0);
            }
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
            const int Corners = 10;
            Point[] disc = new Point[Corners];
            for (int k = 0; k < Corners; k++)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * k / Corners);
                disc[k] = new(joint.X + (half * cos), joint.Y + (half * sin));
            }

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

    private static void Fill(Bitmap bitmap, IReadOnlyList<Point[]> polygons, Rgb colour, double opacity)
    {
        if (polygons.Count == 0) return;
        double minY = double.MaxValue, maxY = double.MinValue;
        foreach (Point[] polygon in polygons)
        {
            foreach (Point p in polygon) (minY, maxY) = (Math.Min(minY, p.Y), Math.Max(maxY, p.Y));
        }

        int top = Math.Max(0, (int)Math.Floor(minY)), bottom = Math.Min(bitmap.Height - 1, (int)Math.Floor(maxY));
        if (top > bottom) return;
        List<Edge>[] edgesByRow = EdgesByRow(polygons, top, bottom);
        var active = new List<Edge>();
        var crossings = new List<(double X, int Winding)>();
        double[] coverage = new double[bitmap.Width + 1];
        for (int y = top; y <= bottom; y++)
        {
            active.AddRange(edgesByRow[y - top]);
            active.RemoveAll(e => e.BottomY <= y);
            if (active.Count == 0) continue;
            Array.Clear(coverage);
            for (int sub = 0; sub < SubRows; sub++)
            {
                double at = y + ((sub + 0.5) / SubRows);
                crossings.Clear();
                foreach (Edge edge in active)
                {
                    if (at >= edge.TopY && at < edge.BottomY) crossings.Add((edge.X + ((at - edge.TopY) * edge.Slope), edge.Winding));
                }

                crossings.Sort(static (a, b) => a.X.CompareTo(b.X));
                Cover(coverage, crossings, bitmap.Width);
            }

            for (int x = 0; x < bitmap.Width; x++)
            {
                if (coverage[x] > 0) bitmap.Blend(x, y, colour, Math.Min(1, coverage[x] / SubRows) * opacity);
            }
        }
    }

    private static List<Edge>[] EdgesByRow(IReadOnlyList<Point[]> polygons, int top, int bottom)
    {
        var rows = new List<Edge>[bottom - top + 1];
        for (int i = 0; i < rows.Length; i++) rows[i] = [];
        foreach (Point[] polygon in polygons)
        {
            for (int i = 0; i < polygon.Length; i++)
            {
                Point a = polygon[i], b = polygon[(i + 1) % polygon.Length];
                if (a.Y == b.Y || Math.Max(a.Y, b.Y) <= top || Math.Min(a.Y, b.Y) > bottom + 1) continue;
                int winding = a.Y < b.Y ? 1 : -1;
                if (winding < 0) (a, b) = (b, a);
                rows[Math.Clamp((int)Math.Floor(a.Y), top, bottom) - top].Add(new(a.Y, b.Y, a.X, (b.X - a.X) / (b.Y - a.Y), winding));
            }
        }

        return rows;
    }

    private static void Cover(double[] coverage, List<(double X, int Winding)> crossings, int width)
    {
        int winding = 0;
        for (int i = 0; i + 1 < crossings.Count; i++)
        {
            winding += crossings[i].Winding;
            if (winding == 0) continue;
            double from = Math.Clamp(crossings[i].X, 0, width), to = Math.Clamp(crossings[i + 1].X, 0, width);
            int first = (int)from, last = (int)to;
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

    private readonly record struct Edge(double TopY, double BottomY, double X, double Slope, int Winding);
}
