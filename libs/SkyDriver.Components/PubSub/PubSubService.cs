using Google.Protobuf;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc.Protos.Components;

namespace SkyDriver.Components.PubSub;

/// <summary>Serves an <see cref="IPubSub"/>.</summary>
internal static class PubSubService
{
    public const string Name = ComponentService.Package + "PubSub";

    private static readonly (PubSubFeatures Feature, string Name)[] FeatureNames =
    [
        (PubSubFeatures.MessageTtl, "MESSAGE_TTL"),
        (PubSubFeatures.SubscribeWildcards, "SUBSCRIBE_WILDCARDS"),
        (PubSubFeatures.BulkPublish, "BULK_PUBSUB"),
    ];

    public static void Map(ServiceMap map)
    {
        map.Lifecycle(Name);
        map.Unary<IPubSub, FeaturesRequest, FeaturesResponse>($"/{Name}/Features", FeaturesRequest.Parser, (pubsub, _, _) =>
            Task.FromResult(new FeaturesResponse { Features = { FeatureNames.Where(f => pubsub.Features.HasFlag(f.Feature)).Select(f => f.Name) } }));
        map.Unary<IPubSub, PublishRequest, PublishResponse>($"/{Name}/Publish", PublishRequest.Parser, async (pubsub, request, ct) =>
        {
            await pubsub.PublishAsync(new PublishedMessage(request.Topic, request.Data.Memory, request.ContentType, Wire.Map(request.Metadata)), ct);
            return new PublishResponse();
        });
        map.Unary<IPubSub, BulkPublishRequest, BulkPublishResponse>($"/{Name}/BulkPublish", BulkPublishRequest.Parser, BulkPublishAsync);
        map.Duplex<IPubSub, PullMessagesRequest, PullMessagesResponse>($"/{Name}/PullMessages", PullMessagesRequest.Parser, PullAsync);
    }

    private static async Task<BulkPublishResponse> BulkPublishAsync(IPubSub pubsub, BulkPublishRequest request, CancellationToken ct)
    {
        PublishedMessage[] messages = [.. request.Entries.Select(e => new PublishedMessage(
            request.Topic, e.Event.Memory, e.ContentType, Wire.Map(request.Metadata.Concat(e.Metadata))))];
        BulkPublishResponse response = new();
        foreach ((int index, string error) in await pubsub.BulkPublishAsync(messages, ct))
        {
            response.FailedEntries.Add(new BulkPublishResponseFailedEntry { EntryId = request.Entries[index].EntryId, Error = error });
        }

        return response;
    }

    private static async Task PullAsync(IPubSub pubsub, IAsyncEnumerable<PullMessagesRequest> requests, Func<PullMessagesResponse, ValueTask> write, CancellationToken ct)
    {
        await using IAsyncEnumerator<PullMessagesRequest> said = requests.GetAsyncEnumerator(ct);
        if (!await said.MoveNextAsync()) return;
        if (said.Current.Topic is not { Name.Length: > 0 } topic) throw new ComponentException(ComponentFault.InvalidRequest, "the first message of PullMessages must name the topic");
        Deliveries<DeliveryResult> deliveries = new();
        TopicSubscription subscription = new(topic.Name, Wire.Map(topic.Metadata));
        await DeliveryStream.RunAsync(
            RestAsync(said),
            ack => deliveries.Settle(ack.AckMessageId, new DeliveryResult(ack.AckError is { } error ? Wire.NotEmpty(error.Message) ?? "the message was not processed" : null)),
            ended => pubsub.PullAsync(subscription, (message, wait) => DeliverAsync(deliveries, subscription, message, write, wait, ended), ended),
            ct);
    }

    private static async IAsyncEnumerable<PullMessagesRequest> RestAsync(IAsyncEnumerator<PullMessagesRequest> said)
    {
        while (await said.MoveNextAsync()) yield return said.Current;
    }

    private static async Task<DeliveryResult> DeliverAsync(
        Deliveries<DeliveryResult> deliveries, TopicSubscription subscription, TopicMessage message, Func<PullMessagesResponse, ValueTask> write,
        CancellationToken wait, CancellationToken ended)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait, ended);
        return await deliveries.SendAsync(
            id => write(new PullMessagesResponse
            {
                Data = UnsafeByteOperations.UnsafeWrap(message.Data),
                TopicName = message.Topic ?? subscription.Topic,
                Metadata = { Wire.Map(message.Metadata) },
                ContentType = message.ContentType ?? "",
                Id = id,
            }),
            either.Token);
    }
}
