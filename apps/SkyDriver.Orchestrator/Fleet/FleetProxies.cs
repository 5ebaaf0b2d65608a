using Dapr.Actors;
using Dapr.Actors.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Orchestrator.Fleet;

internal static class FleetProxies
{
    public static IBatchActor Batch(this IActorProxyFactory actors, string name) => actors.CreateActorProxy<IBatchActor>(new ActorId(name), ActorTypes.Batch);

    public static IFleetActor Fleet(this IActorProxyFactory actors) => actors.CreateActorProxy<IFleetActor>(new ActorId(ActorTypes.TheFleet), ActorTypes.Fleet);
}
