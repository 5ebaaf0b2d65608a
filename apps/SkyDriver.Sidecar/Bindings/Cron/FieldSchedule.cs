namespace SkyDriver.Sidecar.Bindings.Cron;

/// <summary>Times whose parts on the wall clock of a zone are all in their fields.</summary>
internal sealed class FieldSchedule(CronField seconds, CronField minutes, CronField hours, CronField days, CronField months, CronField weekdays, TimeZoneInfo zone) : CronSchedule
{
    private const int YearsAhead = 5;

    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        DateTimeOffset limit = after.AddYears(YearsAhead);
        // Steps are made on the time line and looked at on the wall clock, so that changes of the clock need no rules.
        DateTimeOffset time = after.AddTicks(-(after.UtcTicks % TimeSpan.TicksPerSecond)).AddSeconds(1);
        while (time < limit)
        {
            DateTimeOffset wall = TimeZoneInfo.ConvertTime(time, zone);
            if (!months.Has(wall.Month) || !IsDay(wall)) time = NextDay(wall);
            else if (!hours.Has(wall.Hour)) time = wall.AddSeconds(3600 - wall.Minute * 60 - wall.Second);
            else if (!minutes.Has(wall.Minute)) time = wall.AddSeconds(60 - wall.Second);
            else if (!seconds.Has(wall.Second)) time = wall.AddSeconds(1);
            else return time.ToUniversalTime();
        }

        return null;
    }

    private bool IsDay(DateTimeOffset wall)
    {
        int weekday = (int)wall.DayOfWeek;
        bool inMonth = days.Has(wall.Day), inWeek = weekdays.Has(weekday) || weekday == 0 && weekdays.Has(7);
        return days.IsFree || weekdays.IsFree ? inMonth && inWeek : inMonth || inWeek;
    }

    /// <summary>The first moment of the next day; some zones change their clocks at midnight.</summary>
    private DateTimeOffset NextDay(DateTimeOffset wall)
    {
        DateTime start = wall.Date.AddDays(1);
        while (zone.IsInvalidTime(start)) start = start.AddMinutes(15);
        TimeSpan offset = zone.IsAmbiguousTime(start) ? zone.GetAmbiguousTimeOffsets(start).Max() : zone.GetUtcOffset(start);
        return new DateTimeOffset(start, offset);
    }
}
