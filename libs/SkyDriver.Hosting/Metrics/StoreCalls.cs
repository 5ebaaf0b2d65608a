using Dapr;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Counts calls of the state store that failed, for the two through which all of them go: <see cref="State.StateStore"/> and <see cref="Actors.ServiceActor"/>.</summary>
internal static class StoreCalls
{
    public const string Read = "read", Write = "write", Delete = "delete";

    /// <summary>What an actor changed, all of it or nothing.</summary>
    public const string Transaction = "transaction";

    /// <param name="operation">One of the words above.</param>
    public static async Task<T> CountAsync<T>(string operation, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (DaprException)
        {
            Note(operation);
            throw;
        }
    }

    /// <inheritdoc cref="CountAsync{T}"/>
    public static async Task CountAsync(string operation, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (DaprException)
        {
            Note(operation);
            throw;
        }
    }

    private static void Note(string operation) => SkyDriverMetrics.StoreErrors.Add(1, new KeyValuePair<string, object?>("operation", operation));
}
