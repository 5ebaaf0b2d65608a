using System.Collections.Immutable;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>Everything that the replicas of one app id share: what is in its scope, and the engines that run for it.</summary>
internal sealed class AppGroup
{
    private readonly Dictionary<Type, IAppEngine> _engines = [];
    private ImmutableArray<AppInstance> _instances = [];

    public AppGroup(AppScope scope, IAppDirectory directory) => (Scope, Directory) = (scope, directory);

    public AppScope Scope { get; }

    public string AppId => Scope.AppId;

    public string Namespace => Scope.Namespace;

    /// <summary>The other apps of this host.</summary>
    public IAppDirectory Directory { get; }

    /// <summary>The instances that are here now; a snapshot.</summary>
    public ImmutableArray<AppInstance> Instances => _instances;

    /// <summary>All engines of this app id.</summary>
    public IReadOnlyCollection<IAppEngine> Engines => _engines.Values;

    /// <summary>The engine of a type that a module created for this app id; null when the module made none.</summary>
    public T? Engine<T>()
        where T : class, IAppEngine => _engines.GetValueOrDefault(typeof(T)) as T;

    /// <summary>Used while the app id is set up, before its first instance.</summary>
    internal void Add(IAppEngine engine) => _engines.Add(engine.GetType(), engine);

    internal void Add(AppInstance instance) => ImmutableInterlocked.Update(ref _instances, static (all, one) => all.Add(one), instance);

    internal void Remove(AppInstance instance) => ImmutableInterlocked.Update(ref _instances, static (all, one) => all.Remove(one), instance);
}

/// <summary>What an engine gets when it is created for an app id.</summary>
/// <param name="ActorStore">The store with <c>actorStateStore: "true"</c> in this app's scope; null when there is none.</param>
internal sealed record AppScope(string AppId, string Namespace, IStateStore? ActorStore, TimeProvider Clock, ILoggerFactory Loggers)
{
    /// <summary>Limits and retention of workflows, from the Configuration.</summary>
    public WorkflowSettings Workflow { get; init; } = WorkflowSettings.Default;

    /// <summary>Timeouts, retries and circuit breakers, from the Resiliency resources.</summary>
    public ResiliencyPolicies Policies { get; init; } = ResiliencyPolicies.None;

    /// <summary>Bytes of the largest gRPC message.</summary>
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;
}

/// <summary>The apps of one host, by app id.</summary>
internal interface IAppDirectory
{
    IReadOnlyCollection<AppGroup> Apps { get; }

    AppGroup? Find(string appId);
}
