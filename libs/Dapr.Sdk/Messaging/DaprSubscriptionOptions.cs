namespace Dapr.Messaging.PublishSubscribe;

/// <summary>What becomes of a message.</summary>
public enum TopicResponseAction
{
    Success,

    /// <summary>Deliver it again.</summary>
    Retry,

    /// <summary>Give it up, to the dead letter topic if there is one.</summary>
    Drop,
}

/// <summary>How long a handler may take, and what becomes of the message when it takes longer or throws.</summary>
public sealed record MessageHandlingPolicy(TimeSpan TimeoutDuration, TopicResponseAction DefaultResponseAction);

/// <summary>Settings of one subscription.</summary>
public sealed record DaprSubscriptionOptions(MessageHandlingPolicy MessageHandlingPolicy)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public string? DeadLetterTopic { get; init; }

    /// <summary>Messages taken from the sidecar ahead of the handler; unbounded when null.</summary>
    public int? MaximumQueuedMessages { get; init; }

    /// <summary>How long disposal waits for the message in hand.</summary>
    public TimeSpan MaximumCleanupTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Called when the stream ends without being disposed.</summary>
    public SubscriptionErrorHandler? ErrorHandler { get; init; }
}
