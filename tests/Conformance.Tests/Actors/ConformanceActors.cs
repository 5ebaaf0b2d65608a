using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace SkyDriver.Conformance.Tests.Actors;

/// <summary>The actor types of the conformance app.</summary>
internal static class ConformanceActors
{
    public static void Register(ActorRuntimeOptions options)
    {
        options.Actors.RegisterActor<TallyActor>();
        options.Actors.RegisterActor<EchoActor>(new ActorRuntimeOptions { ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 3 } });
    }
}

public interface IEchoActor : IActor
{
    /// <summary>Calls itself that many times, one inside the other.</summary>
    Task<int> NestAsync(int levels);
}

/// <summary>An actor that may call itself.</summary>
public sealed class EchoActor(ActorHost host) : Actor(host), IEchoActor
{
    public async Task<int> NestAsync(int levels) =>
        levels == 0 ? 0 : 1 + await ProxyFactory.CreateActorProxy<IEchoActor>(Id, nameof(EchoActor)).NestAsync(levels - 1);
}
