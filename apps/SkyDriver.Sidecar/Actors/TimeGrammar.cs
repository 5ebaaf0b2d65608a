using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Actors;

/// <summary>How often a reminder or timer repeats. No period = once; no count = without end.</summary>
internal readonly record struct Repetition(TimeSpan? Period, int? Count)
{
    public static Repetition Once => new(null, 1);
}

/// <summary>
/// Times as Dapr's actor API writes them: Go durations (<c>1h2m3s</c>, <c>500ms</c>), ISO 8601 durations (<c>PT1M</c>),
/// RFC 3339 instants, and repetitions (<c>R5/PT1M</c>). Parsers throw <see cref="FormatException"/> naming the text.
/// </summary>
internal static partial class TimeGrammar
{
    /// <summary>A due time: duration from now, or an instant. Empty is now.</summary>
    public static DateTimeOffset ParseDue(string? text, DateTimeOffset now) => ParseInstant(text, now) ?? now;

    /// <summary>A duration from now, or an instant; null when empty.</summary>
    public static DateTimeOffset? ParseInstant(string? text, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            if (TryParseGo(text, out var span)) return now + span;
            if (Iso().Match(text) is { Success: true } iso) return AddIso(iso, now);
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"'{text}' lies beyond the calendar.");
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) && text.Contains('T', StringComparison.OrdinalIgnoreCase)
            ? instant
            : throw new FormatException($"'{text}' is no time: use a duration such as 1h30m or PT90M, or an instant such as 2026-01-31T12:00:00Z.");
    }

    /// <summary>A period with an optional count in front (<c>R3/</c>). Empty is once. Calendar units have no fixed length and are refused.</summary>
    public static Repetition ParsePeriod(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Repetition.Once;
        string rest = text.StartsWith("@every ", StringComparison.Ordinal) ? text["@every ".Length..] : text;
        int? count = null;
        if (rest.StartsWith('R') && rest.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            if (!int.TryParse(rest.AsSpan(1, slash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int n) || n == 0)
            {
                throw new FormatException($"'{text}' does not say how many times: use R{{n}}/ with n at least 1.");
            }

            (count, rest) = (n, rest[(slash + 1)..]);
        }

        if (!TryParseGo(rest, out var period))
        {
            if (Iso().Match(rest) is not { Success: true } iso) throw BadPeriod(text);
            if (iso.Groups["y"].Success || iso.Groups["mo"].Success || iso.Groups["w"].Success || iso.Groups["d"].Success)
            {
                throw new FormatException($"'{text}' repeats by calendar units; use hours, minutes and seconds.");
            }

            period = ClockPart(iso);
        }

        return period > TimeSpan.Zero ? new Repetition(period, count)
            : count == 1 ? Repetition.Once
            : throw BadPeriod(text);
    }

    /// <summary>A Go duration without sign, as daprd prints it: <c>1m0s</c>, <c>1.5s</c>, <c>0s</c>.</summary>
    public static string FormatGo(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1)) return span == TimeSpan.Zero ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.####}ms");
        var text = new StringBuilder();
        long hours = (long)span.TotalHours;
        if (hours > 0) text.Append(CultureInfo.InvariantCulture, $"{hours}h");
        if (hours > 0 || span.Minutes > 0) text.Append(CultureInfo.InvariantCulture, $"{span.Minutes}m");
        decimal seconds = span.Seconds + (span.Ticks % TimeSpan.TicksPerSecond / (decimal)TimeSpan.TicksPerSecond);
        return text.Append(CultureInfo.InvariantCulture, $"{seconds:0.#######}s").ToString();
    }

    /// <summary>A Go duration, zero or positive.</summary>
    public static bool TryParseGo(string text, out TimeSpan span) => GoDuration.TryParse(text, out span) && span >= TimeSpan.Zero;

    private static DateTimeOffset AddIso(Match iso, DateTimeOffset now) => now
        .AddYears((int)Number(iso, "y")).AddMonths((int)Number(iso, "mo"))
        .AddDays((double)(Number(iso, "w") * 7 + Number(iso, "d"))).Add(ClockPart(iso));

    private static TimeSpan ClockPart(Match iso) => TimeSpan.FromTicks((long)(
        Number(iso, "h") * TimeSpan.TicksPerHour + Number(iso, "mi") * TimeSpan.TicksPerMinute + Number(iso, "s") * TimeSpan.TicksPerSecond));

    private static decimal Number(Match match, string group) =>
        match.Groups[group].Success ? decimal.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;

    private static FormatException BadPeriod(string text) => new($"'{text}' is no period: use a duration such as 30s or PT30S, perhaps with a count in front (R5/PT30S).");

    [GeneratedRegex(@"^P(?=.)(?:(?<y>\d{1,4})Y)?(?:(?<mo>\d{1,6})M)?(?:(?<w>\d{1,6})W)?(?:(?<d>\d{1,7})D)?(?:T(?=.)(?:(?<h>\d{1,9})H)?(?:(?<mi>\d{1,9})M)?(?:(?<s>\d{1,9}(?:\.\d{1,9})?)S)?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
