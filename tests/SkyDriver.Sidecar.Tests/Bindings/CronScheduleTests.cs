using System.Globalization;
using SkyDriver.Sidecar.Bindings.Cron;

namespace SkyDriver.Sidecar.Tests.Bindings;

public sealed class CronScheduleTests
{
    [Theory]
    // The schedules of Dapr's documentation.
    [InlineData("30 * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z")]
    [InlineData("0 */15 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z")]
    [InlineData("0 30 3-6,20-23 * * *", "2026-01-01T06:30:00Z", "2026-01-01T20:30:00Z")]
    [InlineData("CRON_TZ=America/New_York 0 30 04 * * *", "2026-01-01T00:00:00Z", "2026-01-01T09:30:00Z")]
    [InlineData("TZ=Asia/Tokyo 0 0 * * *", "2026-01-01T00:00:00Z", "2026-01-01T15:00:00Z")]
    // Five fields have no seconds.
    [InlineData("*/5 * * * *", "2026-01-01T00:04:59.5Z", "2026-01-01T00:05:00Z")]
    [InlineData("5/20 * * * *", "2026-01-01T00:25:00Z", "2026-01-01T00:45:00Z")]
    [InlineData("0 0 1 JAN *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 31 * *", "2026-02-01T00:00:00Z", "2026-03-31T00:00:00Z")]
    // 2026-01-01 is a Thursday; 0 and 7 are Sunday.
    [InlineData("0 0 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 ? * mon-fri", "2026-01-02T12:00:00Z", "2026-01-05T00:00:00Z")]
    // Either of two given days will do; a star asks for nothing, a star with a step does.
    [InlineData("0 0 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("0 0 3 * fri", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")]
    [InlineData("0 0 */10 * fri", "2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z")]
    [InlineData("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@annually", "2026-05-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@monthly", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z")]
    [InlineData("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("@midnight", "2026-01-01T00:00:01Z", "2026-01-02T00:00:00Z")]
    [InlineData("@hourly", "2026-01-01T00:59:59.9Z", "2026-01-01T01:00:00Z")]
    [InlineData("@every 1m30s", "2026-01-01T00:00:10.7Z", "2026-01-01T00:01:40Z")]
    [InlineData("@every 10ms", "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z")]
    [InlineData("@every 1500ms", "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z")]
    public void Next_SpecifiedCases_Agree(string text, string after, string expected) =>
        Assert.Equal(Time(expected), CronSchedule.Parse(text, TimeZoneInfo.Utc).Next(Time(after)));

    [Theory]
    // Clocks go from 2:00 to 3:00: what is set for between is left out.
    [InlineData("0 30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0 0 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    // Clocks go back from 3:00 to 2:00: 2:30 comes twice.
    [InlineData("0 30 2 * * *", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("0 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 0 0 * * *", "2026-10-25T00:30:00Z", "2026-10-25T23:00:00Z")]
    public void Next_ClocksChange_FollowsTheWallClock(string text, string after, string expected) =>
        Assert.Equal(Time(expected), CronSchedule.Parse(text, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Next(Time(after)));

    [Fact]
    public void Next_NeverAgain_IsNull() => Assert.Null(CronSchedule.Parse("0 0 30 2 *", TimeZoneInfo.Utc).Next(Time("2026-01-01T00:00:00Z")));

    [Fact]
    public void Next_Always_IsLaterAndMatchesItsFields()
    {
        CronSchedule schedule = CronSchedule.Parse("7,53 */7 1-5,22 * 2,11 1-3", TimeZoneInfo.Utc);
        DateTimeOffset time = Time("2026-01-01T00:00:00Z");
        for (int i = 0; i < 2000; i++)
        {
            DateTimeOffset next = schedule.Next(time)!.Value;
            Assert.True(next > time);
            Assert.True(next.Second is 7 or 53 && next.Minute % 7 == 0 && next.Hour is (>= 1 and <= 5) or 22, $"{next:O}");
            Assert.True(next.Month is 2 or 11 && next.DayOfWeek is DayOfWeek.Monday or DayOfWeek.Tuesday or DayOfWeek.Wednesday, $"{next:O}");
            time = next;
        }
    }

    [Theory]
    [InlineData("", "0 fields")]
    [InlineData("* * * *", "4 fields")]
    [InlineData("* * * * * * *", "7 fields")]
    [InlineData("60 * * * * *", "seconds")]
    [InlineData("* 60 * * * *", "minutes")]
    [InlineData("* * 24 * * *", "hours")]
    [InlineData("* * * 0 * *", "days of the month")]
    [InlineData("* * * * 13 *", "months")]
    [InlineData("* * * * * 8", "days of the week")]
    [InlineData("* * * * * mondays", "days of the week")]
    [InlineData("5-3 * * * *", "ends before it begins")]
    [InlineData("1-2-3 * * * *", "more than one '-'")]
    [InlineData("*/0 * * * *", "minutes")]
    [InlineData("*/2/3 * * * *", "more than one '/'")]
    [InlineData("-1 * * * *", "minutes")]
    [InlineData("1, * * * *", "minutes")]
    [InlineData("@sometimes", "@sometimes")]
    [InlineData("@every soon", "soon")]
    [InlineData("@every -5s", "-5s")]
    [InlineData("@every 0s", "0s")]
    [InlineData("TZ=Nowhere/Else * * * * *", "Nowhere/Else")]
    public void Parse_NoSchedule_SaysWhatIsWrong(string text, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => CronSchedule.Parse(text, TimeZoneInfo.Utc)).Message);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
