using System.Globalization;

namespace SkyDriver.Scan;

/// <summary>Numbers and times as the reference server prints them, for clients that compare texts.</summary>
internal static class PythonText
{
    private const int LongestDouble = 32;

    /// <summary>Shortest text that reads back as the same number, always with a point or an exponent: 768.0, 0.1, 1e-05.</summary>
    public static string Float(double value)
    {
        Span<byte> text = stackalloc byte[LongestDouble];
        return System.Text.Encoding.ASCII.GetString(text[..Float(value, text)]);
    }

    /// <summary>As the other, into a buffer of 32 bytes; the value is finite.</summary>
    public static int Float(double value, Span<byte> text)
    {
        value.TryFormat(text, out int length, "R", CultureInfo.InvariantCulture);
        int exponentAt = text[..length].IndexOf((byte)'E');
        if (exponentAt >= 0) return Relayout(value, text[..length], exponentAt, text);
        if (!text[..length].Contains((byte)'.'))
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        return length;
    }

    /// <summary>Two ways of the same digits: .NET changes to an exponent at 1e15, Python at 1e16, and each writes it differently.</summary>
    private static int Relayout(double value, ReadOnlySpan<byte> text, int exponentAt, Span<byte> target)
    {
        string mantissa = System.Text.Encoding.ASCII.GetString(text[..exponentAt]);
        int exponent = int.Parse(text[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string result = exponent is >= 0 and < 16
            ? value.ToString("F1", CultureInfo.InvariantCulture)
            : $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        return System.Text.Encoding.ASCII.GetBytes(result, target);
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
