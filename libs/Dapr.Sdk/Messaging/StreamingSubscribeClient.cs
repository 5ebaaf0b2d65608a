using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>Opens one stream per subscription.</summary>
/// <param name="openLimit">How long the sidecar may take to accept a subscription; the stream itself has no deadline.</param>
internal sealed class StreamingSubscribeClient(GrpcConnection grpc, TimeSpan openLimit) : DaprPublishSubscribeClient
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
        using var limit = new CancellationTokenSource(openLimit);
        var ending = limit.Token.Register(call.Dispose);
        try
        {
            await call.WriteAsync(new SubscribeTopicEventsRequest { InitialRequest = initial }, cancellationToken);
            bool accepted = await responses.MoveNextAsync();
            await ending.DisposeAsync();
            if (!accepted) throw new RpcException(new Status(StatusCode.Unavailable, "The stream ended before it began."));
            if (!limit.IsCancellationRequested) return new StreamingSubscription(call, responses, options, messageHandler);
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was given up."));
        }
        catch (Exception e)
        {
            call.Dispose();
            await responses.DisposeAsync();
            if (e is RpcException && limit.IsCancellationRequested)
            {
                e = new RpcException(new Status(StatusCode.DeadlineExceeded, $"The sidecar did not accept it within {openLimit}.", e));
            }

            if (e is RpcException rpc) throw new DaprException($"Subscribing to '{topicName}' of '{pubSubName}' failed: {rpc.Status.Detail}", rpc);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) grpc.Dispose();
    }
}
