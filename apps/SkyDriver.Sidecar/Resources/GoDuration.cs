using System.Globalization;

namespace SkyDriver.Sidecar.Resources;

/// <summary>Durations as Dapr writes them: a sequence of numbers with units, such as <c>1h2m3s</c>, <c>1.5s</c> or <c>-500ms</c>.</summary>
internal static class GoDuration
{
    private static readonly (string Unit, double Seconds)[] Units =
    [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
    ];

    /// <summary>Also takes a plain 0. Fractions finer than 100 ns are lost.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (string.IsNullOrWhiteSpace(text)) return false;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        bool negative = rest[0] is '-';
        if (rest[0] is '-' or '+') rest = rest[1..];
        if (rest is "0") return true;
        if (rest.IsEmpty) return false;
        double seconds = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;
            rest = rest[digits..];
            int end = rest.IndexOfAny("0123456789.");
            ReadOnlySpan<char> unit = end < 0 ? rest : rest[..end];
            if (!TryUnit(unit, out double factor)) return false;
            seconds += number * factor;
            rest = rest[unit.Length..];
        }

        if (seconds > TimeSpan.MaxValue.TotalSeconds / 2) return false;
        duration = TimeSpan.FromTicks((long)Math.Round((negative ? -seconds : seconds) * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>As Go writes durations: <c>1h0m5s</c>, <c>1.5s</c>, <c>500ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero) return "-" + Format(duration.Negate());
        if (duration > TimeSpan.Zero && duration < TimeSpan.FromSeconds(1))
        {
            (double value, string unit) = duration.TotalMilliseconds >= 1 ? (duration.TotalMilliseconds, "ms") : (duration.TotalMicroseconds, "µs");
            return value.ToString("0.####", CultureInfo.InvariantCulture) + unit;
        }

        long minutes = duration.Ticks / TimeSpan.TicksPerMinute;
        string seconds = ((duration.Ticks % TimeSpan.TicksPerMinute) / (double)TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture) + "s";
        return minutes == 0 ? seconds : minutes < 60 ? $"{minutes}m{seconds}" : $"{minutes / 60}h{minutes % 60}m{seconds}";
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out double seconds)
    {
        foreach ((string unit, double factor) in Units)
        {
            if (!text.SequenceEqual(unit)) continue;
            seconds = factor;
            return true;
        }

        seconds = 0;
        return false;
    }
}
