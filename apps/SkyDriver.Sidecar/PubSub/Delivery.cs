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

    /// <summary>The app could not be reached: a failure as <see cref="Retry"/>, but the next one had better wait.</summary>
    Unreachable,
}

/// <summary>Outcomes of calls with one event, ready made.</summary>
internal static class Outcomes
{
    private static readonly DeliveryOutcome[][] Single = [.. Enum.GetValues<DeliveryOutcome>().Select(o => new[] { o })];

    public static IReadOnlyList<DeliveryOutcome> Of(DeliveryOutcome outcome) => Single[(int)outcome];

    public static IReadOnlyList<DeliveryOutcome> Of(DeliveryOutcome outcome, int count)
    {
        if (count == 1) return Of(outcome);
        var all = new DeliveryOutcome[count];
        Array.Fill(all, outcome);
        return all;
    }
}

/// <summary>One event on its way to an app.</summary>
/// <param name="Envelope">The CloudEvent's JSON.</param>
/// <param name="Path">The route that was chosen for it.</param>
/// <param name="RawData">The bytes as published, when there was no envelope around them.</param>
internal sealed record Delivery(QueuedMessage Queued, byte[] Envelope, string Path, byte[]? RawData);

/// <summary>What one call of the app came to.</summary>
/// <param name="Outcomes">One per event.</param>
/// <param name="FailedStatus">The HTTP status that the app failed its only event with, which retry policies may choose by; 0 = none.</param>
internal readonly record struct DeliveryAnswer(IReadOnlyList<DeliveryOutcome> Outcomes, int FailedStatus = 0)
{
    public static DeliveryAnswer Of(DeliveryOutcome outcome, int failedStatus = 0) => new(PubSub.Outcomes.Of(outcome), failedStatus);
}

/// <summary>The way to an app for the events of one subscription.</summary>
internal interface IDeliveryChannel
{
    /// <summary>Most events that one call may carry.</summary>
    int BatchSize { get; }

    /// <summary>Hands events to the app; those of one call have the same path.</summary>
    /// <exception cref="OperationCanceledException">The app's instance left.</exception>
    ValueTask<DeliveryAnswer> DeliverAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct);
}
