using System.Collections.Concurrent;
using System.Text;
using Microsoft.Data.Sqlite;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Components;

/// <summary>Where components find what is outside of them.</summary>
/// <param name="DataFolder">Relative files start here.</param>
/// <param name="SocketFolder">Of pluggable components.</param>
/// <param name="SocketTimeout">How long a pluggable component's socket may take to appear; null = the component's own limit.</param>
internal sealed record ComponentEnvironment(string DataFolder, string SocketFolder, TimeSpan? SocketTimeout, TimeProvider Clock, ILoggerFactory Loggers);

/// <summary>
/// Makes components of their YAML. Apps of one host that see the same component of the same file share its store or broker; one with
/// values that differ per app, as through <c>{appID}</c>, is another component.
/// </summary>
internal sealed class ComponentCatalog(ComponentEnvironment environment) : IAsyncDisposable
{
    private const string KnownTypes =
        "state.in-memory, state.sqlite, pubsub.in-memory, bindings.http, bindings.localstorage, secretstores.local.env, secretstores.local.file, and bindings of pluggable components";

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
                return app.States[spec.Name] = new StateComponent(spec, appId, nameSpace, Shared(spec, StateStore));
            case "pubsub":
                return app.PubSubs[spec.Name] = new PubSubComponent(spec, appId, Shared(spec, Broker));
            case "bindings":
                if (spec.Value("direction") is { } direction && !direction.Contains("output", StringComparison.OrdinalIgnoreCase))
                {
                    throw spec.Fault("direction", direction, "this sidecar has output bindings only");
                }

                return app.Bindings[spec.Name] = Shared(spec, Binding);
            case "secretstores":
                return app.Secrets[spec.Name] = SecretStore(spec);
            default:
                throw Unknown(spec);
        }
    }

    private IStateStore StateStore(ComponentSpec spec) => spec.Type switch
    {
        "state.in-memory" => new InMemoryStateStore(environment.Clock),
        "state.sqlite" or "state.sqlite3" => new SqliteStateStore(SqliteSettings.Read(spec, environment.DataFolder), environment.Clock),
        _ => throw Unknown(spec),
    };

    private InMemoryBroker Broker(ComponentSpec spec)
    {
        if (spec.Type is not "pubsub.in-memory") throw Unknown(spec);
        BrokerLimits limits = BrokerLimits.Default with { MaxQueuedBytes = spec.Number("maxQueuedBytes", (int)BrokerLimits.Default.MaxQueuedBytes, 1024, int.MaxValue) };
        return new(limits, environment.Clock, environment.Loggers.CreateLogger("dapr.pubsub"));
    }

    private IOutputBinding Binding(ComponentSpec spec) => spec.Type switch
    {
        "bindings.http" => new HttpBinding(spec),
        "bindings.localstorage" => new LocalStorageBinding(spec, environment.DataFolder),
        _ => Pluggable(spec),
    };

    /// <summary>A type that is none of this sidecar's own is a socket's name.</summary>
    private PluggableBinding Pluggable(ComponentSpec spec)
    {
        string name = spec.Type["bindings.".Length..];
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal)) throw Unknown(spec);
        string socket = Directory.Exists(environment.SocketFolder)
            ? Directory.EnumerateFiles(environment.SocketFolder).FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? Path.Combine(environment.SocketFolder, name + ".sock")
            : Path.Combine(environment.SocketFolder, name + ".sock");
        return new(spec, socket, environment.SocketTimeout ?? spec.InitTimeout, environment.Clock, _logger);
    }

    private static ISecretStore SecretStore(ComponentSpec spec) => spec.Type switch
    {
        "secretstores.local.env" => new EnvironmentSecrets(spec),
        "secretstores.local.file" => new FileSecrets(spec),
        _ => throw Unknown(spec),
    };

    private static ResourceException Unknown(ComponentSpec spec) =>
        new($"{spec.Source}: component {spec.Name} has type {spec.Type}, which this sidecar does not know; it knows {KnownTypes}.");

    private T Shared<T>(ComponentSpec spec, Func<ComponentSpec, T> create)
        where T : IAsyncDisposable
    {
        string key = Identity(spec);
        Lazy<IAsyncDisposable> shared = _shared.GetOrAdd(key, _ => new Lazy<IAsyncDisposable>(() => create(spec)));
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
