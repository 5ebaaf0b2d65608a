using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Components;

/// <summary>The components in the scope of one app id, by name. A component out of scope does not exist for the app.</summary>
internal sealed class AppComponents
{
    public Dictionary<string, StateComponent> States { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, PubSubComponent> PubSubs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, IOutputBinding> Bindings { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, InputComponent> Inputs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ISecretStore> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>What the metadata API lists.</summary>
    public List<ComponentSpec> Specs { get; } = [];

    /// <summary>Ends when all components can be used; faults when one cannot.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>The store of actors and workflows; null when there is none.</summary>
    public StateComponent? ActorStore => States.Values.FirstOrDefault(s => s.IsActorStore);

    /// <exception cref="DaprFault">There is none of that name.</exception>
    public PubSubComponent PubSub(string name) => PubSubs.TryGetValue(name, out PubSubComponent? found)
        ? found
        : throw (PubSubs.Count == 0 ? DaprErrors.PubSubNotConfigured() : DaprErrors.PubSubNotFound(name));

    /// <exception cref="DaprFault">There is none of that name.</exception>
    public IOutputBinding Binding(string name) => Bindings.TryGetValue(name, out IOutputBinding? found) && found.IsServed
        ? found
        : throw DaprErrors.BindingFailed(name, $"couldn't find output binding {name}");

    /// <exception cref="DaprFault">There is none of that name.</exception>
    public ISecretStore SecretStore(string name) => Secrets.TryGetValue(name, out ISecretStore? found)
        ? found
        : throw (Secrets.Count == 0 ? DaprErrors.SecretStoreNotConfigured() : DaprErrors.SecretStoreNotFound(name));
}
