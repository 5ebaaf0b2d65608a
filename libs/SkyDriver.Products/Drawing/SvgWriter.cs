using System.Globalization;
using System.Security;
using System.Text;

namespace SkyDriver.Products.Drawing;

/// <summary>Scalable Vector Graphics 1.1. Text stays text, so that it can be searched and read aloud.</summary>
public static class SvgWriter
{
    /// <param name="facts">Written into the file, not onto the picture.</param>
    public static string Write(Scene scene, string title, IEnumerable<(string Name, string Value)>? facts = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{N(scene.Width)}\" height=\"{N(scene.Height)}\" viewBox=\"0 0 {N(scene.Width)} {N(scene.Height)}\" role=\"img\">\n");
        text.Append(CultureInfo.InvariantCulture, $"<title>{SecurityElement.Escape(title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        if (facts is not null) text.Append(CultureInfo.InvariantCulture, $"<desc>{SecurityElement.Escape(string.Join("; ", facts.Select(f => $"{f.Name}: {f.Value}")))}</desc>\n");
        foreach (Scene.Shape shape in scene.Shapes)
        {
            switch (shape)
            {
                case Scene.PathShape path: Append(text, path); break;
                case Scene.TextShape label: Append(text, label); break;
                case Scene.ImageShape image: Append(text, image); break;
            }
        }

        return text.Append("</svg>\n").ToString();
    }

    private static void Append(StringBuilder text, Scene.PathShape path)
    {
        text.Append("<path d=\"");
        for (int i = 0; i < path.Points.Count; i++)
        {
            text.Append(i == 0 ? 'M' : 'L').Append(N(path.Points[i].X)).Append(' ').Append(N(path.Points[i].Y));
        }

        text.Append(path.Closed ? "Z\"" : "\"");
        text.Append(CultureInfo.InvariantCulture, $" fill=\"{path.Fill?.ToHex() ?? "none"}\"");
        if (path.Stroke is { } stroke)
        {
            text.Append(CultureInfo.InvariantCulture, $" stroke=\"{stroke.ToHex()}\" stroke-width=\"{N(path.StrokeWidth)}\" stroke-linejoin=\"round\"");
            if (path.Dash.Length > 0) text.Append(CultureInfo.InvariantCulture, $" stroke-dasharray=\"{string.Join(' ', path.Dash.Select(N))}\"");
        }

        if (path.Opacity < 1) text.Append(CultureInfo.InvariantCulture, $" opacity=\"{N(path.Opacity)}\"");
        text.Append("/>\n");
    }

    private static void Append(StringBuilder text, Scene.TextShape label)
    {
        string anchor = label.Anchor switch { Anchor.Start => "start", Anchor.Middle => "middle", _ => "end" };
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(label.At.X)}\" y=\"{N(label.At.Y)}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"{N(label.Size)}\" text-anchor=\"{anchor}\" fill=\"{label.Colour.ToHex()}\"");
        if (label.Halo) text.Append(" stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"");
        if (label.Bold) text.Append(" font-weight=\"bold\"");
        if (label.Degrees != 0) text.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({N(-label.Degrees)} {N(label.At.X)} {N(label.At.Y)})\"");
        text.Append(CultureInfo.InvariantCulture, $">{SecurityElement.Escape(label.Text)}</text>\n");
    }

    private static void Append(StringBuilder text, Scene.ImageShape image) =>
        text.Append(CultureInfo.InvariantCulture, $"<image x=\"{N(image.X)}\" y=\"{N(image.Y)}\" width=\"{N(image.Width)}\" height=\"{N(image.Height)}\" preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,{Convert.ToBase64String(PngWriter.Write(image.Bitmap))}\"/>\n");

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
