using System.Globalization;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>The sky around the best fit, with the 50 % and 90 % contours and their areas. Equal areas, north up, east to the left.</summary>
public static class ZoomPlot
{
    private const double Left = 92, Top = 76, Side = 560, Width = 860, Height = 760;
    private const int Samples = 561;
    private const double Smallest = 0.4 * Math.PI / 180, Largest = 30 * Math.PI / 180;

    /// <param name="areaFifty">Square degrees, as is <paramref name="areaNinety"/>.</param>
    public static Scene Draw(SkyMap map, LevelSet levels, double areaFifty, double areaNinety, PlotText text)
    {
        Zenithal plane = new(map.BestDirection);
        double half = HalfWidth(map, levels.Delta90);
        double limit = Math.Max(levels.Delta90 * 1.6, 10);
        var scene = new Scene(Width, Height);
        scene.Image(Left, Top, Side, Side, Sky(map, plane, half, limit));
        Graticule(scene, plane, half);
        double[] grid = Sample(map, plane, half);
        Contour(scene, grid, levels.Delta90, PlotParts.Ninety);
        Contour(scene, grid, levels.Delta50, PlotParts.Fifty);
        PlotParts.Star(scene, ToPage(new(0, 0), half), 10);
        scene.Rectangle(Left, Top, Side, Side, stroke: Rgb.Black, strokeWidth: 1.2);
        scene.Text(new(Width / 2, 30), text.Title, 17, Anchor.Middle, bold: true);
        scene.Text(new(Width / 2, 52), text.Subtitle, 12, Anchor.Middle, new(70, 70, 70));
        scene.Text(new(Left + (Side / 2), Top + Side + 42), "right ascension (J2000)", 13, Anchor.Middle);
        scene.Text(new(26, Top + (Side / 2)), "declination (J2000)", 13, Anchor.Middle, degrees: 90);
        PlotParts.ColourBar(scene, Left, Top + Side + 64, Side, 14, limit, stretch: 1, "2ΔlnL to the best fit");
        Legend(scene, map, levels, areaFifty, areaNinety);
        return scene;
    }

    // Wide enough for the 90 % contour: grown until the limit lies inside.
    private static double HalfWidth(SkyMap map, double limit)
    {
        Zenithal plane = new(map.BestDirection);
        double reach = 0;
        for (double radius = Smallest / 8; radius < Largest; radius *= 1.12)
        {
            for (int i = 0; i < 64; i++)
            {
                var (sin, cos) = Math.SinCos(i * Math.PI / 32);
                if (map.Value(plane.Invert(radius * cos, radius * sin)) <= limit) reach = radius;
            }

            if (radius > 3 * Math.Max(reach, Smallest / 3)) break;
        }

        return Math.Clamp(1.6 * reach, Smallest, Largest);
    }

    private static Bitmap Sky(SkyMap map, Zenithal plane, double half, double limit)
    {
        var bitmap = new Bitmap(2 * (int)Side, 2 * (int)Side);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                double west = half * ((2 * (x + 0.5) / bitmap.Width) - 1), north = half * (1 - (2 * (y + 0.5) / bitmap.Height));
                double value = map.PixelValue(plane.Invert(west, north), out bool scanned);
                bitmap.Set(x, y, scanned ? Colormap.PlasmaReversed.At(value / limit) : PlotParts.Unscanned);
            }
        }

        return bitmap;
    }

    private static double[] Sample(SkyMap map, Zenithal plane, double half)
    {
        double[] values = new double[Samples * Samples];
        for (int y = 0; y < Samples; y++)
        {
            for (int x = 0; x < Samples; x++) values[(y * Samples) + x] = map.Value(plane.Invert(half * ((2.0 * x / (Samples - 1)) - 1), half * (1 - (2.0 * y / (Samples - 1)))));
        }

        return values;
    }

    private static void Contour(Scene scene, double[] grid, double limit, Rgb colour)
    {
        foreach (Point[] run in IsoLines.Find(grid, Samples, limit))
        {
            Point[] line = [.. run.Select(p => new Point(Left + (Side * p.X / (Samples - 1)), Top + (Side * p.Y / (Samples - 1))))];
            scene.Path(line, stroke: Rgb.White, strokeWidth: 4, opacity: 0.7);
            scene.Path(line, stroke: colour, strokeWidth: 2);
        }
    }

    private static void Graticule(Scene scene, Zenithal plane, double half)
    {
        SkyPoint middle = SkyPoint.FromVector(plane.Invert(0, 0));
        double stepDec = PlotParts.Tick(PlotParts.Degrees(2 * half));
        double middleDec = PlotParts.Degrees(middle.Declination), middleRa = PlotParts.Degrees(middle.RightAscension), span = PlotParts.Degrees(half);
        for (double dec = Math.Ceiling((middleDec - (1.5 * span)) / stepDec) * stepDec; dec <= middleDec + (1.5 * span); dec += stepDec)
        {
            if (Math.Abs(dec) < 90) Line(scene, plane, half, t => Direction(middleRa + t, dec), PlotParts.Short(dec) + "°", leftEdge: true, span, middleDec);
        }

        double cosDec = Math.Max(Math.Cos(middle.Declination), 0.02), spanRa = Math.Min(180, 1.5 * span / cosDec);
        double stepRa = PlotParts.Tick(2 * span / cosDec);
        for (double ra = Math.Ceiling((middleRa - spanRa) / stepRa) * stepRa; ra <= middleRa + spanRa; ra += stepRa)
        {
            Line(scene, plane, half, t => Direction(ra, middleDec + t), PlotParts.Short(((ra % 360) + 360) % 360) + "°", leftEdge: false, span, middleDec);
        }
    }

    private static Vector3d Direction(double raDegrees, double decDegrees) =>
        Vector3d.FromAngles((90 - Math.Clamp(decDegrees, -90, 90)) * Math.PI / 180, raDegrees * Math.PI / 180);

    // Walks along a line of the graticule, draws what lies in the frame, and labels it where it leaves at the left or the bottom.
    private static void Line(Scene scene, Zenithal plane, double half, Func<double, Vector3d> along, string label, bool leftEdge, double span, double middleDec)
    {
        double reach = leftEdge ? Math.Min(180, 2 * span / Math.Max(Math.Cos(middleDec * Math.PI / 180), 0.02)) : 2 * span;
        const int Steps = 400;
        List<Point> run = [];
        Point? exit = null;
        for (int i = 0; i <= Steps; i++)
        {
            Point? at = plane.Project(along(((2.0 * i / Steps) - 1) * reach)) is { } p && Math.Abs(p.X) <= half && Math.Abs(p.Y) <= half ? ToPage(p, half) : null;
            if (at is { } inside)
            {
                run.Add(inside);
                if (exit is null || (leftEdge ? inside.X < exit.Value.X : inside.Y > exit.Value.Y)) exit = inside;
                continue;
            }

            Flush();
        }

        Flush();
        if (exit is not { } edge) return;
        if (leftEdge && edge.X < Left + (0.03 * Side)) scene.Text(new(Left - 7, edge.Y + 4), label, 11, Anchor.End);
        if (!leftEdge && edge.Y > Top + (0.97 * Side)) scene.Text(new(edge.X, Top + Side + 17), label, 11, Anchor.Middle);

        void Flush()
        {
            if (run.Count > 1) scene.Path([.. run], stroke: PlotParts.Grid, strokeWidth: 0.6, opacity: 0.7);
            run = [];
        }
    }

    private static Point ToPage(Point p, double half) => new(Left + (Side * ((p.X / half) + 1) / 2), Top + (Side * (1 - (p.Y / half)) / 2));

    private static void Legend(Scene scene, SkyMap map, LevelSet levels, double areaFifty, double areaNinety)
    {
        const double X = Left + Side + 20;
        double y = Top + 14;
        SkyPoint best = SkyPoint.FromVector(map.BestDirection);
        Heading("best fit");
        Row(string.Create(CultureInfo.InvariantCulture, $"RA   {PlotParts.Degrees(best.RightAscension):0.000}°"));
        Row(string.Create(CultureInfo.InvariantCulture, $"Dec  {PlotParts.Degrees(best.Declination):+0.000;−0.000}°"));
        Row(string.Create(CultureInfo.InvariantCulture, $"−lnL  {map.Best.Llh:0.00}"));
        Row(string.Create(CultureInfo.InvariantCulture, $"nside {map.Best.Nside}, pixel {map.Best.Ipix}"));
        y += 16;
        Heading("regions");
        Region("50 %", PlotParts.Fifty, levels.Delta50, areaFifty);
        Region("90 %", PlotParts.Ninety, levels.Delta90, areaNinety);
        y += 16;
        Heading($"limits: {levels.Name}");
        foreach (string part in levels.Origin.Split(", ")) Row(part);
        if (map.Failed > 0)
        {
            y += 16;
            scene.Text(new(X, y), PlotParts.Failures(map), 11, colour: Colormap.NotANumber);
        }

        void Heading(string title)
        {
            scene.Text(new(X, y), title, 13, bold: true);
            y += 19;
        }

        void Row(string row)
        {
            scene.Text(new(X, y), row, 11.5);
            y += 17;
        }

        void Region(string name, Rgb colour, double limit, double area)
        {
            scene.Path([new(X, y - 4), new(X + 26, y - 4)], stroke: colour, strokeWidth: 2.4);
            scene.Text(new(X + 34, y), $"{name}  {PlotParts.Area(area)}", 11.5);
            y += 16;
            scene.Text(new(X + 34, y), $"2ΔlnL ≤ {PlotParts.Short(limit)}", 10.5, colour: new(90, 90, 90));
            y += 20;
        }
    }
}
