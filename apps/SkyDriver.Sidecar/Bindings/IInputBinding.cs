namespace SkyDriver.Sidecar.Bindings;

/// <summary>A system outside that sends events to apps.</summary>
internal interface IInputBinding : IAsyncDisposable
{
    /// <summary>False when the process behind it turned out to have no input.</summary>
    bool IsServed => true;

    /// <summary>Hands events over until the token fires, then ends when those under way are answered. Each reader gets its own.</summary>
    /// <param name="deliver">Ends with the app's answer; throws <see cref="OperationCanceledException"/> when the app is gone.</param>
    /// <exception cref="Exception">The system cannot be read now; the caller tries again later.</exception>
    Task ReadAsync(Func<InputEvent, Task<InputResult>> deliver, CancellationToken ct);
}

/// <param name="Metadata">The app gets them as headers.</param>
internal sealed record InputEvent(byte[] Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>What the app made of an event.</summary>
/// <param name="Data">What it answered.</param>
/// <param name="Error">Why the event was not processed; null when it was.</param>
internal sealed record InputResult(byte[] Data, string? Error);

/// <summary>An input binding as one app has it.</summary>
/// <param name="Route">Path of the app that its events are sent to, without the first slash.</param>
/// <param name="IsAsked">The component says that it is an input; else the app is asked whether it wants the events.</param>
internal sealed record InputComponent(string Name, string Route, bool IsAsked, IInputBinding Binding);
