using System.Globalization;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>The sky around the best fit, with the 50 % and 90 % contours and their areas. Equal areas, north up, east to the left.</summary>
public static class ZoomPlot
{
    private const double Left = 92, Top = 76, Side = 560, Width = 860, Height = 776;
    private const double Smallest = 0.4 * Math.PI / 180, Largest = 30 * Math.PI / 180;

    public static Scene Draw(SkyMap map, LevelSet levels, Region fifty, Region ninety, PlotText text, Palette palette)
    {
        Zenithal plane = new(map.BestDirection);
        double half = HalfWidth(map, plane, ninety.Limit);
        double limit = Math.Max(levels.Delta90 * 1.6, 10);
        var scene = new Scene(Width, Height);
        scene.Image(Left, Top, Side, Side, Sky(map, palette, plane, half, limit));
        Graticule(scene, plane, half);
        Contour(scene, ninety, plane, half, palette.Ninety, [.. palette.NinetyDash]);
        Contour(scene, fifty, plane, half, palette.Fifty, []);
        PlotParts.Star(scene, ToPage(new(0, 0), half), 10);
        scene.Rectangle(Left, Top, Side, Side, stroke: Rgb.Black, strokeWidth: 1.2);
        scene.Text(new(Width / 2, 30), text.Title, 17, Anchor.Middle, bold: true);
        scene.Text(new(Width / 2, 52), text.Subtitle, 12, Anchor.Middle, new(70, 70, 70));
        scene.Text(new(Left + (Side / 2), Top + Side + 42), "right ascension (J2000)", 13, Anchor.Middle);
        scene.Text(new(26, Top + (Side / 2)), "declination (J2000)", 13, Anchor.Middle, degrees: 90);
        PlotParts.ColourBar(scene, palette, Left, Top + Side + 64, Side, 14, limit, stretch: 1, "2ΔlnL to the best fit");
        Legend(scene, map, levels, fifty, ninety, palette, text.Caution);
        PlotParts.Footer(scene, text);
        return scene;
    }

    // Wide enough for the 90 % region around the best fit: grown until it ends. Pieces far away would leave nothing to see here.
    private static double HalfWidth(SkyMap map, Zenithal plane, double limit)
    {
        double reach = 0;
        for (double radius = Smallest / 8; radius < Largest && radius <= 3 * Math.Max(reach, Smallest / 3); radius *= 1.12)
        {
            for (int i = 0; i < 64; i++)
            {
                var (sin, cos) = Math.SinCos(i * Math.PI / 32);
                if (map.Value(plane.Invert(radius * cos, radius * sin)) <= limit) reach = radius;
            }
        }

        return Math.Clamp(1.6 * reach, Smallest, Largest);
    }

    private static Bitmap Sky(SkyMap map, Palette palette, Zenithal plane, double half, double limit)
    {
        var bitmap = new Bitmap(2 * (int)Side, 2 * (int)Side);
        SkyColours colours = new(map, palette, value => value / limit);
        Parallel.For(0, bitmap.Height, y => colours.Paint(bitmap.Row(y), new Row(plane, half, half * (1 - (2 * (y + 0.5) / bitmap.Height)), bitmap.Width)));
        return bitmap;
    }

    private static void Contour(Scene scene, Region region, Zenithal plane, double half, Rgb colour, double[] dash)
    {
        Point[][] runs = [.. PlotParts.Runs(region, Inside, jump: Side)];
        foreach (Point[] run in runs) scene.Path(run, stroke: Rgb.White, strokeWidth: 4, opacity: 0.7);
        foreach (Point[] run in runs) scene.Path(run, stroke: colour, strokeWidth: 2, opacity: 1, dash: dash);

        Point? Inside(Vector3d direction) =>
            plane.Project(direction) is { } p && Math.Abs(p.X) <= half && Math.Abs(p.Y) <= half ? ToPage(p, half) : null;
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

    private static void Legend(Scene scene, SkyMap map, LevelSet levels, Region fifty, Region ninety, Palette palette, string caution)
    {
        const double X = Left + Side + 20, RowSize = 11.5, RowWidth = Width - X - 8;
        double y = Top + 14;
        SkyPoint best = SkyPoint.FromVector(map.BestDirection);
        Heading("best fit");
        Row(string.Create(CultureInfo.InvariantCulture, $"RA   {PlotParts.Degrees(best.RightAscension):0.000}°"));
        Row(string.Create(CultureInfo.InvariantCulture, $"Dec  {PlotParts.Degrees(best.Declination):+0.000;−0.000}°"));
        Row(string.Create(CultureInfo.InvariantCulture, $"−lnL  {map.Best.Llh:0.00}"));
        Row(string.Create(CultureInfo.InvariantCulture, $"nside {map.Best.Nside}, pixel {map.Best.Ipix}"));
        y += 16;
        Heading("regions");
        Outline(fifty, palette.Fifty, []);
        Outline(ninety, palette.Ninety, [.. palette.NinetyDash]);
        y += 16;
        Heading($"limits: {levels.Name}");
        foreach (string part in PlotParts.Wrap(levels.Origin, RowSize, RowWidth)) Row(part);
        if (map.Failed > 0) Warn(PlotParts.Failures(map));
        if (caution.Length > 0) Warn(caution);

        void Heading(string title)
        {
            scene.Text(new(X, y), title, 13, bold: true);
            y += 19;
        }

        void Row(string row, Rgb? colour = null)
        {
            scene.Text(new(X, y), row, RowSize, colour: colour);
            y += 17;
        }

        void Warn(string text)
        {
            y += 16;
            foreach (string part in PlotParts.Wrap(text, RowSize, RowWidth)) Row(part, palette.Failed);
        }

        void Outline(Region region, Rgb colour, double[] dash)
        {
            scene.Path([new(X, y - 4), new(X + 26, y - 4)], stroke: colour, strokeWidth: 2.4, opacity: 1, dash: dash);
            scene.Text(new(X + 34, y), $"{region.Percent} %  {PlotParts.Area(region.SquareDegrees)}", 11.5);
            y += 16;
            Small($"2ΔlnL ≤ {PlotParts.Short(region.Limit)}");
            Small(string.Create(CultureInfo.InvariantCulture, $"RA  +{region.Errors.RaPlus:0.00} −{region.Errors.RaMinus:0.00}°"));
            Small(string.Create(CultureInfo.InvariantCulture, $"Dec +{region.Errors.DecPlus:0.00} −{region.Errors.DecMinus:0.00}°"));
            if (region.Lines.Count > 1) Small($"{region.Lines.Count} lines");
            y += 6;
        }

        void Small(string row)
        {
            scene.Text(new(X + 34, y), row, 10.5, colour: new(90, 90, 90));
            y += 15;
        }
    }

    private readonly struct Row(Zenithal plane, double half, double north, int width) : ISkyRow
    {
        public Vector3d Direction(int x) => plane.Invert(half * ((2 * (x + 0.5) / width) - 1), north);
    }
}
