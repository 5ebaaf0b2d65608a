using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings.Cron;

/// <summary>When something happens again and again, in Dapr's grammar: five or six fields (seconds first, if six), <c>@every 1m30s</c>, or
/// a word such as <c>@hourly</c>.</summary>
/// <remarks>Fields are minutes, hours, days of the month, months and days of the week (0 and 7 are Sunday). Where both days are
/// given, either will do. Times that a change of the clock leaves out are left out; those that come twice come twice.</remarks>
internal abstract class CronSchedule
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["@yearly"] = "0 0 0 1 1 *",
        ["@annually"] = "0 0 0 1 1 *",
        ["@monthly"] = "0 0 0 1 * *",
        ["@weekly"] = "0 0 0 * * 0",
        ["@daily"] = "0 0 0 * * *",
        ["@midnight"] = "0 0 0 * * *",
        ["@hourly"] = "0 0 * * * *",
    };

    /// <summary>The first time after another; null when there is none in the next five years.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <param name="local">The zone of the fields, unless the text begins with <c>CRON_TZ=zone</c> or <c>TZ=zone</c>.</param>
    /// <exception cref="FormatException">The text is no schedule; the message says what is wrong with it.</exception>
    public static CronSchedule Parse(string text, TimeZoneInfo local)
    {
        string rest = text.Trim();
        TimeZoneInfo zone = local;
        foreach (string prefix in (string[])["CRON_TZ=", "TZ="])
        {
            if (!rest.StartsWith(prefix, StringComparison.Ordinal)) continue;
            string[] parts = rest[prefix.Length..].Split(' ', 2, StringSplitOptions.TrimEntries);
            zone = Zone(parts[0]);
            rest = parts.Length == 2 ? parts[1] : "";
            break;
        }

        if (rest.StartsWith("@every ", StringComparison.Ordinal)) return Every(rest["@every ".Length..]);
        if (rest.StartsWith('@')) rest = Words.GetValueOrDefault(rest) ?? throw new FormatException($"'{rest}' is not known; use {string.Join(", ", Words.Keys)} or @every with a duration");
        return Fields(rest, zone);
    }

    private static EverySchedule Every(string text)
    {
        bool valid = GoDuration.TryParse(text, out TimeSpan period) && period > TimeSpan.Zero;
        return valid ? new EverySchedule(period) : throw new FormatException($"'{text}' after @every is no duration; use one such as 90s or 1h30m");
    }

    private static FieldSchedule Fields(string text, TimeZoneInfo zone)
    {
        string[] fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length == 5) fields = ["0", .. fields];
        if (fields.Length != 6) throw new FormatException($"'{text}' has {fields.Length} fields; give 5, or 6 with the seconds first, or a word such as @hourly");
        return new FieldSchedule(
            CronField.Parse(fields[0], "seconds", 0, 59),
            CronField.Parse(fields[1], "minutes", 0, 59),
            CronField.Parse(fields[2], "hours", 0, 23),
            CronField.Parse(fields[3], "days of the month", 1, 31),
            CronField.Parse(fields[4], "months", 1, 12, "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
            CronField.Parse(fields[5], "days of the week", 0, 7, "sun", "mon", "tue", "wed", "thu", "fri", "sat"),
            zone);
    }

    private static TimeZoneInfo Zone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone)
        ? zone
        : throw new FormatException($"the time zone '{name}' is not known; use a name such as Europe/Berlin");
}

/// <summary>The same pause again and again, of whole seconds and at least one.</summary>
internal sealed class EverySchedule(TimeSpan period) : CronSchedule
{
    private readonly TimeSpan _period = TimeSpan.FromSeconds(Math.Max(1, Math.Floor(period.TotalSeconds)));

    public override DateTimeOffset? Next(DateTimeOffset after) => after.AddTicks(-(after.UtcTicks % TimeSpan.TicksPerSecond)) + _period;
}
