using SkyDriver.Sidecar.Actors;

namespace SkyDriver.Sidecar.Tests.Actors;

public sealed class TimeGrammarTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("", "2026-01-31T12:00:00Z")]
    [InlineData("0", "2026-01-31T12:00:00Z")]
    [InlineData("1h2m3s", "2026-01-31T13:02:03Z")]
    [InlineData("0h0m1s500ms", "2026-01-31T12:00:01.5Z")]
    [InlineData("1.5s", "2026-01-31T12:00:01.5Z")]
    [InlineData("PT1M", "2026-01-31T12:01:00Z")]
    [InlineData("P1M", "2026-02-28T12:00:00Z")]
    [InlineData("P1DT0.5S", "2026-02-01T12:00:00.5Z")]
    [InlineData("2026-03-01T00:00:00+01:00", "2026-02-28T23:00:00Z")]
    public void ParseDue_KnownForms_GiveTheInstant(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), TimeGrammar.ParseDue(text, Now));

    [Theory]
    [InlineData("soon")]
    [InlineData("-1s")]
    [InlineData("12")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("1x")]
    [InlineData("P9999Y")]
    [InlineData("tomorrow")]
    public void ParseDue_Others_AreRefused(string text) => Assert.Throws<FormatException>(() => TimeGrammar.ParseDue(text, Now));

    [Theory]
    [InlineData("", null, 1)]
    [InlineData("1m", 60.0, null)]
    [InlineData("PT30S", 30.0, null)]
    [InlineData("R5/PT1M", 60.0, 5)]
    [InlineData("R1/PT0S", null, 1)]
    [InlineData("@every 1m0s", 60.0, null)]
    public void ParsePeriod_KnownForms_GivePeriodAndCount(string text, double? seconds, int? count) =>
        Assert.Equal(new Repetition(seconds is { } s ? TimeSpan.FromSeconds(s) : null, count), TimeGrammar.ParsePeriod(text));

    [Theory]
    [InlineData("R0/PT1M")]
    [InlineData("R/PT1M")]
    [InlineData("R-1/PT1M")]
    [InlineData("P1D")]
    [InlineData("P1Y")]
    [InlineData("0s")]
    [InlineData("often")]
    public void ParsePeriod_Others_AreRefused(string text) => Assert.Throws<FormatException>(() => TimeGrammar.ParsePeriod(text));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1500, "1.5s")]
    [InlineData(60_000, "1m0s")]
    [InlineData(3_600_000, "1h0m0s")]
    [InlineData(250, "250ms")]
    public void FormatGo_Durations_AsGoPrintsThem(long milliseconds, string expected) =>
        Assert.Equal(expected, TimeGrammar.FormatGo(TimeSpan.FromMilliseconds(milliseconds)));
}
