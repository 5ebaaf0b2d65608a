using System.Diagnostics;

namespace SkyDriver.Benchmarks.Dapr;

/// <summary>What a call costs.</summary>
/// <param name="Median">Of one call at a time.</param>
/// <param name="Slow">The 99th of 100 calls, one at a time.</param>
/// <param name="PerSecond">With <see cref="Load.Workers"/> callers at once.</param>
internal sealed record Figures(TimeSpan Median, TimeSpan Slow, double PerSecond);

/// <summary>Measured loops: a warm-up, then rounds of which the median counts.</summary>
/// <param name="round">How long one round takes.</param>
internal sealed class Load(TimeSpan round)
{
    public const int Workers = 32;
    private const int Rounds = 3;

    /// <param name="call">Gets the number of the call, from 0 on.</param>
    /// <param name="workers">Callers at once for the throughput.</param>
    public async Task<Figures> MeasureAsync(Func<int, Task> call, int workers = Workers)
    {
        int next = 0;
        await LoopAsync(1, round / 2, null);
        await LoopAsync(workers, round / 2, null);
        List<(TimeSpan Median, TimeSpan Slow)> latencies = [];
        List<double> rates = [];
        for (int i = 0; i < Rounds; i++)
        {
            List<TimeSpan> times = [];
            await LoopAsync(1, round, times);
            times.Sort();
            latencies.Add((times[times.Count / 2], times[times.Count * 99 / 100]));
            rates.Add(await LoopAsync(workers, round, null));
        }

        return new(Middle(latencies.Select(l => l.Median)), Middle(latencies.Select(l => l.Slow)), Middle(rates));

        async Task<double> LoopAsync(int callers, TimeSpan time, List<TimeSpan>? times)
        {
            long began = Stopwatch.GetTimestamp();
            int[] done = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallAsync)));
            return done.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;

            async Task<int> CallAsync()
            {
                int count = 0;
                while (Stopwatch.GetElapsedTime(began) < time || count == 0)
                {
                    long start = Stopwatch.GetTimestamp();
                    await call(Interlocked.Increment(ref next));
                    times?.Add(Stopwatch.GetElapsedTime(start));
                    count++;
                }

                return count;
            }
        }
    }

    /// <summary>Median rate of a piece of work that handles many items by itself, after a first time for warm-up.</summary>
    public static async Task<double> RateAsync(int items, Func<Task> work)
    {
        List<double> rates = [];
        for (int i = 0; i <= Rounds; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await work();
            if (i > 0) rates.Add(items / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return Middle(rates);
    }

    public static T Middle<T>(IEnumerable<T> values)
    {
        T[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
