using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    private const string Json = "application/json";
    private const string CloudEventsJson = "application/cloudevents+json";

    private volatile string _bulkPublish = "BulkPublishEventAlpha1";

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ToBytes(data), ContentType(data), null, cancellationToken);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ToBytes(data), ContentType(data), metadata, cancellationToken);

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.Empty, null, null, cancellationToken);

    public override Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.Empty, null, metadata, cancellationToken);

    public override Task PublishByteEventAsync(
        string pubsubName,
        string topicName,
        ReadOnlyMemory<byte> data,
        string dataContentType = Json,
        Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.CopyFrom(data.Span), dataContentType, metadata, cancellationToken);

    public override async Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName,
        string topicName,
        IReadOnlyList<TValue> events,
        Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        if (events.Count == 0) return new BulkPublishResponse<TValue>([]);
        var request = new BulkPublishRequest { PubsubName = pubsubName, Topic = topicName };
        Copy(metadata, request.Metadata);
        var entries = new Dictionary<string, BulkPublishEntry<TValue>>(events.Count);
        foreach (var value in events)
        {
            var entry = new BulkPublishEntry<TValue>(
                entries.Count.ToString(CultureInfo.InvariantCulture), value, ContentType(value), metadata);
            entries[entry.EntryId] = entry;
            request.Entries.Add(new BulkPublishRequestEntry
            {
                EntryId = entry.EntryId,
                Event = ToBytes(value),
                ContentType = entry.ContentType,
            });
        }

        var response = await SendBulkAsync(request, cancellationToken);
        return new BulkPublishResponse<TValue>(
            [.. response.FailedEntries.Select(f => new BulkPublishResponseFailedEntry<TValue>(entries[f.EntryId], f.Error))]);
    }

    /// <summary>The old name is the one most runtimes have; one without it is asked by the new name from then on.</summary>
    private async Task<BulkPublishResponse> SendBulkAsync(BulkPublishRequest request, CancellationToken ct)
    {
        string what = $"Publishing to '{request.Topic}' in bulk";
        try
        {
            return await CallAsync(_bulkPublish, request, BulkPublishResponse.Parser, what, ct);
        }
        catch (DaprException e) when (e.InnerException is RpcException { StatusCode: StatusCode.Unimplemented })
        {
            string other = _bulkPublish == "BulkPublishEvent" ? "BulkPublishEventAlpha1" : "BulkPublishEvent";
            var response = await CallAsync(other, request, BulkPublishResponse.Parser, what, ct);
            _bulkPublish = other;
            return response;
        }
    }

    private Task PublishAsync(
        string pubsubName,
        string topicName,
        ByteString data,
        string? contentType,
        Dictionary<string, string>? metadata,
        CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        var request = new PublishEventRequest
        {
            PubsubName = pubsubName,
            Topic = topicName,
            Data = data,
            DataContentType = contentType ?? "",
        };
        Copy(metadata, request.Metadata);
        return CallAsync("PublishEvent", request, Empty.Parser, $"Publishing to '{topicName}'", ct);
    }

    private static string ContentType<T>(T data) => data is CloudEvent ? CloudEventsJson : Json;
}
