using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SkyDriver.Cli.Commands;

/// <summary>How far a scan is, as a bar or a line. The rate is taken over what was seen, which need not be all of the scan.</summary>
internal sealed class ProgressMeter(TimeProvider clock)
{
    private const int BarWidth = 40;

    private long _start;
    private long? _first;

    public IRenderable Bar(ScanNumbers numbers)
    {
        BreakdownChart bar = new BreakdownChart().Width(BarWidth).HideTags().AddItem("done", Math.Max(numbers.Done, 0.001), Color.Orange1).AddItem("open", Math.Max(numbers.Expected - numbers.Done, 0.001), Color.Grey23);
        return new Rows(bar, new Text(Line(numbers)));
    }

    public string Line(ScanNumbers n)
    {
        // A scan that another replaces begins anew.
        if (_first is null || n.Done < _first) (_first, _start) = (n.Done, clock.GetTimestamp());
        if (n.Expected == 0) return $"waiting for the first pixel ({n.Phase}{(n.Waiting is { } why ? $": {why}" : "")})";
        double rate = (n.Done - _first.Value) / Math.Max(clock.GetElapsedTime(_start).TotalSeconds, 0.1);
        string pace = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $", {rate:0}/s") : "";
        string left = rate > 0 && n.Expected > n.Done ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling((n.Expected - n.Done) / rate):0} s left") : "";
        string fit = n.BestFit is { } best ? string.Create(CultureInfo.InvariantCulture, $"   best so far RA {best.RaDeg:0.00}° Dec {best.DecDeg:+0.00;-0.00}° (nside {best.Nside})") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{n.PixelsDone} pixels, {n.Done}/{n.Expected} reconstructions{pace}{left}{fit}");
    }
}
