using SkyDriver.Sidecar.Actors;

namespace SkyDriver.Sidecar.Tests.Actors;

public sealed class ReminderRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void RetryAfter_NoPolicy_Periodic_ThreeTriesThenTheNextFiring()
    {
        var record = Create(new ScheduleRequest { Period = "1h" });
        Assert.Equal([1, 1, 1, null], Pauses(record, 4));
    }

    [Fact]
    public void RetryAfter_NoPolicy_LastFiring_IsNeverGivenUp()
    {
        Assert.Equal([1, 1, 1, 2, 4, 8, 16, 32, 60, 60], Pauses(Create(new ScheduleRequest()), 10));
        Assert.Equal([1, 1, 1, 2], Pauses(Create(new ScheduleRequest { Period = "R1/PT1H" }), 4));
    }

    [Fact]
    public void RetryAfter_Drop_IsGivenUpAtOnce() =>
        Assert.Equal([null], Pauses(Create(new ScheduleRequest { FailurePolicy = new FailurePolicy(true, TimeSpan.Zero, 0) }), 1));

    [Fact]
    public void RetryAfter_Constant_HoldsToItsNumbers()
    {
        Assert.Equal([5, 5, null], Pauses(Create(new ScheduleRequest { FailurePolicy = new FailurePolicy(false, TimeSpan.FromSeconds(5), 2) }), 3));
        Assert.Equal([5, 5, 5, 5, 5], Pauses(Create(new ScheduleRequest { Period = "1h", FailurePolicy = new FailurePolicy(false, TimeSpan.FromSeconds(5), null) }), 5));
        Assert.Equal([null], Pauses(Create(new ScheduleRequest { FailurePolicy = new FailurePolicy(false, TimeSpan.FromSeconds(5), 0) }), 1));
    }

    [Theory]
    [InlineData("", 0, null)]
    [InlineData("1h", 0, 3600.0)]
    [InlineData("@every 1m30s", 0, 90.0)]
    [InlineData("R3/PT10S", 3, 10.0)]
    [InlineData("R2/10s", 2, 10.0)]
    public void Create_Period_IsRead(string period, int left, double? seconds)
    {
        var record = Create(new ScheduleRequest { Period = period });
        Assert.Equal(seconds, record.Period?.ToTimeSpan().TotalSeconds);
        Assert.Equal(seconds is null ? 1 : left, record.Left);
    }

    [Fact]
    public void Advance_Ttl_EndsTheReminderBeforeTheFiringThatWouldBeTooLate()
    {
        var record = Create(new ScheduleRequest { Period = "40s", Ttl = "1m" });
        var second = ReminderRules.Advance(record, Now)!;
        Assert.Equal(Now.AddSeconds(40), second.Next.ToDateTimeOffset());
        Assert.Null(ReminderRules.Advance(second, Now.AddSeconds(40)));
    }

    [Fact]
    public void Advance_ClockSetBackByAnHour_NextFiringIsAPeriodAhead()
    {
        var second = ReminderRules.Advance(Create(new ScheduleRequest { DueTime = "10s", Period = "15s" }), Now.AddHours(-1))!;
        Assert.Equal(Now.AddHours(-1).AddSeconds(15), second.Next.ToDateTimeOffset());
    }

    [Fact]
    public void Advance_FiredAMomentEarly_KeepsItsPhase()
    {
        var second = ReminderRules.Advance(Create(new ScheduleRequest { DueTime = "10s", Period = "15s" }), Now.AddSeconds(9))!;
        Assert.Equal(Now.AddSeconds(25), second.Next.ToDateTimeOffset());
    }

    [Fact]
    public void Resume_ClockSetBackWhileNothingRan_NextFiringIsAPeriodAhead()
    {
        var second = ReminderRules.Advance(Create(new ScheduleRequest { Period = "15s" }), Now)!;
        Assert.Equal(second, ReminderRules.Resume(second, Now));
        Assert.Equal(Now.AddHours(-1).AddSeconds(15), ReminderRules.Resume(second, Now.AddHours(-1)).Next.ToDateTimeOffset());
    }

    [Fact]
    public void Resume_FirstFiringFarAhead_StaysThere()
    {
        var far = Create(new ScheduleRequest { DueTime = "2h", Period = "15s" });
        Assert.Equal(far, ReminderRules.Resume(far, Now));
        var once = Create(new ScheduleRequest { DueTime = "2h" });
        Assert.Equal(once, ReminderRules.Resume(once, Now));
    }

    private static ReminderRecord Create(ScheduleRequest request) => ReminderRules.Create(new ActorKey("Counter", "one"), "r", request, Now);

    private static double?[] Pauses(ReminderRecord record, int failures) =>
        [.. Enumerable.Range(1, failures).Select(n => ReminderRules.RetryAfter(record, n)?.TotalSeconds)];
}
