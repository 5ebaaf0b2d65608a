using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>The types of output bindings.</summary>
internal static class OutputBindings
{
    private const string KnownTypes = "bindings.http, bindings.localstorage, and those of pluggable components";

    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IOutputBinding Create(ComponentSpec spec, ComponentEnvironment environment) => spec.Type switch
    {
        "bindings.http" => new HttpBinding(spec),
        "bindings.localstorage" => new LocalStorageBinding(spec, environment.DataFolder),
        _ => Pluggable(spec, environment),
    };

    /// <summary>A type that is none of this sidecar's own is a socket's name.</summary>
    private static PluggableBinding Pluggable(ComponentSpec spec, ComponentEnvironment environment)
    {
        string name = spec.Type["bindings.".Length..];
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal)) throw spec.UnknownType(KnownTypes);
        string socket = Directory.Exists(environment.SocketFolder)
            ? Directory.EnumerateFiles(environment.SocketFolder).FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? Path.Combine(environment.SocketFolder, name + ".sock")
            : Path.Combine(environment.SocketFolder, name + ".sock");
        return new(spec, socket, environment.SocketTimeout ?? spec.InitTimeout, environment.Clock, environment.Loggers.CreateLogger("dapr.components"));
    }
}
