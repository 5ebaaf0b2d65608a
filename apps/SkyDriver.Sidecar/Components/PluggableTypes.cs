using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Components;

/// <summary>Types that are named after sockets: <c>{folder}/x.sock</c> serves <c>state.x</c>, <c>pubsub.x</c>, <c>bindings.x</c> and <c>secretstores.x</c>.</summary>
internal static class PluggableTypes
{
    public const string Package = "dapr.proto.components.v1.";

    /// <exception cref="ResourceException">The type can be no socket's name either.</exception>
    /// <param name="own">The types of this block that need no other process, for the message.</param>
    public static void Check(ComponentSpec component, string own)
    {
        string name = Name(component);
        bool valid = name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && name[0] is not '.';
        if (!valid) throw component.UnknownType(own + ", and those of pluggable components");
    }

    /// <summary>The socket whose name is the type, in any case and with any extension; where it is to appear when it is not there yet.</summary>
    public static string Socket(ComponentSpec component, ComponentEnvironment environment)
    {
        string name = Name(component), expected = Path.Combine(environment.SocketFolder, name + ".sock");
        if (!Directory.Exists(environment.SocketFolder)) return expected;
        return Directory.EnumerateFiles(environment.SocketFolder).FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? expected;
    }

    private static string Name(ComponentSpec component) => component.Type[(component.Block.Length + 1)..];
}
