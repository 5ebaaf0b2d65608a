using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;

namespace SkyDriver.Products.Drawing;

/// <summary>Portable Document Format 1.4, one page, lines and areas as vectors. Letters are drawn with the pen of <see cref="StrokeFont"/>:
/// no font needs to be at hand, and the picture is the same as the PNG.</summary>
public static class PdfWriter
{
    private const double PointsPerUnit = 0.75;      // a unit is a CSS pixel, 1/96 inch

    public static byte[] Write(Scene scene, string title, IEnumerable<(string Name, string Value)> facts)
    {
        List<byte[]> objects = [];
        StringBuilder page = new(), resources = new(), states = new();
        page.Append(CultureInfo.InvariantCulture, $"{N(PointsPerUnit)} 0 0 {N(-PointsPerUnit)} 0 {N(scene.Height * PointsPerUnit)} cm 1 J 1 j\n");
        int images = 0;
        foreach (Scene.Shape shape in scene.Shapes)
        {
            switch (shape)
            {
                case Scene.PathShape path: Append(page, states, path); break;
                case Scene.TextShape text: Append(page, text); break;
                case Scene.ImageShape image:
                    int number = 5 + (2 * images++);        // objects 1 to 4 are the frame of the file
                    objects.AddRange(Image(image.Bitmap, number + 1));
                    resources.Append(CultureInfo.InvariantCulture, $"/I{number} {number} 0 R ");
                    page.Append(CultureInfo.InvariantCulture, $"q {N(image.Width)} 0 0 {N(-image.Height)} {N(image.X)} {N(image.Y + image.Height)} cm /I{number} Do Q\n");
                    break;
            }
        }

        string description = string.Join("; ", facts.Select(f => $"{f.Name}: {f.Value}"));
        byte[][] frame =
        [
            Encoding.ASCII.GetBytes("<< /Type /Catalog /Pages 2 0 R >>"),
            Encoding.ASCII.GetBytes("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {N(scene.Width * PointsPerUnit)} {N(scene.Height * PointsPerUnit)}] /Contents 4 0 R /Resources << /XObject << {resources}>> /ExtGState << {states}>> >> >>")),
            Stream("", Encoding.ASCII.GetBytes(page.ToString())),
        ];
        byte[] information = Encoding.ASCII.GetBytes($"<< /Title {Unicode(title)} /Subject {Unicode(description)} /Creator {Unicode("SkyDriver.Dapr")} >>");
        return Assemble([.. frame, .. objects, information]);
    }

    private static void Append(StringBuilder page, StringBuilder states, Scene.PathShape path)
    {
        page.Append("q ");
        if (path.Opacity < 1)
        {
            string state = "/G" + ((int)Math.Round(path.Opacity * 1000)).ToString(CultureInfo.InvariantCulture);
            if (!states.ToString().Contains(state + " ", StringComparison.Ordinal)) states.Append(CultureInfo.InvariantCulture, $"{state} << /CA {N(path.Opacity)} /ca {N(path.Opacity)} >> ");
            page.Append(state).Append(" gs ");
        }

        if (path.Fill is { } fill) page.Append(Colour(fill)).Append(" rg ");
        if (path.Stroke is { } stroke) page.Append(Colour(stroke)).Append(" RG ").Append(N(path.StrokeWidth)).Append(" w ");
        if (path.Dash.Length > 0) page.Append(CultureInfo.InvariantCulture, $"0 J [{string.Join(' ', path.Dash.Select(N))}] 0 d ");
        AppendLine(page, path.Points);
        page.Append((path.Fill, path.Stroke, path.Closed) switch
        {
            (not null, not null, _) => "b",
            (not null, null, _) => "f",
            (null, not null, true) => "s",
            (null, not null, false) => "S",
            _ => "n",
        }).Append(" Q\n");
    }

    private static void Append(StringBuilder page, Scene.TextShape text)
    {
        double start = text.Anchor switch { Anchor.Start => 0, Anchor.Middle => -0.5, _ => -1 } * StrokeFont.Width(text.Text);
        var (sin, cos) = Math.SinCos(text.Degrees * Math.PI / 180);
        // From the font's own units, y up, to the place on the page.
        page.Append(CultureInfo.InvariantCulture, $"q {N(text.Size * cos)} {N(-text.Size * sin)} {N(-text.Size * sin)} {N(-text.Size * cos)} {N(text.At.X)} {N(text.At.Y)} cm\n");
        double width = text.Bold ? 0.124 : 0.084;
        if (text.Halo) Letters(Rgb.White, width + (2.8 / text.Size));
        Letters(text.Colour, width);
        page.Append("Q\n");

        void Letters(Rgb colour, double pen)
        {
            page.Append(CultureInfo.InvariantCulture, $"{Colour(colour)} RG {N(pen)} w ");
            foreach (Point[] line in StrokeFont.Lines(text.Text)) AppendLine(page, [.. line.Select(p => new Point(p.X + start, p.Y))]);
            page.Append("S\n");
        }
    }

    private static void AppendLine(StringBuilder page, IReadOnlyList<Point> points)
    {
        for (int i = 0; i < points.Count; i++) page.Append(CultureInfo.InvariantCulture, $"{N(points[i].X)} {N(points[i].Y)} {(i == 0 ? 'm' : 'l')} ");
    }

    // Colours and opacity apart, as the format wants them.
    private static byte[][] Image(Bitmap bitmap, int mask)
    {
        int count = bitmap.Width * bitmap.Height;
        byte[] colours = new byte[3 * count], opacity = new byte[count];
        Split(bitmap.Rgba, colours, opacity);
        string size = string.Create(CultureInfo.InvariantCulture, $"/Type /XObject /Subtype /Image /Width {bitmap.Width} /Height {bitmap.Height} /BitsPerComponent 8");
        return [Stream($"{size} /ColorSpace /DeviceRGB /SMask {mask.ToString(CultureInfo.InvariantCulture)} 0 R", colours), Stream($"{size} /ColorSpace /DeviceGray", opacity)];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Split(ReadOnlySpan<byte> rgba, Span<byte> colours, Span<byte> opacity)
    {
        for (int i = 0; i < opacity.Length; i++)
        {
            ReadOnlySpan<byte> pixel = rgba.Slice(4 * i, 4);
            Span<byte> colour = colours.Slice(3 * i, 3);
            (colour[0], colour[1], colour[2], opacity[i]) = (pixel[0], pixel[1], pixel[2], pixel[3]);
        }
    }

    private static byte[] Stream(string dictionary, byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(content);
        string head = string.Create(CultureInfo.InvariantCulture, $"<< {dictionary} /Filter /FlateDecode /Length {packed.Length} >>\nstream\n");
        return [.. Encoding.ASCII.GetBytes(head), .. packed.ToArray(), .. "\nendstream"u8];
    }

    private static byte[] Assemble(byte[][] objects)
    {
        using var file = new MemoryStream();
        file.Write([.. "%PDF-1.4\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);      // four bytes that say: not a text file
        List<long> offsets = [];
        for (int i = 0; i < objects.Length; i++)
        {
            offsets.Add(file.Position);
            Put($"{i + 1} 0 obj\n");
            file.Write(objects[i]);
            file.Write("\nendobj\n"u8);
        }

        long table = file.Position;
        Put($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (long offset in offsets) Put($"{offset:0000000000} 00000 n \n");
        Put($"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R /Info {objects.Length} 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return file.ToArray();

        void Put(FormattableString text) => file.Write(Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Unicode(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    private static string Colour(Rgb colour) => $"{N(colour.R / 255.0)} {N(colour.G / 255.0)} {N(colour.B / 255.0)}";

    private static string N(double value) => Math.Round(value, 4).ToString("0.####", CultureInfo.InvariantCulture);
}
