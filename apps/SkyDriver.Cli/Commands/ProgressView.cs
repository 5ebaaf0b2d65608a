using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SkyDriver.Cli.Commands;

/// <summary>How far a scan is, as a bar or a line.</summary>
internal static class ProgressView
{
    public static IRenderable Bar(ScanNumbers numbers, TimeSpan elapsed)
    {
        BreakdownChart bar = new BreakdownChart().Width(40).HideTags().AddItem("done", Math.Max(numbers.Done, 0.001), Color.Orange1).AddItem("open", Math.Max(numbers.Expected - numbers.Done, 0.001), Color.Grey23);
        return new Rows(bar, new Text(Line(numbers, elapsed)));
    }

    /// <param name="elapsed">Since the scan was seen first; the rate is taken over it.</param>
    public static string Line(ScanNumbers n, TimeSpan elapsed)
    {
        if (n.Expected == 0) return $"waiting for the first pixel ({n.Phase})";
        string fit = n.BestFit is { } best ? string.Create(CultureInfo.InvariantCulture, $"   best so far RA {best.RaDeg:0.00}° Dec {best.DecDeg:+0.00;-0.00}° (nside {best.Nside})") : "";
        double seconds = Math.Max(elapsed.TotalSeconds, 0.1), rate = n.Done / seconds;
        string left = rate > 0 && n.Expected > n.Done ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling((n.Expected - n.Done) / rate):0} s left") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{n.PixelsDone} pixels, {n.Done}/{n.Expected} reconstructions, {rate:0}/s{left}{fit}");
    }
}
