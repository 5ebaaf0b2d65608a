using Dapr.Actors.Runtime;

namespace SkyDriver.Conformance.Tests.Actors;

/// <summary>The actor types of the conformance app.</summary>
internal static class ConformanceActors
{
    public static void Register(ActorRuntimeOptions options) => options.Actors.RegisterActor<TallyActor>();
}
