using Grpc.Core;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Resiliency;

public sealed class ResiliencyPolicyTests
{
    private readonly ManualClock _clock = new();
    private int _attempts;

    [Fact]
    public async Task None_AnyOutcome_IsHandedThrough()
    {
        Assert.Equal(5, await ResiliencyPolicy.None.ExecuteAsync(_ => ValueTask.FromResult(5), default, static _ => Verdict.Failure));
        await Assert.ThrowsAsync<IOException>(async () => await ResiliencyPolicy.None.ExecuteAsync<int>(_ => throw new IOException(), default));
    }

    [Fact]
    public async Task Retry_Constant_PausesAndEndsWithTheLastOutcome()
    {
        ResiliencyPolicy policy = Policy(new(false, TimeSpan.FromSeconds(2), default, 3));
        Task<int> result = policy.ExecuteAsync(_ => ValueTask.FromResult(500 + _attempts++), default, Verdict.Http).AsTask();
        for (int made = 1; made <= 3; made++)
        {
            await UntilAsync(() => _clock.Waiting == 1);
            _clock.Advance(TimeSpan.FromSeconds(1.9));
            Assert.Equal((made, 1), (_attempts, _clock.Waiting));
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(503, await result);
        Assert.Equal(4, _attempts);
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.75)]
    [InlineData(3, 1.125)]
    [InlineData(10, 15)]
    [InlineData(int.MaxValue, 15)]
    public void Pause_Exponential_GrowsToItsLimitAndIsSpreadByHalf(int retry, double seconds)
    {
        RetrySpec retries = new(true, default, TimeSpan.FromSeconds(15), -1);
        Assert.Equal(seconds, retries.Pause(retry, 0.5).TotalSeconds, 6);
        Assert.Equal(seconds / 2, retries.Pause(retry, 0).TotalSeconds, 6);
        Assert.InRange(retries.Pause(retry, 0.999999).TotalSeconds, seconds * 1.49, seconds * 1.5);
    }

    [Theory]
    [InlineData(404, "429,500-599", 1)]
    [InlineData(429, "429,500-599", 4)]
    [InlineData(503, "429,500-599", 4)]
    [InlineData(404, null, 4)]
    [InlineData(204, null, 1)]
    public async Task Retry_OfListedStatuses_LeavesOthers(int status, string? matching, int attempts)
    {
        StatusRanges? http = matching is null ? null : StatusRanges.TryParse(matching, 100, 599);
        ResiliencyPolicy policy = Policy(new(false, TimeSpan.Zero, default, 3, http, StatusRanges.TryParse("1", 0, 16)));
        Assert.Equal(status, await policy.ExecuteAsync(_ => ValueTask.FromResult(Count(status)), default, Verdict.Http));
        Assert.Equal(attempts, _attempts);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.Internal, 1)]
    [InlineData(StatusCode.InvalidArgument, 1)]
    public async Task Retry_OfFaults_HeedsTheirStatus(StatusCode status, int attempts)
    {
        ResiliencyPolicy policy = Policy(new(false, TimeSpan.Zero, default, 2, null, StatusRanges.TryParse("3,14", 0, 16)));
        await Assert.ThrowsAsync<RpcException>(async () => await policy.ExecuteAsync<int>(_ => throw new RpcException(new Status((StatusCode)Count((int)status), "")), default));
        Assert.Equal(attempts, _attempts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("99")]
    [InlineData("500-")]
    [InlineData("503-500")]
    [InlineData("1-2-3")]
    public void Statuses_NoList_AreNull(string text) => Assert.Null(StatusRanges.TryParse(text, 100, 599));

    [Fact]
    public async Task Timeout_AttemptThatHeedsNothing_EndsAndIsTriedAgain()
    {
        ResiliencyPolicy policy = new(TimeSpan.FromSeconds(5), new(false, TimeSpan.FromSeconds(1), default, 1), null, _clock);
        TaskCompletionSource<int> never = new();
        Task<int> result = policy.ExecuteAsync(_ => Count(0) == 0 && _attempts == 2 ? ValueTask.FromResult(7) : new ValueTask<int>(never.Task), default).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(() => _clock.Waiting == 1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(7, await result);
    }

    [Fact]
    public async Task Timeout_LastAttempt_IsToldAsSuch()
    {
        ResiliencyPolicy policy = new(TimeSpan.FromSeconds(5), null, null, _clock);
        Task<int> result = policy.ExecuteAsync(async ct =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return 0;
        }, default).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("5 s", (await Assert.ThrowsAsync<TimeoutException>(() => result)).Message);
    }

    [Fact]
    public async Task Cancelled_Caller_EndsAtOnceAndCountsNothing()
    {
        CircuitBreaker breaker = new(new(1, default, TimeSpan.FromSeconds(30), TripExpression.Parse("totalFailures >= 1")), _clock);
        ResiliencyPolicy policy = new(TimeSpan.FromSeconds(5), new(false, TimeSpan.FromSeconds(1), default, -1), breaker, _clock);
        using CancellationTokenSource caller = new();
        Task<int> result = policy.ExecuteAsync(async ct =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return 0;
        }, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result);
        breaker.Enter();
    }

    [Fact]
    public async Task Breaker_OpenedByTheseAttempts_EndsThem()
    {
        CircuitBreaker breaker = new(new(1, default, TimeSpan.FromSeconds(30), TripExpression.Parse("consecutiveFailures >= 2")), _clock);
        ResiliencyPolicy policy = new(null, new(false, TimeSpan.Zero, default, 10), breaker, _clock);
        await Assert.ThrowsAsync<CircuitOpenException>(async () => await policy.ExecuteAsync(_ => ValueTask.FromResult(Count(500)), default, Verdict.Http));
        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task Retry_DiscardedResults_AreDisposedOf()
    {
        List<HttpResponseMessage> made = [];
        using HttpResponseMessage last = await Policy(new(false, TimeSpan.Zero, default, 2)).ExecuteAsync(_ =>
        {
            made.Add(new() { Content = new StringContent("x") });
            return ValueTask.FromResult(made[^1]);
        }, default, static _ => Verdict.Failure);
        Assert.Equal(3, made.Count);
        Assert.Same(made[2], last);
        foreach (HttpResponseMessage discarded in made[..2]) await Assert.ThrowsAsync<ObjectDisposedException>(() => discarded.Content.ReadAsStringAsync());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private ResiliencyPolicy Policy(RetrySpec retry) => new(null, retry, null, _clock);

    private int Count(int value)
    {
        _attempts++;
        return value;
    }
}
