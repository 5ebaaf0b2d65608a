using System.Runtime.CompilerServices;

namespace SkyDriver.Testing;

/// <summary>Waits with an end: what is awaited is named when it does not come.</summary>
internal static class Until
{
    /// <summary>Long, as a busy machine may be slow; only a test that fails waits for all of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Soon at first, then less often: whoever is asked has better things to do than to answer.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromMilliseconds(25);

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static Task HoldsAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? patience = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, patience);

    /// <param name="patience">Null for <see cref="Patience"/>.</param>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? patience = null)
    {
        TimeSpan limit = patience ?? Patience;
        long since = TimeProvider.System.GetTimestamp();
        for (TimeSpan pause = FirstPause; !await condition(); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (TimeProvider.System.GetElapsedTime(since) > limit) throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what}");
            await Task.Delay(pause);
        }
    }

    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task EndsAsync(Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Patience)) != task) throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}");
        await task;
    }

    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<T> EndsAsync<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await EndsAsync((Task)task, what);
        return await task;
    }
}
