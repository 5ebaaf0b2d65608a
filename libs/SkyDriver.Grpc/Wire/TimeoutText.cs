using System.Globalization;

namespace SkyDriver.Grpc.Wire;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit (H M S m u n).</summary>
internal static class TimeoutText
{
    private const long MaxValue = 99_999_999;

    private static readonly (long Ticks, char Unit)[] Units =
    [
        (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
        (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
    ];

    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero) return "0n";
        foreach (var (ticks, unit) in Units)
        {
            // Rounded up: a deadline may be late by a unit, never early.
            long value = ((timeout.Ticks - 1) / ticks) + 1;
            if (value <= MaxValue) return value.ToString(CultureInfo.InvariantCulture) + unit;
        }

        return MaxValue.ToString(CultureInfo.InvariantCulture) + 'H';
    }

    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = TimeSpan.Zero;
        if (text is not { Length: >= 2 and <= 9 }) return false;
        if (!long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value)) return false;
        long? ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticks is null) return false;
        // 99 999 999 hours is more than a TimeSpan holds; such a deadline is as good as none.
        double total = ticks.Value == 0 ? value / 100.0 : (double)value * ticks.Value;
        timeout = total >= TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)total);
        return true;
    }
}
