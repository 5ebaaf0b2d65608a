namespace SkyDriver.Products.Drawing;

/// <summary>A ramp of colours from 0 to 1, linear between its stops.</summary>
public sealed class Colormap
{
    private readonly Rgb[] _stops;

    private Colormap(params Rgb[] stops) => _stops = stops;

    /// <summary>Dark blue over magenta and orange to yellow; lightness rises all the way, so it survives grey printing.</summary>
    public static Colormap Plasma { get; } = new(
        new(13, 8, 135), new(70, 3, 159), new(114, 1, 168), new(156, 23, 158), new(189, 55, 134),
        new(216, 87, 107), new(237, 121, 83), new(251, 159, 58), new(253, 202, 38), new(240, 249, 33));

    /// <summary>Yellow for the smallest value: the likely sky shines, as in the reference's likelihood plots.</summary>
    public static Colormap PlasmaReversed { get; } = new([.. Plasma._stops.Reverse()]);

    /// <summary>Dark blue over grey to yellow, looking alike with and without red-green vision (Nuñez, Anderton and Renslow 2018).</summary>
    public static Colormap Cividis { get; } = new(
        new(0, 34, 78), new(18, 53, 112), new(59, 73, 108), new(87, 93, 109), new(112, 113, 115),
        new(138, 134, 120), new(165, 156, 116), new(195, 180, 105), new(225, 204, 85), new(254, 232, 56));

    public static Colormap CividisReversed { get; } = new([.. Cividis._stops.Reverse()]);

    /// <param name="position">0 to 1; values outside are clamped. Not NaN.</param>
    public Rgb At(double position)
    {
        double scaled = Math.Clamp(position, 0, 1) * (_stops.Length - 1);
        int lower = Math.Min((int)scaled, _stops.Length - 2);
        return Rgb.Mix(_stops[lower], _stops[lower + 1], scaled - lower);
    }
}
