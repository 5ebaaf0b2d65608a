using System.Diagnostics;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Measures calls of launchers.</summary>
public static class LauncherCalls
{
    public static async Task<T> CountAsync<T>(string place, string operation, Func<Task<T>> call)
    {
        KeyValuePair<string, object?> where = new("place", place), what = new("operation", operation);
        long start = Stopwatch.GetTimestamp();
        try
        {
            return await call();
        }
        catch
        {
            SkyDriverMetrics.LauncherErrors.Add(1, where, what);
            throw;
        }
        finally
        {
            SkyDriverMetrics.LauncherSeconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, where, what);
        }
    }
}
