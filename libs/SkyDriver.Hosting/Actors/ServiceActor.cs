using Dapr.Actors.Runtime;

namespace SkyDriver.Hosting.Actors;

/// <summary>Base of every actor of a service: what fails at its store is counted, also the save by which the runtime ends a turn.</summary>
public abstract class ServiceActor : Actor
{
    protected ServiceActor(ActorHost host)
        : base(host) => StateManager = new CountedActorState(StateManager);
}
