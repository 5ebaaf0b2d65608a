using Dapr;
using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Hosting.Messages;

/// <summary>The one pub/sub component: all that a service publishes goes through here, so that whatever is not taken is counted.</summary>
public sealed class Broker(DaprClient dapr)
{
    /// <summary>A bulk request stays below this many bytes, base64 included; sidecars refuse more than 4 MiB.</summary>
    private const int MaxRequestBytes = 2 << 20;

    /// <summary>Of an envelope, bytes at most.</summary>
    private const int EnvelopeBytes = 512;

    /// <exception cref="DaprException">It was not taken.</exception>
    public Task PublishAsync<T>(string topic, T message, CancellationToken cancellationToken = default) =>
        CountAsync(topic, async () =>
        {
            await dapr.PublishEventAsync(Components.PubSub, topic, message, cancellationToken);
            return true;
        });

    /// <inheritdoc cref="PublishAllAsync{T}"/>
    public Task<IReadOnlyList<ProtobufCloudEvent>> PublishAllAsync(string topic, IReadOnlyList<ProtobufCloudEvent> messages, CancellationToken cancellationToken = default) =>
        PublishAllAsync(topic, messages, message => 4L * message.DataBase64.Length / 3, cancellationToken);

    /// <summary>Publishes many messages in as few requests as their size allows.</summary>
    /// <param name="bytes">Most that a message has in its request, beside its envelope.</param>
    /// <returns>The messages that were not taken.</returns>
    /// <exception cref="DaprException">None of a request was taken; those before were.</exception>
    public async Task<IReadOnlyList<T>> PublishAllAsync<T>(string topic, IReadOnlyList<T> messages, Func<T, long> bytes, CancellationToken cancellationToken = default)
    {
        List<T> refused = [];
        for (int first = 0; first < messages.Count;)
        {
            List<T> request = NextRequest(messages, first, bytes);
            first += request.Count;
            BulkPublishResponse<T> response = await CountAsync(topic, () => dapr.BulkPublishEventAsync(Components.PubSub, topic, request, cancellationToken: cancellationToken));
            Note(topic, response.FailedEntries.Count);
            refused.AddRange(response.FailedEntries.Select(failed => failed.Entry.EventData));
        }

        return refused;
    }

    private static List<T> NextRequest<T>(IReadOnlyList<T> messages, int first, Func<T, long> bytes)
    {
        List<T> request = [];
        long sum = 0;
        for (int i = first; i < messages.Count; i++)
        {
            sum += EnvelopeBytes + bytes(messages[i]);
            if (request.Count > 0 && sum > MaxRequestBytes) break;
            request.Add(messages[i]);
        }

        return request;
    }

    private static async Task<T> CountAsync<T>(string topic, Func<Task<T>> publish)
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

    private static void Note(string topic, int messages)
    {
        // Topics of pixels carry the scan's id, of which there are too many.
        if (messages > 0) SkyDriverMetrics.BrokerErrors.Add(messages, new KeyValuePair<string, object?>("topic", topic.Split('.')[0]));
    }
}
