namespace SkyDriver.Components;

/// <summary>
/// What every pluggable component can do. There is one object per component YAML, told apart by the component's name; calls of its
/// sidecar come from many threads at once.
/// </summary>
/// <remarks>
/// An object that is <see cref="IAsyncDisposable"/> or <see cref="IDisposable"/> is disposed of when the host has stopped. A fault
/// reaches the caller with the code of its <see cref="ComponentException"/>; any other exception counts as an internal fault and is logged.
/// </remarks>
public interface IComponent
{
    /// <summary>Sets the component up. Nothing else is called before the first that succeeds.</summary>
    /// <param name="properties">Metadata of the component's YAML; names in any case.</param>
    /// <param name="ct">Fires when the sidecar waits no longer (<c>spec.initTimeout</c>, 5 s by default).</param>
    /// <remarks>
    /// Called again on the same object when a sidecar starts anew, with the properties as they are then, and once per block for an
    /// object that serves several. Calls for one object never overlap.
    /// </remarks>
    /// <exception cref="ComponentException">The properties are wrong, or what the component needs is not there.</exception>
    Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct);

    /// <summary>Says whether the component can work; a fault means it cannot now. May be called at any time after the first Init.</summary>
    Task PingAsync(CancellationToken ct) => Task.CompletedTask;
}
