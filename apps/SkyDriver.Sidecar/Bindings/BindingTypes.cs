using SkyDriver.Sidecar.Bindings.Cron;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>The types of bindings, and the directions of each.</summary>
internal static class BindingTypes
{
    private const string Own = "bindings.http, bindings.localstorage, bindings.cron";

    /// <summary>The directions that a component has: those of its type, as far as its metadata do not exclude them.</summary>
    /// <exception cref="ResourceException">The type is not known, or has no direction that the metadata ask for.</exception>
    public static (bool Input, bool Output) Directions(ComponentSpec spec)
    {
        string asked = spec.Value("direction") ?? "input, output";
        string[] words = asked.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words.Any(w => !w.Equals("input", StringComparison.OrdinalIgnoreCase) && !w.Equals("output", StringComparison.OrdinalIgnoreCase)))
        {
            throw spec.Fault("direction", asked, "use input, output or both with a comma");
        }

        (bool input, bool output) = spec.Type switch
        {
            "bindings.cron" => (true, false),
            "bindings.http" or "bindings.localstorage" => (false, true),
            _ => (true, true),
        };
        input &= words.Contains("input", StringComparer.OrdinalIgnoreCase);
        output &= words.Contains("output", StringComparer.OrdinalIgnoreCase);
        return input || output ? (input, output) : throw spec.Fault("direction", asked, $"{spec.Type} has the other direction only");
    }

    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IOutputBinding CreateOutput(ComponentSpec spec, ComponentEnvironment environment) => spec.Type switch
    {
        "bindings.http" => new HttpBinding(spec),
        "bindings.localstorage" => new LocalStorageBinding(spec, environment.DataFolder),
        _ => new PluggableOutputBinding(Pluggable(spec), environment),
    };

    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IInputBinding CreateInput(ComponentSpec spec, ComponentEnvironment environment) => spec.Type switch
    {
        "bindings.cron" => new CronBinding(spec, environment.Clock, environment.Loggers.CreateLogger("dapr.bindings")),
        _ => new PluggableInputBinding(Pluggable(spec), environment),
    };

    private static ComponentSpec Pluggable(ComponentSpec spec)
    {
        PluggableTypes.Check(spec, Own);
        return spec;
    }
}
