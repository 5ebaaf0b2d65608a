using System.Globalization;

namespace SkyDriver.IceCube;

/// <summary>A moment as the detector's clock counts it: ticks of 0.1 ns since 1 January, 00:00 UTC, of a year, leap seconds counted.</summary>
/// <param name="Year">2005 to 2100.</param>
/// <param name="Ticks">0.1 ns each; 0 to 366 days and one second.</param>
/// <remarks>Kept as integer ticks: neither a double MJD (about 1 µs) nor DateTime (100 ns) resolves them.</remarks>
public readonly record struct DaqTime(int Year, long Ticks)
{
    public const int FirstYear = 2005, LastYear = 2100;
    public const long TicksPerNanosecond = 10;
    public const long TicksPerSecond = 10_000_000_000;
    public const long TicksPerDay = 86_400 * TicksPerSecond;
    public const long MaxTicks = 366 * TicksPerDay + TicksPerSecond;

    // MJD of the days that end in a leap second (IERS Bulletin C; none announced since 2016).
    private static readonly int[] LeapDays = [53735, 54831, 56108, 57203, 57753];
    private static readonly DateTime MjdZero = new(1858, 11, 17);

    /// <summary>Modified Julian date, UTC, days. A leap second repeats the first second of the day after it.</summary>
    public double Mjd => FirstMjd + (double)ToUtcTicks().Ticks / TicksPerDay;

    /// <summary>ISO 8601 with ten decimals and a Z; a leap second reads 23:59:60.</summary>
    public string ToUtcText()
    {
        (long ticks, bool inLeapSecond) = ToUtcTicks();
        (long seconds, long fraction) = Math.DivRem(ticks, TicksPerSecond);
        DateTime whole = new DateTime(Year, 1, 1).AddSeconds(inLeapSecond ? seconds - 1 : seconds);
        int second = inLeapSecond ? 60 : whole.Second;
        return string.Create(CultureInfo.InvariantCulture, $"{whole:yyyy-MM-ddTHH:mm}:{second:00}.{fraction:0000000000}Z");
    }

    /// <summary>This moment plus a time span in ns, rounded to a tick. The year stays, as events do not wait for midnight.</summary>
    public DaqTime AddNanoseconds(double nanoseconds) =>
        this with { Ticks = Ticks + (long)Math.Round(nanoseconds * TicksPerNanosecond) };

    /// <summary>The detector time of a UTC modified Julian date, as fine as the double is (about 1 µs).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The date is outside 2005 to 2100, or NaN.</exception>
    public static DaqTime FromMjd(double mjd)
    {
        int year = mjd is > 0 and < 1e5 ? MjdZero.AddDays(Math.Floor(mjd)).Year : 0;
        if (year is < FirstYear or > LastYear)
            throw new ArgumentOutOfRangeException(nameof(mjd), mjd, $"Give a date in {FirstYear} to {LastYear}.");
        int first = new DaqTime(year, 0).FirstMjd;
        int leaps = LeapDays.Count(day => day >= first && day + 1 <= mjd);
        return new DaqTime(year, (long)Math.Round((mjd - first) * TicksPerDay) + leaps * TicksPerSecond);
    }

    private int FirstMjd => (new DateTime(Year, 1, 1) - MjdZero).Days;

    /// <summary>Ticks since the year began with the leap seconds taken off; true inside one, which then counts as the second after it.</summary>
    private (long Ticks, bool InLeapSecond) ToUtcTicks()
    {
        long ended = 0;
        int first = FirstMjd;
        foreach (int day in LeapDays)
        {
            if (day < first) continue;
            long begin = (day + 1 - first) * TicksPerDay + ended;
            if (Ticks < begin) break;
            if (Ticks < begin + TicksPerSecond) return (Ticks - ended, true);
            ended += TicksPerSecond;
        }

        return (Ticks - ended, false);
    }
}
