using SkyDriver.Products.Drawing;

namespace SkyDriver.Products.Plots;

/// <summary>Colours of a plot.</summary>
/// <param name="NinetyDash">Of the 90 % line; empty for a solid one.</param>
/// <param name="Failed">Pixels whose fits failed; outside the ramp.</param>
public sealed record Palette(string Name, Colormap Ramp, Rgb Fifty, Rgb Ninety, IReadOnlyList<double> NinetyDash, Rgb Failed)
{
    /// <summary>The customary one: 50 % black, 90 % red, on a ramp from yellow to dark blue.</summary>
    public static Palette Plasma { get; } = new("plasma", Colormap.PlasmaReversed, Rgb.Black, new(200, 0, 20), [], new(255, 0, 40));

    /// <summary>For all kinds of colour vision, and for grey printing: a ramp from yellow to blue, and lines told apart by their dashes.</summary>
    public static Palette Cividis { get; } = new("cividis", Colormap.CividisReversed, Rgb.Black, Rgb.Black, [9, 5], new(213, 94, 0));

    public static IReadOnlyList<string> Names { get; } = [Plasma.Name, Cividis.Name];

    public static Palette? Find(string name) => name == Plasma.Name ? Plasma : name == Cividis.Name ? Cividis : null;
}
