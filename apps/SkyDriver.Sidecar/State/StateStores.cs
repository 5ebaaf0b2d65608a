using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.State;

/// <summary>The types of state stores.</summary>
internal static class StateStores
{
    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static IStateStore Create(ComponentSpec spec, ComponentEnvironment environment) => spec.Type switch
    {
        "state.in-memory" => new InMemoryStateStore(environment.Clock),
        "state.sqlite" or "state.sqlite3" => new SqliteStateStore(SqliteSettings.Read(spec, environment.DataFolder), environment.Clock),
        "state.postgresql" or "state.postgres" => new PostgresStateStore(spec, environment.Clock, environment.Loggers.CreateLogger("dapr.state")),
        _ => Pluggable(spec, environment),
    };

    private static PluggableStateStore Pluggable(ComponentSpec spec, ComponentEnvironment environment)
    {
        PluggableTypes.Check(spec, "state.in-memory, state.sqlite, state.postgresql");
        return new PluggableStateStore(spec, environment);
    }
}
