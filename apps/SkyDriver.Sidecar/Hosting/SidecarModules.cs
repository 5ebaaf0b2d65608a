namespace SkyDriver.Sidecar.Hosting;

/// <summary>The list of modules that every host runs.</summary>
internal static class SidecarModules
{
    public static IReadOnlyList<ISidecarModule> All { get; } = [];
}
