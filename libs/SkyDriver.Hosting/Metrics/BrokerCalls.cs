using Dapr;

namespace SkyDriver.Hosting.Metrics;

/// <summary>Counts what could not be published.</summary>
public static class BrokerCalls
{
    public static async Task CountAsync(string topic, Func<Task> publish)
    {
        try
        {
            await publish();
        }
        catch (DaprException)
        {
            Note(topic, 1);
            throw;
        }
    }

    public static async Task<T> CountAsync<T>(string topic, Func<Task<T>> publish)
    {
        try
        {
            return await publish();
        }
        catch (DaprException)
        {
            Note(topic, 1);
            throw;
        }
    }

    /// <param name="messages">That a broker refused.</param>
    internal static void Note(string topic, int messages)
    {
        // Topics of pixels carry the scan's id, of which there are too many.
        if (messages > 0) SkyDriverMetrics.BrokerErrors.Add(messages, new KeyValuePair<string, object?>("topic", topic.Split('.')[0]));
    }
}
