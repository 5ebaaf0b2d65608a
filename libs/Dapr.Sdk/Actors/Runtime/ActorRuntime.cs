using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>Hosts the registered actor types of this process.</summary>
public sealed class ActorRuntime
{
    private readonly ActorRuntimeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly IActorProxyFactory _proxies;
    private readonly ActorApi _api;
    private readonly Dictionary<string, ActorManager> _managers;

    internal ActorRuntime(
        ActorRuntimeOptions options, ActorActivatorFactory activators, ILoggerFactory loggers, IActorProxyFactory proxies, ActorApi api)
    {
        (_options, _loggers, _proxies, _api) = (options, loggers, proxies, api);
        _managers = options.Actors.ToDictionary(r => r.Type.ActorTypeName, r => Manage(r, activators));
    }

    /// <summary>The hosted types.</summary>
    public IReadOnlyList<ActorRegistration> RegisteredActors => _options.Actors;

    internal ActorRuntimeOptions Options => _options;

    /// <summary>Null when this process does not host the type.</summary>
    internal ActorManager? Find(string actorType) => _managers.GetValueOrDefault(actorType);

    private ActorManager Manage(ActorRegistration registration, ActorActivatorFactory activators) => new(
        registration.Type, registration.Activator ?? activators.CreateActivator(registration.Type), id => CreateHost(registration, id));

    private ActorHost CreateHost(ActorRegistration registration, ActorId id)
    {
        var json = registration.TypeOptions?.JsonSerializerOptions ?? _options.JsonSerializerOptions;
        return new ActorHost(
            registration.Type,
            id,
            json,
            _loggers,
            _proxies,
            new SidecarTimerManager(_api),
            new ActorStateProvider(_api, registration.Type.ActorTypeName, id.GetId(), json));
    }
}
