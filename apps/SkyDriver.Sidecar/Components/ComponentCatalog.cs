using System.Collections.Concurrent;
using System.Text;
using Microsoft.Data.Sqlite;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Components;

/// <summary>
/// Makes components of their YAML. Apps of one host that see the same component of the same file share its store or broker; one with
/// values that differ per app, as through <c>{appID}</c>, is another component.
/// </summary>
internal sealed class ComponentCatalog(ComponentEnvironment environment) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<IAsyncDisposable>> _shared = new(StringComparer.Ordinal);
    private readonly ILogger _logger = environment.Loggers.CreateLogger("dapr.components");

    /// <summary>Sets up the components of an app id; those that wait for other processes go on in <see cref="AppComponents.Ready"/>.</summary>
    /// <exception cref="ResourceException">Components are wrong; all faults are listed.</exception>
    public AppComponents Create(string appId, string nameSpace, IReadOnlyList<ComponentManifest> manifests, CancellationToken ct)
    {
        AppComponents app = new();
        ComponentResolver resolver = new(appId, nameSpace, app.Secrets);
        List<string> faults = [];
        List<Task> starting = [];
        foreach (ComponentManifest manifest in manifests.OrderBy(m => !m.Type.StartsWith("secretstores.", StringComparison.Ordinal)))
        {
            try
            {
                if (app.Specs.Exists(s => s.Name == manifest.Name)) throw new ResourceException($"{manifest.Source}: a component named {manifest.Name} is there already for app {appId}; rename one or set scopes.");
                ComponentSpec spec = resolver.Resolve(manifest);
                if (Add(app, spec, appId, nameSpace) is IStartsLate late) starting.Add(StartAsync(late, spec, ct));
                app.Specs.Add(spec);
            }
            catch (Exception fault) when (fault is ResourceException or SqliteException or IOException or UnauthorizedAccessException)
            {
                string told = fault is ResourceException ? fault.Message : $"{manifest.Source}: component {manifest.Name} ({manifest.Type}) cannot be set up: {fault.Message}";
                if (manifest.IgnoreErrors) _logger.LogWarning("Ignored: {Fault}", told);
                else faults.Add(told);
            }
        }

        if (app.States.Values.Count(s => s.IsActorStore) > 1) faults.Add($"App {appId} sees more than one state store with actorStateStore \"true\"; keep one, or set scopes.");
        if (faults.Count > 0) throw new ResourceException(faults);
        app.Ready = Task.WhenAll(starting);
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<IAsyncDisposable> shared in _shared.Values)
        {
            if (shared.IsValueCreated) await shared.Value.DisposeAsync();
        }
    }

    private async Task StartAsync(IStartsLate component, ComponentSpec spec, CancellationToken ct)
    {
        try
        {
            await component.StartAsync(ct);
            _logger.LogInformation("Component {Name} ({Type}) is ready.", spec.Name, spec.Type);
        }
        catch (ResourceException fault) when (spec.IgnoreErrors)
        {
            _logger.LogWarning("Ignored: {Fault}", fault.Message);
        }
    }

    private object Add(AppComponents app, ComponentSpec spec, string appId, string nameSpace)
    {
        switch (spec.Block)
        {
            case "state":
                return app.States[spec.Name] = new StateComponent(spec, appId, nameSpace, Shared(spec, StateStores.Create));
            case "pubsub":
                return app.PubSubs[spec.Name] = new PubSubComponent(spec, appId, Shared(spec, Brokers.Create));
            case "bindings":
                if (spec.Value("direction") is { } direction && !direction.Contains("output", StringComparison.OrdinalIgnoreCase))
                {
                    throw spec.Fault("direction", direction, "this sidecar has output bindings only");
                }

                return app.Bindings[spec.Name] = Shared(spec, OutputBindings.Create);
            case "secretstores":
                return app.Secrets[spec.Name] = SecretStores.Create(spec);
            default:
                throw spec.UnknownType("a type of state, pubsub, bindings or secretstores");
        }
    }

    private T Shared<T>(ComponentSpec spec, Func<ComponentSpec, ComponentEnvironment, T> create)
        where T : IAsyncDisposable
    {
        string key = Identity(spec);
        Lazy<IAsyncDisposable> shared = _shared.GetOrAdd(key, _ => new Lazy<IAsyncDisposable>(() => create(spec, environment)));
        try
        {
            return (T)shared.Value;
        }
        catch
        {
            // Not kept: what failed for one app may work for the next.
            _shared.TryRemove(key, out _);
            throw;
        }
    }

    private static string Identity(ComponentSpec spec)
    {
        StringBuilder identity = new(spec.Source + '\n' + spec.Name + '\n' + spec.Type);
        foreach ((string name, string value) in spec.Properties.OrderBy(p => p.Key, StringComparer.Ordinal)) identity.Append('\n').Append(name).Append('=').Append(value);
        return identity.ToString();
    }
}
