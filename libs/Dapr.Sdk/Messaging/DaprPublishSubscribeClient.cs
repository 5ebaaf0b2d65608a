using Dapr.Common;

namespace Dapr.Messaging.PublishSubscribe;

/// <summary>Receives a topic over a stream that the app opens, without a port of its own.</summary>
public abstract class DaprPublishSubscribeClient : IDaprClient
{
    /// <summary>
    /// Subscribes until the result is disposed. Messages are handled one at a time; several subscriptions of one topic
    /// share its messages. A stream that breaks is reported to <see cref="DaprSubscriptionOptions.ErrorHandler"/> and not
    /// opened again: subscribe anew.
    /// </summary>
    /// <exception cref="DaprException">The sidecar refused the subscription, or did not answer within 100 s.</exception>
    public abstract Task<IAsyncDisposable> SubscribeAsync(
        string pubSubName,
        string topicName,
        DaprSubscriptionOptions options,
        TopicMessageHandler messageHandler,
        CancellationToken cancellationToken = default);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Handles one message; the token fires when its time is over.</summary>
public delegate Task<TopicResponseAction> TopicMessageHandler(TopicMessage request, CancellationToken cancellationToken = default);

/// <summary>Learns that a subscription ended by itself.</summary>
public delegate Task SubscriptionErrorHandler(DaprException exception);
