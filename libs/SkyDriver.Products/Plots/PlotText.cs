using System.Globalization;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products.Plots;

/// <summary>What stands in words on a plot.</summary>
/// <param name="Title">Which event: run, event, type, time.</param>
/// <param name="Subtitle">How it was reconstructed.</param>
/// <param name="Footer">With which version, from which input.</param>
/// <param name="Caution">Why the regions must not be believed; empty when nothing is known against them.</param>
public sealed record PlotText(string Title, string Subtitle, string Footer = "", string Caution = "")
{
    public static PlotText Of(ScanProducts products)
    {
        SkyScanResult result = products.Result;
        string nsides = string.Join(" > ", result.Nsides.Select(n => n.Nside).Order());
        string partial = products.Metadata is { Complete: false } ? ", PARTIAL RESULT" : "";
        string algorithm = products.Settings.RecoAlgo is { Length: > 0 } name ? name + ", " : "";
        string subtitle = string.Create(CultureInfo.InvariantCulture, $"{algorithm}nside {nsides}, {result.PixelCount} pixels{partial}");
        string caution = products.Caution is { } why ? $"Caution: {why}." : "";
        string footer = $"{Provenance.Program}  result {products.Provenance.ResultSha256[..16]}" + (products.Provenance.EventSha256 is { } hash ? $"  event {hash[..16]}" : "");
        return products.Metadata?.Event is { } what
            ? new(string.Create(CultureInfo.InvariantCulture, $"Run {what.RunId}  Event {what.EventId}  {Kind(what)}  MJD {what.Mjd:0.0000}"), subtitle, footer, caution)
            : new("event not named in the file", subtitle, footer, caution);
    }

    private static string Kind(EventMetadata what) => what.IsRealEvent ? what.EventType.Length == 0 ? "" : $"Type {what.EventType}" : "SIMULATED";
}

/// <summary>Pieces that both plots have.</summary>
internal static class PlotParts
{
    public static Rgb Grid { get; } = new(120, 120, 120);

    public static Rgb Unscanned { get; } = new(225, 225, 225);

    /// <summary>A region's lines on the page, broken where a point lies off it (null) or the next one is further than <paramref name="jump"/>.</summary>
    public static IEnumerable<Point[]> Runs(Region region, Func<Vector3d, Point?> project, double jump)
    {
        foreach (Vector3d[] line in region.Lines)
        {
            List<Point> run = [];
            foreach (Vector3d direction in line.Append(line[0]))
            {
                Point? at = project(direction);
                if (run.Count > 0 && (at is not { } next || Math.Abs(next.X - run[^1].X) > jump))
                {
                    yield return [.. run];
                    run = [];
                }

                if (at is { } point) run.Add(point);
            }

            yield return [.. run];
        }
    }

    public static void Footer(Scene scene, PlotText text) => scene.Text(new(scene.Width / 2, scene.Height - 8), text.Footer, 8.5, Anchor.Middle, new(110, 110, 110));

    public static void Star(Scene scene, Point at, double radius)
    {
        Point[] points = new Point[10];
        for (int i = 0; i < points.Length; i++)
        {
            var (sin, cos) = Math.SinCos(i * Math.PI / 5);
            double r = i % 2 == 0 ? radius : radius * 0.42;
            points[i] = new(at.X + (r * sin), at.Y - (r * cos));
        }

        scene.Path(points, closed: true, fill: Rgb.Black, stroke: Rgb.White, strokeWidth: 1);
    }

    /// <param name="stretch">Power of the ramp: the colour stands for (value / limit)^stretch. Above 1 the large values get more of it.</param>
    public static void ColourBar(Scene scene, Palette palette, double x, double y, double width, double height, double limit, double stretch, string label)
    {
        const int Steps = 256;
        var ramp = new Bitmap(Steps, 1);
        for (int i = 0; i < Steps; i++) ramp.Set(i, 0, palette.Ramp.At(i / (Steps - 1.0)));
        scene.Image(x, y, width, height, ramp);
        scene.Rectangle(x, y, width, height, stroke: Rgb.Black, strokeWidth: 0.8);
        double step = Tick(limit);
        double last = double.NegativeInfinity;
        for (double value = 0; value <= limit * 1.0001; value += step)
        {
            double at = x + (width * Math.Pow(value / limit, stretch));
            if (at - last < 34) continue;       // no room for its number
            last = at;
            scene.Path([new(at, y + height), new(at, y + height + 4)], stroke: Rgb.Black, strokeWidth: 0.8);
            scene.Text(new(at, y + height + 16), Short(value), 11, Anchor.Middle);
        }

        scene.Text(new(x + (width / 2), y + height + 33), label, 12, Anchor.Middle);
    }

    /// <summary>A round step that gives about five marks.</summary>
    public static double Tick(double range)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(range / 4)));
        double lead = range / 4 / power;
        return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    }

    public static string Short(double value) => Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '−');

    /// <summary>Where the best fit lies, such as <c>RA 138.66° Dec −0.02°</c>.</summary>
    public static string Position(in Vector3d direction)
    {
        SkyPoint point = SkyPoint.FromVector(direction);
        return string.Create(CultureInfo.InvariantCulture, $"RA {Degrees(point.RightAscension):0.00}°  Dec {Degrees(point.Declination):+0.00;−0.00}°");
    }

    public static double Degrees(double radians) => radians * 180 / Math.PI;

    public static string Area(double squareDegrees) => squareDegrees.ToString(squareDegrees < 1 ? "0.000" : squareDegrees < 100 ? "0.00" : "0", CultureInfo.InvariantCulture) + " deg²";

    /// <summary>Lines of whole words that are no wider than given; a longer word has a line of its own.</summary>
    public static IEnumerable<string> Wrap(string text, double size, double width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && StrokeFont.Width(longer) * size > width)
            {
                yield return line;
                longer = word;
            }

            line = longer;
        }

        yield return line;
    }

    public static string Failures(SkyMap map) => map.Failed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{map.Failed} failed fits (marked in colour)");
}
