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
    private readonly ConcurrentDictionary<string, Lazy<SharedComponent>> _shared = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Type, string Name), string> _instances = new();
    private readonly ILogger _logger = environment.Loggers.CreateLogger("dapr.components");

    /// <summary>Sets up the components of an app id; those that wait for other processes go on in <see cref="AppComponents.Ready"/>. Only
    /// a secret store that others take secrets of is waited for here.</summary>
    /// <param name="ct">Ends also what goes on after the return.</param>
    /// <exception cref="ResourceException">Components are wrong; all faults are listed.</exception>
    public async Task<AppComponents> CreateAsync(string appId, string nameSpace, IReadOnlyList<ComponentManifest> manifests, CancellationToken ct)
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
                if (manifest.SecretStore is { } store && app.Secrets.TryGetValue(store, out ISecretStore? secrets) && Starting(secrets) is { } opening) await opening.WaitAsync(ct);
                ComponentSpec spec = await resolver.ResolveAsync(manifest, ct);
                Task started = Task.WhenAll(Add(app, spec, appId, nameSpace, ct));
                starting.Add(spec.IgnoreErrors ? IgnoreAsync(started) : started);
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
        app.Ready = Task.WhenAll(starting);
        if (faults.Count == 0) return app;
        _ = app.Ready.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted);
        throw new ResourceException(faults);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<SharedComponent> shared in _shared.Values)
        {
            if (shared.IsValueCreated) await shared.Value.Value.DisposeAsync();
        }
    }

    private async Task IgnoreAsync(Task started)
    {
        try
        {
            await started;
        }
        catch (ResourceException fault)
        {
            _logger.LogWarning("Ignored: {Fault}", fault.Message);
        }
    }

    /// <returns>The starts to wait for.</returns>
    private Task[] Add(AppComponents app, ComponentSpec spec, string appId, string nameSpace, CancellationToken ct)
    {
        switch (spec.Block)
        {
            case "state":
                SharedComponent store = Shared(spec, "", StateStores.Create, ct);
                app.States[spec.Name] = new StateComponent(spec, appId, nameSpace, (IStateStore)store.Value);
                return [store.Started];
            case "pubsub":
                SharedComponent broker = Shared(WithConsumerGroup(spec, appId), "", Brokers.Create, ct);
                app.PubSubs[spec.Name] = new PubSubComponent(spec, appId, (IPubSub)broker.Value);
                return [broker.Started];
            case "bindings":
                return AddBinding(app, spec, ct);
            case "secretstores":
                SharedComponent secrets = Shared(spec, "", SecretStores.Create, ct);
                app.Secrets[spec.Name] = (ISecretStore)secrets.Value;
                return [secrets.Started];
            default:
                throw spec.UnknownType("a type of state, pubsub, bindings or secretstores");
        }
    }

    private Task[] AddBinding(AppComponents app, ComponentSpec spec, CancellationToken ct)
    {
        (bool isInput, bool isOutput) = BindingTypes.Directions(spec);
        SharedComponent? input = isInput ? Shared(spec, "input", BindingTypes.CreateInput, ct) : null;
        SharedComponent? output = isOutput ? Shared(spec, "output", BindingTypes.CreateOutput, ct) : null;
        if (input?.Value is IInputBinding source) app.Inputs[spec.Name] = new InputComponent(spec.Name, (spec.Value("route") ?? spec.Name).TrimStart('/'), spec.Value("direction") is not null, source);
        if (output?.Value is IOutputBinding target) app.Bindings[spec.Name] = target;
        return input is not null && output is not null && spec.Value("direction") is null ? [EitherAsync(input, output)] : [input?.Started ?? Task.CompletedTask, output?.Started ?? Task.CompletedTask];
    }

    /// <summary>A pluggable binding that does not say its direction has those that its process serves; one will do.</summary>
    private static async Task EitherAsync(SharedComponent input, SharedComponent output)
    {
        await Task.WhenAll(input.Started, output.Started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool serves = input.Value is IInputBinding { IsServed: true }, takes = output.Value is IOutputBinding { IsServed: true };
        if (serves) await input.Started;
        if (takes || !serves) await output.Started;
    }

    // A pluggable broker knows the group of its consumers from its metadata alone.
    private static ComponentSpec WithConsumerGroup(ComponentSpec spec, string appId) => Brokers.IsOwn(spec) || spec.Value("consumerID") is not null
        ? spec
        : spec with { Properties = new Dictionary<string, string>(spec.Properties, StringComparer.OrdinalIgnoreCase) { ["consumerID"] = appId } };

    private Task? Starting(ISecretStore store) => _shared.Values.FirstOrDefault(s => s.IsValueCreated && s.Value.Value == store)?.Value.Started;

    /// <param name="part">Tells parts of one component apart.</param>
    private SharedComponent Shared(ComponentSpec spec, string part, Func<ComponentSpec, ComponentEnvironment, IAsyncDisposable> create, CancellationToken ct)
    {
        string identity = Identity(spec), key = identity + '\n' + part;
        Lazy<SharedComponent> shared = _shared.GetOrAdd(key, _ => new Lazy<SharedComponent>(() =>
        {
            IAsyncDisposable component = create(spec with { Instance = Instance(spec, identity) }, environment);
            return new SharedComponent(component, component is IStartsLate late ? StartAsync(late, spec, ct) : Task.CompletedTask);
        }));
        try
        {
            return shared.Value;
        }
        catch
        {
            // Not kept: what failed for one app may work for the next.
            _shared.TryRemove(key, out _);
            throw;
        }
    }

    private async Task StartAsync(IStartsLate component, ComponentSpec spec, CancellationToken ct)
    {
        await component.StartAsync(ct);
        _logger.LogInformation("Component {Name} ({Type}) is ready.", spec.Name, spec.Type);
    }

    /// <summary>Processes of pluggable components tell instances apart by name; those of one name and different values get names of their own.</summary>
    private string Instance(ComponentSpec spec, string identity)
    {
        if (_instances.GetOrAdd((spec.Type, spec.Name), identity) == identity) return spec.Name;
        for (int number = 2; ; number++)
        {
            string name = $"{spec.Name}-{number}";
            if (_instances.GetOrAdd((spec.Type, name), identity) == identity) return name;
        }
    }

    private static string Identity(ComponentSpec spec)
    {
        StringBuilder identity = new(spec.Source + '\n' + spec.Name + '\n' + spec.Type);
        foreach ((string name, string value) in spec.Properties.OrderBy(p => p.Key, StringComparer.Ordinal)) identity.Append('\n').Append(name).Append('=').Append(value);
        return identity.ToString();
    }

    /// <param name="Started">Ends when the component can be used.</param>
    private sealed record SharedComponent(IAsyncDisposable Value, Task Started);
}
