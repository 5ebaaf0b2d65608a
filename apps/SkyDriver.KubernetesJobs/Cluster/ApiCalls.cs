namespace SkyDriver.KubernetesJobs.Cluster;

/// <summary>Calls of the API that are repeated while a repeat can help. All that is called here is idempotent, by name or by selector.</summary>
internal sealed class ApiCalls(TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(10);

    /// <param name="budget">For all attempts and the pauses between.</param>
    /// <exception cref="ApiFault">Of the last attempt; of an earlier one where only that leaves open whether it was done.</exception>
    public async Task<T> SendAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan budget, CancellationToken ct)
    {
        DateTimeOffset end = clock.GetUtcNow() + budget;
        ApiFault? uncertain = null;
        for (TimeSpan pause = FirstPause; ; pause *= 2)
        {
            TimeSpan left = end - clock.GetUtcNow();
            using CancellationTokenSource limit = new(left < LongestAttempt ? Max(left, TimeSpan.FromMilliseconds(1)) : LongestAttempt, clock);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                return await call(both.Token);
            }
            catch (Exception thrown) when (!ct.IsCancellationRequested && ApiFault.From(thrown) is { } fault)
            {
                if (fault.Kind is ApiFaultKind.Unreachable) uncertain = fault;
                TimeSpan wait = fault.RetryAfter ?? pause;
                if (!fault.IsPassing || clock.GetUtcNow() + wait >= end) throw fault.IsPassing ? uncertain ?? fault : fault;
                await Task.Delay(wait, clock, ct);
            }
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
