using Dapr;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Counts calls of the state store that failed.</summary>
internal static class StoreCalls
{
    /// <param name="operation">One word: read, write or delete.</param>
    public static async Task<T> CountAsync<T>(string operation, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (DaprException)
        {
            SkyDriverMetrics.StoreErrors.Add(1, new KeyValuePair<string, object?>("operation", operation));
            throw;
        }
    }
}
