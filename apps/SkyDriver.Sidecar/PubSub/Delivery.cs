namespace SkyDriver.Sidecar.PubSub;

/// <summary>What became of one event at the app.</summary>
internal enum DeliveryOutcome
{
    /// <summary>The app has taken it.</summary>
    Success,

    /// <summary>The app failed, or asked for it again.</summary>
    Retry,

    /// <summary>The app does not want it, ever.</summary>
    Drop,

    /// <summary>The app could not be reached.</summary>
    Unreachable,
}

/// <summary>One event on its way to an app.</summary>
/// <param name="Envelope">The CloudEvent's JSON.</param>
/// <param name="Path">The route that was chosen for it.</param>
/// <param name="RawData">The bytes as published, when there was no envelope around them.</param>
internal sealed record Delivery(QueuedMessage Queued, byte[] Envelope, string Path, byte[]? RawData);

/// <summary>The way to an app for the events of one subscription.</summary>
internal interface IDeliveryChannel
{
    /// <summary>Most events that one call may carry.</summary>
    int BatchSize { get; }

    /// <summary>Hands events to the app; those of one call have the same path.</summary>
    /// <returns>One outcome per event.</returns>
    /// <exception cref="OperationCanceledException">The app's instance left.</exception>
    Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct);
}
