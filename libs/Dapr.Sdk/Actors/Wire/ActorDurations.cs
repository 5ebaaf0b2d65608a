using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Actors;

/// <summary>Durations as Dapr writes them: Go style (<c>1h2m3s4ms</c>), ISO 8601 (<c>R5/PT1M</c>) and cron's <c>@every</c>.</summary>
internal static partial class ActorDurations
{
    /// <summary>Null for a negative duration, which means "never".</summary>
    public static string? Format(TimeSpan? duration) => duration is { } d && d >= TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $"{Hours(d)}h{d.Minutes}m{d.Seconds}s{d.Milliseconds}ms")
        : null;

    /// <summary>A period that ends after some repetitions. Days are written as hours: the scheduler refuses days.</summary>
    public static string? FormatPeriod(TimeSpan period, int? repetitions) => repetitions is not { } count ? Format(period)
        : string.Create(CultureInfo.InvariantCulture, $"R{count}/PT{Hours(period)}H{period.Minutes}M{period.Seconds + (period.Milliseconds / 1000.0)}S");

    /// <summary>
    /// Zero for an empty text: that is what a fired reminder carries. A text in no known form is zero too, since a
    /// reminder must not be lost over a value that only informs.
    /// </summary>
    public static TimeSpan Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return TimeSpan.Zero;
        if (text.StartsWith("@every ", StringComparison.Ordinal)) text = text["@every ".Length..];
        int slash = text.IndexOf('/');
        if (slash >= 0) text = text[(slash + 1)..];
        var match = text.StartsWith('P') ? Iso().Match(text) : Go().Match(text);
        return match.Success ? Sum(match) : TimeSpan.Zero;
    }

    private static TimeSpan Sum(Match match)
    {
        double seconds = (Part("w") * 604_800) + (Part("d") * 86_400) + (Part("h") * 3600) + (Part("m") * 60)
            + Part("s") + (Part("ms") / 1e3) + (Part("us") / 1e6) + (Part("ns") / 1e9);
        return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;

        double Part(string name) => match.Groups[name] is { Success: true } group
            ? double.Parse(group.ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            : 0;
    }

    private static long Hours(TimeSpan duration) => (long)duration.TotalHours;

    [GeneratedRegex(@"^(?:(?<h>[0-9]+(\.[0-9]+)?)h)?(?:(?<m>[0-9]+(\.[0-9]+)?)m(?!s))?(?:(?<s>[0-9]+(\.[0-9]+)?)s)?(?:(?<ms>[0-9]+(\.[0-9]+)?)ms)?(?:(?<us>[0-9]+(\.[0-9]+)?)[uµ]s)?(?:(?<ns>[0-9]+(\.[0-9]+)?)ns)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Go();

    [GeneratedRegex(@"^P(?:(?<w>[0-9]+)W)?(?:(?<d>[0-9]+)D)?(?:T(?:(?<h>[0-9]+)H)?(?:(?<m>[0-9]+)M)?(?:(?<s>[0-9]+(\.[0-9]+)?)S)?)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Iso();
}
