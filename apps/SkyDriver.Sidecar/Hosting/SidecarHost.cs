using System.Collections.Concurrent;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>All sidecars of one process, and what they share: stores, brokers and the engines of each app id.</summary>
internal sealed class SidecarHost : IAppDirectory, IAsyncDisposable
{
    private readonly ComponentCatalog _catalog;
    private readonly ComponentEnvironment _environment;
    private readonly IReadOnlyList<ISidecarModule> _modules;
    private readonly ApiPipeline _pipeline;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _creating = new(1);
    private readonly ConcurrentDictionary<string, SharedApp> _apps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<RunningInstance, byte> _instances = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastInstance;

    public SidecarHost(ComponentEnvironment environment, IReadOnlyList<ISidecarModule> modules)
    {
        (_environment, _modules) = (environment, modules);
        _catalog = new ComponentCatalog(environment);
        _pipeline = new ApiPipeline(modules, environment.Clock, environment.Loggers);
        _logger = environment.Loggers.CreateLogger("dapr.runtime");
    }

    public IReadOnlyCollection<AppGroup> Apps => [.. _apps.Values.Select(a => a.Group)];

    /// <summary>Ends, with the reason, when a component fails for good after the start.</summary>
    public Task<string> Failed => _failed.Task;

    public AppGroup? Find(string appId) => _apps.TryGetValue(appId, out SharedApp? app) ? app.Group : null;

    /// <summary>Opens the ports of an instance's sidecar. The rest of its start goes on by itself: components that wait for other
    /// processes, the app's port, its subscriptions.</summary>
    /// <exception cref="ResourceException">Resources or ports cannot be used.</exception>
    public async Task<RunningInstance> StartInstanceAsync(InstanceSettings settings, ResourceSet resources, CancellationToken ct)
    {
        SharedApp app = await FindOrCreateAsync(settings, resources, ct);
        AppInstance instance = new(app.Group, $"{settings.AppId}-{Interlocked.Increment(ref _lastInstance)}", Channel(settings))
        {
            AsksForConfig = !settings.DisabledInitEndpoints.Contains("config"),
        };
        InstanceSidecar sidecar = new(instance, app.Components, app.Resources, settings, _environment.Clock, _environment.Loggers);
        Task warm = _pipeline.WarmAsync(sidecar);
        RunningInstance running = new(sidecar, await InstanceServer.StartAsync(_pipeline, sidecar, ct), _logger);
        await warm;
        _instances[running] = 0;
        running.Begin(_stopping.Token, fault => _failed.TrySetResult(fault));
        return running;
    }

    /// <summary>Ends an instance: no new messages, a short wait for those at the app, then its ports close.</summary>
    /// <param name="isDead">The app is no more; nothing is waited for and what it had goes to others at once.</param>
    public async Task StopInstanceAsync(RunningInstance running, bool isDead)
    {
        if (_instances.TryRemove(running, out _)) await running.StopAsync(isDead);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_instances.Keys.Select(i => StopInstanceAsync(i, isDead: false)));
        await _stopping.CancelAsync();
        foreach (SharedApp app in _apps.Values)
        {
            foreach (IAppEngine engine in app.Group.Engines) await engine.DisposeAsync();
        }

        await _catalog.DisposeAsync();
        _pipeline.Dispose();
        _stopping.Dispose();
    }

    private async Task<SharedApp> FindOrCreateAsync(InstanceSettings settings, ResourceSet resources, CancellationToken ct)
    {
        await _creating.WaitAsync(ct);
        try
        {
            if (_apps.TryGetValue(settings.AppId, out SharedApp? known)) return known;
            foreach (string note in resources.Notes) _logger.LogWarning("{Note}", note);
            ResourceView view = ResourceView.Of(resources, settings.AppId, _environment.Clock);
            AppComponents components = await _catalog.CreateAsync(settings.AppId, settings.Namespace, Permitted(resources, view, settings.AppId), _stopping.Token);
            AppScope scope = new(settings.AppId, settings.Namespace, components.ActorStore?.Store, _environment.Clock, _environment.Loggers)
            {
                Workflow = view.Configuration.Workflow,
                Policies = view.Policies,
                MaxMessageBytes = settings.MaxMessageBytes,
            };
            foreach (StateComponent state in components.States.Values) state.Policy = view.Policies.Outbound(ComponentKind.Statestore, state.Name);
            foreach (PubSubComponent pubsub in components.PubSubs.Values) pubsub.Policy = view.Policies.Outbound(ComponentKind.Pubsub, pubsub.Name);
            AppGroup group = new(scope, this);
            foreach (ISidecarModule module in _modules)
            {
                if (module.Create(group) is { } engine) group.Add(engine);
            }

            return _apps[settings.AppId] = new(group, components, view);
        }
        finally
        {
            _creating.Release();
        }
    }

    private List<ComponentManifest> Permitted(ResourceSet resources, ResourceView view, string appId)
    {
        List<ComponentManifest> permitted = [];
        foreach (ComponentManifest manifest in resources.Components.Where(c => c.IsFor(appId)))
        {
            if (view.Configuration.Denies(manifest)) _logger.LogWarning("{Source}: component {Name} ({Type}) is left out: the configuration denies its type.", manifest.Source, manifest.Name, manifest.Type);
            else permitted.Add(manifest);
        }

        return permitted;
    }

    private static AppChannel? Channel(InstanceSettings settings)
    {
        if (settings.AppPort <= 0) return null;
        Uri address = new UriBuilder(settings.AppProtocol is "https" ? "https" : "http", settings.AppChannelAddress, settings.AppPort).Uri;
        return new(address, settings.AppMaxConcurrency, settings.AppToken, http2: settings.AppProtocol is "h2c");
    }

    private sealed record SharedApp(AppGroup Group, AppComponents Components, ResourceView Resources);
}
