using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Bindings;

internal static class Specs
{
    /// <summary>A component as its YAML would make it.</summary>
    public static ComponentSpec Of(string type, params (string Name, string Value)[] metadata) => new(
        "one", type, "v1", "file.yaml", false, TimeSpan.FromSeconds(5), metadata.ToDictionary(m => m.Name, m => m.Value, StringComparer.OrdinalIgnoreCase));
}
