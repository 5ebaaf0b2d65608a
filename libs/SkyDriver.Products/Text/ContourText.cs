using System.Globalization;
using System.Text;
using SkyDriver.Products.Maps;
using SkyDriver.Sky;

namespace SkyDriver.Products.Text;

/// <summary>One region's outline as a table of right ascension and declination in radians. Lines that begin with # are comments; an empty
/// line ends a piece or a hole, whose first point comes again at its end.</summary>
internal static class ContourText
{
    public static byte[] Write(ScanProducts products, Region region)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {region.Percent} % region, 2 dlnL <= {region.Limit}, {region.SquareDegrees:0.######} deg2\n");
        foreach ((string name, string value) in products.Provenance.Facts) text.Append(CultureInfo.InvariantCulture, $"# {name}: {value}\n");
        text.Append("# ra (rad)  dec (rad), ICRS\n");
        for (int i = 0; i < region.Lines.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"# line {i + 1} of {region.Lines.Count}; the region is on its left, seen with east to the right\n");
            foreach (Vector3d direction in region.Lines[i].Append(region.Lines[i][0]))
            {
                SkyPoint point = SkyPoint.FromVector(direction);
                text.Append(CultureInfo.InvariantCulture, $"{point.RightAscension:0.00000000} {point.Declination:0.00000000}\n");
            }

            text.Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
