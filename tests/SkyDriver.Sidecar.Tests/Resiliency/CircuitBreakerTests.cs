using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Resiliency;

public sealed class CircuitBreakerTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Enter_AfterEnoughFailuresInARow_IsRefusedUntilItsTimeout()
    {
        CircuitBreaker breaker = Breaker("consecutiveFailures >= 3");
        Run(breaker, true, true, false, true, true);
        Run(breaker, true);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
        _clock.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        breaker.Enter();
    }

    [Fact]
    public void Trial_OneFailure_OpensAgain()
    {
        CircuitBreaker breaker = OnTrial(maxRequests: 3);
        Run(breaker, false, false, true);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
    }

    [Fact]
    public void Trial_AllSucceed_Closes()
    {
        CircuitBreaker breaker = OnTrial(maxRequests: 2);
        Run(breaker, false, false);
        Run(breaker, true, false, true, false, true);   // Open for good it would refuse, on trial the first failure would open it.
        breaker.Enter();
    }

    [Fact]
    public void Trial_MoreThanAllowedAtOnce_AreRefused()
    {
        CircuitBreaker breaker = OnTrial(maxRequests: 2);
        int first = breaker.Enter();
        breaker.Enter();
        Assert.Contains("too many", Assert.Throws<CircuitOpenException>(() => breaker.Enter()).Message);
        breaker.Leave(first, failed: null);
        breaker.Enter();
    }

    [Fact]
    public void Leave_WithATicketFromBefore_CountsNothing()
    {
        CircuitBreaker breaker = Breaker("consecutiveFailures >= 1", maxRequests: 1);
        int late = breaker.Enter();
        Run(breaker, true);
        _clock.Advance(TimeSpan.FromSeconds(30));
        int trial = breaker.Enter();
        breaker.Leave(late, failed: true);
        breaker.Leave(trial, failed: false);
        breaker.Enter();
    }

    [Fact]
    public void Interval_Passed_CountsStartAnew()
    {
        CircuitBreaker breaker = new(new(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TripExpression.Parse("totalFailures >= 3")), _clock);
        Run(breaker, true, true);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Run(breaker, true, true);
        breaker.Enter();
        _clock.Advance(TimeSpan.FromSeconds(9));
        Run(breaker, true);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
    }

    [Theory]
    [InlineData("consecutiveFailures > 5", 9, 4, 5, 0, 5, false)]
    [InlineData("consecutiveFailures > 5", 9, 3, 6, 0, 6, true)]
    [InlineData("requests > 10 && totalFailures * 100 / requests >= 60", 11, 5, 6, 0, 1, false)]
    [InlineData("requests > 10 && totalFailures * 100 / requests >= 60", 11, 4, 7, 0, 1, true)]
    [InlineData("totalFailures / requests >= 0.5", 3, 1, 2, 0, 1, false)]
    [InlineData("totalFailures * 1.0 / requests >= 0.5", 3, 1, 2, 0, 1, true)]
    [InlineData("totalFailures / totalSuccesses > 0", 3, 0, 3, 0, 3, false)]
    [InlineData("!(consecutiveSuccesses != 0) || (requests - 1) % 2 == 1", 2, 1, 1, 1, 0, true)]
    [InlineData("-totalFailures < -2 == true", 3, 0, 3, 0, 3, true)]
    public void Trip_Counts_AreJudged(string expression, int requests, int successes, int failures, int successesInARow, int failuresInARow, bool trips) =>
        Assert.Equal(trips, TripExpression.Parse(expression).Evaluate(new(requests, successes, failures, successesInARow, failuresInARow)));

    [Theory]
    [InlineData("")]
    [InlineData("requests")]
    [InlineData("failures > 1")]
    [InlineData("requests >")]
    [InlineData("requests > 1 1")]
    [InlineData("(requests > 1")]
    [InlineData("requests && true")]
    [InlineData("true > false")]
    [InlineData("!requests > 1")]
    [InlineData("requests > 1..2")]
    [InlineData("requests == true")]
    public void Trip_NoExpression_IsToldWithItsPlace(string expression) =>
        Assert.Contains("at character", Assert.Throws<FormatException>(() => TripExpression.Parse(expression)).Message);

    [Fact]
    public void Trip_NestedWithoutEnd_IsRefused() =>
        Assert.Throws<FormatException>(() => TripExpression.Parse(new string('(', 100_000)));

    private CircuitBreaker Breaker(string trip, int maxRequests = 1) => new(new(maxRequests, TimeSpan.Zero, TimeSpan.FromSeconds(30), TripExpression.Parse(trip)), _clock);

    private CircuitBreaker OnTrial(int maxRequests)
    {
        CircuitBreaker breaker = Breaker("consecutiveFailures >= 2", maxRequests);
        Run(breaker, true, true);
        _clock.Advance(TimeSpan.FromSeconds(30));
        return breaker;
    }

    private static void Run(CircuitBreaker breaker, params bool[] failures)
    {
        foreach (bool failed in failures) breaker.Leave(breaker.Enter(), failed);
    }
}
