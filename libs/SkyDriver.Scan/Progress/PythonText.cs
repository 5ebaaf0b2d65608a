using System.Globalization;
using System.Text;

namespace SkyDriver.Scan;

/// <summary>Numbers and times as the reference server prints them, for clients that compare texts.</summary>
internal static class PythonText
{
    private const int LongestDouble = 32;

    /// <summary>Shortest text that reads back as the same number, always with a point or an exponent: 768.0, 0.1, 1e-05.</summary>
    public static string Float(double value)
    {
        Span<byte> text = stackalloc byte[LongestDouble];
        return Encoding.ASCII.GetString(text[..Float(value, text)]);
    }

    /// <summary>As the other, into a buffer of 32 bytes; the value is finite.</summary>
    public static int Float(double value, Span<byte> text)
    {
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);

        // Within these bounds both write the digits out; beyond, each changes to exponents at a place and in a way of its own.
        if (Math.Abs(value) is not (0 or >= 1e-4 and < 1e15)) return Encoding.ASCII.GetBytes(Relayout(Encoding.ASCII.GetString(text[..length])), text);
        if (text[..length].Contains((byte)'.')) return length;
        ".0"u8.CopyTo(text[length..]);
        return length + 2;
    }

    private static string Relayout(string text)
    {
        string sign = text[0] == '-' ? "-" : "";
        string[] parts = text[sign.Length..].Split('E');
        int point = parts[0].IndexOf('.');
        string digits = parts[0].Replace(".", "");
        int zeros = digits.Length - digits.TrimStart('0').Length;
        int exponent = (point < 0 ? digits.Length : point) - 1 - zeros
            + (parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        digits = digits.Trim('0');
        if (exponent is >= 0 and < 16) return $"{sign}{digits.PadRight(exponent + 1, '0').Insert(exponent + 1, ".")}{(digits.Length <= exponent + 1 ? "0" : "")}";
        string fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    /// <summary>Fixed decimals. Ties go to the even digit, which .NET does not do.</summary>
    public static string Fixed(double value, int decimals)
    {
        // Only odd multiples of 2^-(decimals+1) lie exactly in the middle; for them the products below are exact.
        if (Math.Abs(Math.ScaleB(value, decimals + 1) % 2) == 1)
        {
            double scale = Math.Pow(10, decimals);
            value = Math.Round(value * scale, MidpointRounding.ToEven) / scale;
        }

        return value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>Whole seconds as <c>0:07:04</c>, <c>1 day, 2:03:04</c> or, for less than nothing, <c>-1 day, 23:59:59</c>.</summary>
    public static string Duration(double seconds)
    {
        long whole = Whole(seconds);
        long days = Math.DivRem(whole, 86_400, out long rest);
        if (rest < 0) (days, rest) = (days - 1, rest + 86_400);
        string clock = $"{rest / 3600}:{rest / 60 % 60:00}:{rest % 60:00}";
        return days == 0 ? clock : $"{days} day{(Math.Abs(days) == 1 ? "" : "s")}, {clock}";
    }

    /// <summary>Whole seconds since 1970 as <c>2023-11-14 22:13:20</c>, UTC.</summary>
    public static string Clock(double unixSeconds)
    {
        long whole = Math.Clamp(Whole(unixSeconds), DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(whole).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static long Whole(double seconds) => double.IsNaN(seconds) ? 0 : (long)Math.Clamp(Math.Truncate(seconds), -1e15, 1e15);
}
