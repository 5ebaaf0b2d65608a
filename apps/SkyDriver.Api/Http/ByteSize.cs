using System.Globalization;
using System.Text.Json;

namespace SkyDriver.Api.Http;

/// <summary>Amounts of memory or disk: an integer is bytes; text is a number with a unit, such as <c>8GB</c> (10⁹) or <c>512 MiB</c> (2²⁰).</summary>
internal static class ByteSize
{
    private const double Largest = 1e15;    // a petabyte: more is a slip of the pen

    private static readonly Dictionary<string, double> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["B"] = 1,
        ["K"] = 1e3,
        ["M"] = 1e6,
        ["G"] = 1e9,
        ["T"] = 1e12,
        ["P"] = 1e15,
        ["KB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["TB"] = 1e12,
        ["KiB"] = 1L << 10,
        ["MiB"] = 1L << 20,
        ["GiB"] = 1L << 30,
        ["TiB"] = 1L << 40,
    };

    public static bool TryParse(JsonElement value, out long bytes)
    {
        bytes = 0;
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String)) return false;
        string text = value.ToString().Trim();
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        if (!Units.TryGetValue(text[digits..].Trim(), out double unit)
            || !double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;
        double total = number * unit;
        if (!(total >= 1 && total <= Largest)) return false;
        bytes = (long)total;
        return true;
    }
}
