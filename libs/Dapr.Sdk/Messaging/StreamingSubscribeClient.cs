using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>Opens one stream per subscription.</summary>
internal sealed class StreamingSubscribeClient(GrpcConnection grpc) : DaprPublishSubscribeClient
{
    private const string Method = "/dapr.proto.runtime.v1.Dapr/SubscribeTopicEventsAlpha1";

    public override async Task<IAsyncDisposable> SubscribeAsync(
        string pubSubName,
        string topicName,
        DaprSubscriptionOptions options,
        TopicMessageHandler messageHandler,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubSubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(messageHandler);
        var initial = new SubscribeTopicEventsRequestInitial { PubsubName = pubSubName, Topic = topicName };
        foreach (var (key, value) in options.Metadata) initial.Metadata[key] = value;
        if (options.DeadLetterTopic is { } deadLetter) initial.DeadLetterTopic = deadLetter;

        var call = grpc.Duplex(Method, SubscribeTopicEventsResponse.Parser, ct: cancellationToken);
        var responses = call.ReadAllAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            await call.WriteAsync(new SubscribeTopicEventsRequest { InitialRequest = initial }, cancellationToken);
            if (!await responses.MoveNextAsync()) throw new RpcException(new Status(StatusCode.Unavailable, "The stream ended before it began."));
        }
        catch (Exception e)
        {
            call.Dispose();
            await responses.DisposeAsync();
            if (e is RpcException rpc) throw new DaprException($"Subscribing to '{topicName}' of '{pubSubName}' failed: {rpc.Status.Detail}", rpc);
            throw;
        }

        return new StreamingSubscription(call, responses, options, messageHandler);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) grpc.Dispose();
    }
}
