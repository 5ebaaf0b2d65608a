using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.Workflows;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The list of modules that every host runs.</summary>
internal static class SidecarModules
{
    public static IReadOnlyList<ISidecarModule> All { get; } = [new ActorModule(), new WorkflowModule()];
}
