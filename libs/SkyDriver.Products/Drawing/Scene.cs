namespace SkyDriver.Products.Drawing;

/// <summary>A point of a drawing: x to the right, y down, in units of one pixel of the nominal size.</summary>
public readonly record struct Point(double X, double Y);

/// <summary>Where a text touches its point.</summary>
public enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>A drawing as a list of shapes, painted in order. <see cref="SvgWriter"/> and <see cref="PngWriter"/> turn it into files, so that
/// both show the same picture.</summary>
public sealed class Scene(double width, double height)
{
    private readonly List<Shape> _shapes = [];

    public double Width { get; } = width;

    public double Height { get; } = height;

    internal IReadOnlyList<Shape> Shapes => _shapes;

    /// <summary>An outline or area through the given points.</summary>
    /// <param name="dash">Lengths of drawn and left-out pieces in turn; empty for a solid line.</param>
    public void Path(IReadOnlyList<Point> points, bool closed = false, Rgb? fill = null, Rgb? stroke = null, double strokeWidth = 1, double opacity = 1, params double[] dash)
    {
        if (points.Count > 1) _shapes.Add(new PathShape(points, closed, fill, stroke, strokeWidth, opacity, dash));
    }

    public void Rectangle(double x, double y, double width, double height, Rgb? fill = null, Rgb? stroke = null, double strokeWidth = 1, double opacity = 1) =>
        Path([new(x, y), new(x + width, y), new(x + width, y + height), new(x, y + height)], closed: true, fill, stroke, strokeWidth, opacity);

    /// <param name="at">The text's base line, at its start, middle or end.</param>
    /// <param name="size">Height of a capital letter is about 0.72 of it.</param>
    /// <param name="degrees">Turn about <paramref name="at"/>, counter-clockwise as seen.</param>
    /// <param name="halo">A white rim, for text on top of a map.</param>
    public void Text(Point at, string text, double size, Anchor anchor = Anchor.Start, Rgb? colour = null, double degrees = 0, bool bold = false, bool halo = false) =>
        _shapes.Add(new TextShape(at, text, size, anchor, colour ?? Rgb.Black, degrees, bold, halo));

    /// <summary>A picture made of pixels, stretched over a rectangle.</summary>
    public void Image(double x, double y, double width, double height, Bitmap bitmap) => _shapes.Add(new ImageShape(x, y, width, height, bitmap));

    internal abstract record Shape;

    internal sealed record PathShape(IReadOnlyList<Point> Points, bool Closed, Rgb? Fill, Rgb? Stroke, double StrokeWidth, double Opacity, double[] Dash) : Shape;

    internal sealed record TextShape(Point At, string Text, double Size, Anchor Anchor, Rgb Colour, double Degrees, bool Bold, bool Halo) : Shape;

    internal sealed record ImageShape(double X, double Y, double Width, double Height, Bitmap Bitmap) : Shape;
}
