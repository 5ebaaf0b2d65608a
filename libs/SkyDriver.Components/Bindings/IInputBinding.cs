namespace SkyDriver.Components;

/// <summary>A system outside that sends events to apps (<c>bindings.{name}</c>).</summary>
public interface IInputBinding : IComponent
{
    /// <summary>Sends events until the token fires; runs once for each sidecar that reads. Returning earlier ends the stream.</summary>
    /// <param name="deliver">Sends one event and ends with the app's answer. May be called from many threads at once; the order is kept
    /// for calls that wait for one another. It throws <see cref="OperationCanceledException"/> when the sidecar leaves before it
    /// answered, and when its own token fires: give one that limits the wait.</param>
    Task ReadAsync(Func<BindingEvent, CancellationToken, Task<BindingEventResult>> deliver, CancellationToken ct);
}

/// <summary>An event for the app.</summary>
public sealed record BindingEvent
{
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Reaches the app as headers.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the data; null when it is not known.</summary>
    public string? ContentType { get; init; }
}

/// <summary>What the app made of an event.</summary>
/// <param name="Data">What it answered; may be empty.</param>
/// <param name="Error">Why it was not processed; null when it was.</param>
public sealed record BindingEventResult(ReadOnlyMemory<byte> Data, string? Error)
{
    /// <summary>False asks to send the event again, if the component can.</summary>
    public bool IsProcessed => Error is null;
}
