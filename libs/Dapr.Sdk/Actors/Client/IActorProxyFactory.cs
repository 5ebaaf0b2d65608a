namespace Dapr.Actors.Client;

/// <summary>Makes proxies; inject it to be able to replace actors in tests.</summary>
public interface IActorProxyFactory
{
    /// <summary>A proxy with the methods of an actor interface.</summary>
    TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor;

    object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null);

    /// <summary>A proxy that calls methods by name.</summary>
    ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null);
}
