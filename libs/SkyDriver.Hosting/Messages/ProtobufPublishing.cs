using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;

namespace SkyDriver.Hosting.Messages;

/// <summary>Publishing on the one pub/sub component.</summary>
public static class ProtobufPublishing
{
    /// <summary>A bulk request stays below this many bytes, base64 included; sidecars refuse more than 4 MiB.</summary>
    private const int MaxRequestBytes = 2 << 20;

    public static Task PublishAsync(this DaprClient dapr, string topic, ProtobufCloudEvent message, CancellationToken cancellationToken = default) =>
        BrokerCalls.CountAsync(topic, () => dapr.PublishEventAsync(Components.PubSub, topic, message, cancellationToken));

    /// <summary>Publishes many messages in as few requests as their size allows.</summary>
    /// <returns>The messages that were not accepted.</returns>
    public static async Task<IReadOnlyList<ProtobufCloudEvent>> PublishAllAsync(
        this DaprClient dapr, string topic, IReadOnlyList<ProtobufCloudEvent> messages, CancellationToken cancellationToken = default)
    {
        List<ProtobufCloudEvent> refused = [];
        for (int first = 0; first < messages.Count;)
        {
            List<ProtobufCloudEvent> request = NextRequest(messages, first);
            first += request.Count;
            BulkPublishResponse<ProtobufCloudEvent> response = await BrokerCalls.CountAsync(
                topic, () => dapr.BulkPublishEventAsync(Components.PubSub, topic, request, cancellationToken: cancellationToken));
            BrokerCalls.Note(topic, response.FailedEntries.Count);
            refused.AddRange(response.FailedEntries.Select(failed => failed.Entry.EventData));
        }

        return refused;
    }

    private static List<ProtobufCloudEvent> NextRequest(IReadOnlyList<ProtobufCloudEvent> messages, int first)
    {
        List<ProtobufCloudEvent> request = [];
        long bytes = 0;
        for (int i = first; i < messages.Count; i++)
        {
            bytes += 512 + 4L * messages[i].DataBase64.Length / 3;
            if (request.Count > 0 && bytes > MaxRequestBytes) break;
            request.Add(messages[i]);
        }

        return request;
    }
}
