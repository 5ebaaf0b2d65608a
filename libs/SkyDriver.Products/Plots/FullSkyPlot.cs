using System.Globalization;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>The whole sky in Mollweide's projection: pixels as scanned, the best fit as a star, the 90 % contour.</summary>
public static class FullSkyPlot
{
    private const double Width = 900, Height = 590, SampleWidth = 1560;
    private const double Stretch = 2;       // most of the sky is far from the best fit; its differences get most of the ramp
    private static readonly Mollweide Ellipse = new(centreX: Width / 2, centreY: 285, halfWidth: 390);

    public static Scene Draw(SkyMap map, LevelSet levels, Region ninety, PlotText text, Palette palette)
    {
        var scene = new Scene(Width, Height);
        double limit = Limit(map);
        double left = (Width / 2) - Ellipse.HalfWidth, top = 285 - Ellipse.HalfHeight;
        scene.Image(left, top, 2 * Ellipse.HalfWidth, 2 * Ellipse.HalfHeight, Sky(map, palette, limit, left, top));
        Graticule(scene);
        foreach (Point[] run in PlotParts.Runs(ninety, direction => SkyPoint.FromVector(direction) is var p ? Ellipse.Project(p.RightAscension, p.Declination) : null, Ellipse.HalfWidth / 2))
        {
            scene.Path(run, stroke: Rgb.White, strokeWidth: 3, opacity: 0.6);
            scene.Path(run, stroke: palette.Ninety, strokeWidth: 1.4, opacity: 1, dash: [.. palette.NinetyDash]);
        }

        SkyPoint best = SkyPoint.FromVector(map.BestDirection);
        PlotParts.Star(scene, Ellipse.Project(best.RightAscension, best.Declination), 9);
        scene.Text(new(Width / 2, 30), text.Title, 17, Anchor.Middle, bold: true);
        scene.Text(new(Width / 2, 52), text.Subtitle, 12, Anchor.Middle, new(70, 70, 70));
        scene.Text(new(24, Height - 74), $"best fit  {PlotParts.Position(map.BestDirection)}", 12);
        scene.Text(new(24, Height - 56), $"line: 90 % region, {PlotParts.Area(ninety.SquareDegrees)}, {levels.Name} limit", 12);
        scene.Text(new(24, Height - 38), PlotParts.Failures(map), 12, colour: palette.Failed);
        PlotParts.ColourBar(scene, palette, 430, Height - 84, 440, 14, limit, Stretch, "2ΔlnL to the best fit");
        PlotParts.Footer(scene, text);
        return scene;
    }

    // A few hopeless directions would use up the whole ramp; they share its end.
    private static double Limit(SkyMap map)
    {
        List<double> values = [];
        const int Nside = 16;
        for (long ipix = 0; ipix < Healpix.PixelCount(Nside); ipix++)
        {
            double value = map.PixelValue(Healpix.PixelToVector(Nside, ipix), out _);
            if (!double.IsNaN(value)) values.Add(value);
        }

        if (values.Count == 0) return 1;
        values.Sort();
        double high = Math.Max(values[(int)(0.98 * (values.Count - 1))], 1e-6), step = PlotParts.Tick(high);
        return Math.Ceiling(high / step) * step;
    }

    private static Bitmap Sky(SkyMap map, Palette palette, double limit, double left, double top)
    {
        var bitmap = new Bitmap((int)SampleWidth, (int)SampleWidth / 2);
        double scale = 2 * Ellipse.HalfWidth / bitmap.Width;
        SkyColours colours = new(map, palette, value => Math.Pow(Math.Max(value, 0) / limit, Stretch));
        Parallel.For(0, bitmap.Height, y =>
        {
            if (Ellipse.RowAt(top + ((y + 0.5) * scale)) is not { } line) return;
            Range held = line.Of(left, scale, bitmap.Width);
            colours.PaintParallel(bitmap.Row(y)[held], new Row(line, left, scale, held.Start.Value));
        });

        return bitmap;
    }

    private static void Graticule(Scene scene)
    {
        for (int dec = -60; dec <= 60; dec += 30)
        {
            double radians = dec * Math.PI / 180;
            scene.Path([.. Enumerable.Range(0, 121).Select(i => Ellipse.Project(i * Math.PI / 60, radians))], stroke: PlotParts.Grid, strokeWidth: 0.6, opacity: 0.8);
            Point end = Ellipse.Project(2 * Math.PI, radians);
            scene.Text(new(end.X - 6, end.Y + 4), dec == 0 ? "0°" : string.Create(CultureInfo.InvariantCulture, $"{dec:+0;−0}°"), 11, Anchor.End);
        }

        for (int hour = 2; hour <= 22; hour += 2)
        {
            double ra = hour * Math.PI / 12;
            scene.Path([.. Enumerable.Range(-45, 91).Select(i => Ellipse.Project(ra, i * Math.PI / 90))], stroke: PlotParts.Grid, strokeWidth: 0.6, opacity: 0.8);
            Point at = Ellipse.Project(ra, 0);
            if (hour % 4 == 0) scene.Text(new(at.X + 3, at.Y - 5), $"{hour}h", 11, halo: true);
        }

        Point west = Ellipse.Project(2 * Math.PI, 0), east = Ellipse.Project(0, 0);
        scene.Text(new(west.X - 6, west.Y - 12), "24h", 11, Anchor.End);
        scene.Text(new(east.X + 6, east.Y + 4), "0h", 11);
        scene.Path(Ellipse.Rim(), closed: true, stroke: Rgb.Black, strokeWidth: 1.2);
    }

    private readonly struct Row(Mollweide.Row line, double left, double scale, int first) : ISkyRow
    {
        public Vector3d Direction(int x) => line.Direction(left + ((first + x + 0.5) * scale));
    }
}
