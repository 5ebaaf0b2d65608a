using System.Globalization;

namespace SkyDriver.Products.Drawing;

/// <summary>An opaque colour, 8 bits a channel, sRGB.</summary>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    public static Rgb Black => new(0, 0, 0);

    public static Rgb White => new(255, 255, 255);

    /// <summary>The form that SVG and CSS read, such as <c>#0d0887</c>.</summary>
    public string ToHex() => string.Create(CultureInfo.InvariantCulture, $"#{R:x2}{G:x2}{B:x2}");

    /// <param name="share">0 gives <paramref name="a"/>, 1 gives <paramref name="b"/>.</param>
    public static Rgb Mix(Rgb a, Rgb b, double share) => new(Channel(a.R, b.R, share), Channel(a.G, b.G, share), Channel(a.B, b.B, share));

    private static byte Channel(byte a, byte b, double share) => (byte)Math.Round(a + ((b - a) * share));
}
